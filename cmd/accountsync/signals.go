package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long calls under way may take after the first signal.
const grace = 25 * time.Second

// stop tells a run to start nothing new.
type stop struct {
	soft   context.Context // done at the first signal
	last   context.Context // done at the second: nobody waits for anything any more
	ask    context.CancelFunc
	giveUp context.CancelFunc
	notify chan os.Signal
	cancel context.CancelFunc
}

// listenForSignals ends stop.soft at the first SIGINT or SIGTERM, and
// cancels the context at the second, or when the grace is over.
func listenForSignals(ctx context.Context, stderr io.Writer) (context.Context, *stop) {
	ctx, s := newStop(ctx)
	signal.Notify(s.notify, os.Interrupt, syscall.SIGTERM)
	go s.wait(stderr)
	return ctx, s
}

func newStop(ctx context.Context) (context.Context, *stop) {
	s := &stop{notify: make(chan os.Signal, 2)}
	s.last, s.giveUp = context.WithCancel(ctx)
	ctx, s.cancel = context.WithCancel(s.last)
	s.soft, s.ask = context.WithCancel(ctx)
	return ctx, s
}

func (s *stop) wait(stderr io.Writer) {
	select {
	case <-s.notify:
	case <-s.last.Done():
		return
	}
	fmt.Fprintln(stderr, "accountsync: stopping: calls under way finish, nothing new starts (again to stop at once)")
	s.ask()
	over := time.AfterFunc(grace, s.cancel)
	defer over.Stop()
	select {
	case <-s.notify:
		s.giveUp()
	case <-s.last.Done():
	}
}

func (s *stop) end() {
	signal.Stop(s.notify)
	s.giveUp()
}
