package worker

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/job"
)

// A run that was interrupted goes on, wherever it was; every other end is one.
func TestResultOfATurn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want fleet.Result
	}{
		"well":                            {nil, fleet.Result{Ended: true}},
		"gave way":                        {fmt.Errorf("sending: %w", job.ErrSetAside), fleet.Result{}},
		"interrupted before it had begun": {context.Canceled, fleet.Result{}},
		"interrupted while it signed in":  {fmt.Errorf("looking up the source: %w", context.Canceled), fleet.Result{}},
		"interrupted, and said so":        {&exit.Said{Code: problem.Interrupted}, fleet.Result{}},
		"blocked by a guard":              {&exit.Said{Code: 4}, fleet.Result{Ended: true, Status: 4}},
		"out of reach":                    {problem.Wrap(problem.Unreachable, errors.New("no route"), ""), fleet.Result{Ended: true, Status: 69, Passes: true, Said: "no route"}},
		"bad configuration":               {problem.Wrap(problem.Config, errors.New("no such source"), ""), fleet.Result{Ended: true, Status: 78, Said: "no such source"}},
	} {
		got := resultOf(c.err)
		if said := (*exit.Said)(nil); errors.As(c.err, &said) { // which has been said already
			got.Said = ""
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
