package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome sync.Outcome
		exit    int
		states  map[diff.Op][]sync.State
		change  func(*fake)
		want    string
	}{
		"changed": {sync.Changed, 0, map[diff.Op][]sync.State{diff.Create: {sync.Verified, sync.Verified}, diff.Put: {sync.Verified}, diff.Delete: {sync.Verified}}, nil,
			"sync 20261123T020000Z-7f3a: changed, exit 0: 2 created, 1 updated, 1 deleted, all verified; 500 unchanged; 1,043 requests in 4.1s"},
		"in sync": {sync.InSync, 0, nil, func(r *fake) { r.Requests.Total = 1 },
			"sync 20261123T020000Z-7f3a: in-sync, exit 0: nothing to do; 500 unchanged; 1 request in 4.1s"},
		"planned": {sync.Planned, 2, map[diff.Op][]sync.State{diff.Create: {sync.Withheld}, diff.Delete: {sync.Withheld, sync.Withheld}}, func(r *fake) { r.Command = "plan" },
			"plan 20261123T020000Z-7f3a: planned, exit 2: 1 to create, 2 to delete; 500 unchanged; 1,043 requests in 4.1s"},
		"partial": {sync.Partial, 3, map[diff.Op][]sync.State{diff.Create: {sync.Verified, sync.Accepted, sync.Failed}, diff.Put: {sync.Stale}, diff.Delete: {sync.Withheld}}, nil,
			"sync 20261123T020000Z-7f3a: partial, exit 3: 1 of 3 created, 0 of 1 updated, 0 of 1 deleted, verified; 1 more accepted, not verified; 1 failed; 1 stale; 1 withheld; 500 unchanged; 1,043 requests in 4.1s"},
		"failed": {sync.RunFailed, 77, nil, func(r *fake) {
			r.Source, r.Totals, r.Error = account.Source{}, sync.Totals{}, "the credentials were refused\nmore"
		}, "sync 20261123T020000Z-7f3a: failed, exit 77: nothing was sent; 1,043 requests in 4.1s"},
		"minutes": {sync.Changed, 0, map[diff.Op][]sync.State{diff.Create: {sync.Verified}}, func(r *fake) {
			r.Operations[0].Code.Code = sync.CodeAlreadySo
			r.Finished = r.Started.Add(125 * time.Second)
		}, "sync 20261123T020000Z-7f3a: changed, exit 0: in sync, 1 already done; 500 unchanged; 1,043 requests in 2m5s"},
	} {
		r := summarized(c.outcome, c.exit, c.states)
		if c.change != nil {
			c.change(r)
		}
		if got := summaryOf(t, r); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// What a rule leaves out of a plan is counted as left out, by the headline and by
// the bar, and not with what is to be done.
func TestPlanCountsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	withheld := func(n int) []sync.State { return slices.Repeat([]sync.State{sync.Withheld}, n) }
	r := summarized(sync.Planned, 0, map[diff.Op][]sync.State{diff.Create: withheld(2), diff.Put: withheld(1), diff.Delete: withheld(9)})
	r.Command = "plan"
	for _, op := range r.Operations {
		if op.Op == diff.Delete {
			op.Code = sync.Reason{Code: sync.CodeExcluded, Details: sync.Details{Text: "--exclude op=delete"}}
		}
	}
	if got, want := summaryOf(t, r), "plan 20261123T020000Z-7f3a: planned, exit 0: 2 to create, 1 to update; 9 left out; 500 unchanged; 1,043 requests in 4.1s"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got, want := rendered(t, Plan, r, Options{}), "Plan: 2 to create, 1 to update; 9 left out; 500 unchanged"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	s, err := r.run().survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, p := range s.bar().Parts {
		parts = append(parts, fmt.Sprint(p.Count, " ", p.Name, " ", p.Link))
	}
	if want := []string{"2 to create #op=create", "1 to update #op=put", "9 left out #state=left+out"}; !slices.Equal(parts, want) {
		t.Errorf("the bar is %q, want %q", parts, want)
	}
	for _, op := range r.Operations {
		op.Code = sync.Reason{Code: sync.CodeExcluded, Details: sync.Details{Text: "no rule of --only matches"}}
	}
	if got, want := rendered(t, Plan, r, Options{}), "Plan: nothing to do; 12 left out; "; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

// summarized is a run with operations in the given states.
func summarized(outcome sync.Outcome, exit int, states map[diff.Op][]sync.State) *fake {
	s := &fake{Head: sync.Head{Source: peopleSource}}
	for op, list := range states {
		for _, state := range list {
			s.Operations = append(s.Operations, &testOp{Op: op, State: state})
		}
	}
	tally(s, 500)
	r := head(s)
	r.Outcome, r.ExitCode = outcome, exit
	return r
}

func summaryOf(t failer, r runner) string {
	text, err := Summary(context.Background(), r.run())
	if err != nil {
		t.Fatalf("%v", err)
	}
	return text
}
