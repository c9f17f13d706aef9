// Package signals makes two contexts of the signals that end a run: after the
// first one nothing new starts, after the second nobody waits for anything.
package signals

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long calls under way may take once nothing new starts.
const grace = 25 * time.Second

// Why work ends: the causes of the contexts of a Stop.
var (
	ErrFirst  = errors.New("interrupted by signal")
	errSecond = errors.New("interrupted by a second signal")
	errGrace  = fmt.Errorf("calls under way took longer than %s after a signal", grace)
)

// Stop tells work how to end.
type Stop struct {
	Draining context.Context // done: nothing new starts
	Killed   context.Context // done: calls under way are cut off
	drain    context.CancelCauseFunc
	kill     context.CancelCauseFunc
	signals  chan os.Signal
}

// New is a Stop that knows no signals: Drain is called by others.
func New(ctx context.Context) *Stop {
	s := &Stop{signals: make(chan os.Signal, 2)}
	s.Killed, s.kill = context.WithCancelCause(ctx)
	s.Draining, s.drain = context.WithCancelCause(s.Killed)
	context.AfterFunc(s.Draining, func() {
		if s.Killed.Err() == nil {
			over := time.AfterFunc(grace, func() { s.kill(errGrace) })
			context.AfterFunc(s.Killed, func() { over.Stop() })
		}
	})
	return s
}

// Listen is a Stop that drains at the first SIGINT or SIGTERM and kills at the
// second.
func Listen(ctx context.Context, stderr io.Writer) *Stop {
	s := New(ctx)
	signal.Notify(s.signals, os.Interrupt, syscall.SIGTERM)
	go s.wait(stderr)
	return s
}

func (s *Stop) wait(stderr io.Writer) {
	select {
	case <-s.signals:
	case <-s.Killed.Done():
		return
	}
	fmt.Fprintln(stderr, "accountsync: stopping: calls under way finish, nothing new starts (again to stop at once)")
	s.Drain(ErrFirst)
	select {
	case <-s.signals:
		s.kill(errSecond)
	case <-s.Killed.Done():
	}
}

// Drain has nothing new started.
func (s *Stop) Drain(cause error) { s.drain(cause) }

// LastWord is for what is said when all is over. The end of the grace does not
// cut it off, a second signal does.
func (s *Stop) LastWord() context.Context {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(s.Killed))
	context.AfterFunc(s.Killed, func() {
		if cause := context.Cause(s.Killed); !errors.Is(cause, errGrace) {
			cancel(cause)
		}
	})
	return ctx
}

// Close ends both contexts and listens no more.
func (s *Stop) Close() {
	signal.Stop(s.signals)
	s.kill(nil)
}
