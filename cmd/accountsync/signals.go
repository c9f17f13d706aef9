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
	ask    context.CancelFunc
	notify chan os.Signal
	cancel context.CancelFunc
}

// listenForSignals ends stop.soft at the first SIGINT or SIGTERM, and
// cancels the context at the second, or when the grace is over.
func listenForSignals(ctx context.Context, stderr io.Writer) (context.Context, *stop) {
	ctx, cancel := context.WithCancel(ctx)
	s := &stop{notify: make(chan os.Signal, 2), cancel: cancel}
	s.soft, s.ask = context.WithCancel(ctx)
	signal.Notify(s.notify, os.Interrupt, syscall.SIGTERM)
	go s.wait(ctx, stderr)
	return ctx, s
}

func (s *stop) wait(ctx context.Context, stderr io.Writer) {
	select {
	case <-s.notify:
	case <-ctx.Done():
		return
	}
	fmt.Fprintln(stderr, "accountsync: stopping: calls under way finish, nothing new starts (again to stop at once)")
	s.ask()
	select {
	case <-s.notify:
	case <-time.After(grace):
	case <-ctx.Done():
	}
	s.cancel()
}

func (s *stop) end() {
	signal.Stop(s.notify)
	s.cancel()
}
