package worker

import (
	"errors"
	"testing"

	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
)

// What ended a run is its result, and whether it can pass.
func TestResultOfATurn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want fleet.Result
	}{
		"well":               {nil, fleet.Result{Ended: true}},
		"blocked by a guard": {&exit.Said{Code: 4}, fleet.Result{Ended: true, Status: 4}},
		"out of reach":       {problem.Wrap(problem.Unreachable, errors.New("no route"), ""), fleet.Result{Ended: true, Status: 69, Passes: true, Said: "no route"}},
		"bad configuration":  {problem.Wrap(problem.Config, errors.New("no such source"), ""), fleet.Result{Ended: true, Status: 78, Said: "no such source"}},
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
