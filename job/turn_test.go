package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/sync"
)

// A run that was interrupted goes on, wherever it was; every other end is one.
func TestWhatGoesOnInAnotherTurn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		goesOn bool
	}{
		"well":                             {nil, false},
		"gave way":                         {fmt.Errorf("sending: %w", errSetAside), true},
		"interrupted before it had begun":  {context.Canceled, true},
		"interrupted while it signed in":   {fmt.Errorf("looking up the source: %w", context.Canceled), true},
		"interrupted on its way to a file": {problem.Wrap(problem.NoInput, context.Canceled, ""), true},
		"interrupted, and said so":         {&exit.Said{Code: problem.Interrupted}, true},
		"blocked by a guard":               {&exit.Said{Code: problem.Blocked}, false},
		"out of reach":                     {problem.Wrap(problem.Unreachable, errors.New("no route"), ""), false},
	} {
		mine := true
		turn := &Turn{Mine: func() bool { return mine }}
		if got := turn.GoesOn(c.err); got != c.goesOn {
			t.Errorf("%s: it goes on: %v, want %v", name, got, c.goesOn)
		}
		if (*Turn)(nil).GoesOn(c.err) {
			t.Errorf("%s: a command line goes on", name)
		}
		if mine = false; !turn.GoesOn(c.err) {
			t.Errorf("%s: the run of another worker has ended", name)
		}
	}
}

// A run that had sent all, and was interrupted while its reports were written, is
// gone on with: else each turn would find it interrupted, and leave it to the next.
func TestARunWithoutItsReportsIsGoneOnWith(t *testing.T) {
	t.Parallel()
	env := testEnv(t, io.Discard)
	store, err := env.OpenStore(&config.Sync{State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, c := range []struct {
		run    string
		code   int
		goesOn bool
	}{{"20260102T000000Z-aaaa", problem.Interrupted, true}, {"20260102T000000Z-bbbb", problem.OK, false}, {"20260102T000000Z-cccc", problem.Unreachable, true}} {
		head := &sync.Head{Run: c.run, Command: "sync", Writes: true}
		rec, err := store.Begin(t.Context(), head)
		if err == nil {
			err = rec.Seal(t.Context(), head)
		}
		if err != nil {
			t.Fatal(err)
		}
		head.Outcome, head.ExitCode = sync.Changed, c.code
		if err := rec.End(t.Context(), head, false); err != nil {
			t.Fatal(err)
		}
		resume, err := left(t.Context(), store, c.run)
		if said := (*exit.Said)(nil); resume != c.goesOn || !c.goesOn && (!errors.As(err, &said) || said.Code != c.code) || c.goesOn && err != nil {
			t.Errorf("after %d: it goes on: %v, %v", c.code, resume, err)
		}
	}
}
