package isc

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"
)

// Small bodies can unpack to very much, many of them at the same time. A body
// of an ordinary size is free; the larger ones of all clients share a room.
const (
	freeBody  = 4 << 20   // bytes of every body that are not counted
	roomStep  = 4 << 20   // is taken at a time
	roomBytes = 256 << 20 // for all bodies together
	roomWait  = 10 * time.Second
)

var room = semaphore.NewWeighted(roomBytes)

var errNoRoom = fmt.Errorf("answers of more than %d MiB came at the same time: if that is what the source holds, run with fewer --workers", roomBytes>>20)

// memory is what one body takes of the room.
type memory struct {
	ctx  context.Context
	size int64 // of the body
	held int64 // of the room
}

// grow takes room for n more bytes.
func (m *memory) grow(n int) error {
	m.size += int64(n)
	for m.size > freeBody+m.held {
		if !room.TryAcquire(roomStep) {
			if err := m.wait(); err != nil {
				return err
			}
		}
		m.held += roomStep
	}
	return nil
}

// wait waits for room that others give back. Some may be held for answers that
// nobody uses any more, which only the garbage collector finds out.
func (m *memory) wait() error {
	ctx, cancel := context.WithTimeout(m.ctx, roomWait)
	defer cancel()
	go runtime.GC()
	if err := room.Acquire(ctx, roomStep); err != nil {
		if m.ctx.Err() != nil {
			return context.Cause(m.ctx)
		}
		return errNoRoom
	}
	return nil
}

// release gives the room back, unless it is kept for an answer.
func (m *memory) release() {
	if m.held > 0 {
		room.Release(m.held)
		m.held = 0
	}
}

// keepFor keeps the room until nobody uses the answer any more.
func (m *memory) keepFor(a *answer) {
	if m.held > 0 {
		runtime.AddCleanup(a, func(n int64) { room.Release(n) }, m.held)
		m.held = 0
	}
}
