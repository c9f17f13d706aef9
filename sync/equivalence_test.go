package sync_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/journal"
	"accountsync/sandbox"
	"accountsync/sync"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// scenarios is how many scenarios the properties draw: 500, or as many as
// SCENARIOS says.
func scenarios() int {
	if n, err := strconv.Atoi(os.Getenv("SCENARIOS")); err == nil {
		return n
	}
	return 500
}

// end is how a process ends, its moment a part of the requests of the run.
type end struct {
	Part  float64
	After bool
	Term  bool
	Pause time.Duration
}

func drawEnds(t *rapid.T) []end {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) end {
		return end{rapid.Float64Range(0, 1).Draw(t, "part"), rapid.Bool().Draw(t, "after"), oneIn(t, 4, "term"), time.Duration(rapid.IntRange(0, 90).Draw(t, "pause")) * time.Second}
	}), 1, 3).Draw(t, "ends")
}

func fates(ends []end, requests int) (all []fate) {
	for _, e := range ends {
		all = append(all, fate{At: 1 + int(e.Part*float64(requests)), After: e.After, Term: e.Term, Pause: e.Pause})
	}
	return all
}

// Killed any number of times and resumed, or planned and applied, a run ends as
// one that nobody disturbed.
func TestEquivalence(t *testing.T) {
	t.Parallel()
	many(t, func(t *testing.T, rt *rapid.T) { equivalent(t, rt, "") })
}

// equivalent draws a scenario and holds its endings against each other.
func equivalent(t *testing.T, rt *rapid.T, state string) {
	s := drawScenario(rt)
	s.State = state
	ends := drawEnds(rt)
	var calm, killed, applied ending
	requests := 0
	s.in(t, func(w *world) {
		calm = w.carry(s, w.begin("sync"), nil)
		requests = w.requested
	})
	s.in(t, func(w *world) { killed = w.carry(s, w.begin("sync"), fates(ends, requests)) })
	if d := differ(calm, killed, len(ends)); d != "" {
		rt.Fatalf("%s\nkilled at %v of %d requests: (-calm +killed)\n%s", s.CSV, fates(ends, requests), requests, d)
	}
	if !calm.Planned { // there is nothing to apply
		return
	}
	s.in(t, func(w *world) {
		applied = w.carry(s, w.paper(w.plan(&sync.FromFile{File: w.csv})), fates(ends, requests))
	})
	if d := differ(calm, applied, len(ends)); d != "" {
		rt.Fatalf("%s\napplied, killed at %v of %d requests: (-calm +applied)\n%s", s.CSV, fates(ends, requests), requests, d)
	}
}

// many runs a property on many scenarios, some side by side.
func many(t *testing.T, check func(*testing.T, *rapid.T)) {
	for i := range max(scenarios()/100, 1) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { check(t, rt) })
		})
	}
}

func (w *world) carry(s *scenario, rec *journal.Run, fates []fate) ending {
	var from sync.Planner
	if rec.Head().Applies == "" {
		from = &sync.FromFile{File: w.csv}
	}
	r, err := w.lives(rec, from, fates, nil)
	return w.ending(s, r, err)
}

// differ compares the endings. What may arrive twice may be written once more
// for each death.
func differ(want, got ending, deaths int) string {
	times := map[string]int{}
	for _, line := range got.Writes {
		times[line]++
	}
	for _, line := range want.Writes {
		times[line]--
	}
	for line, n := range times {
		if n > deaths || n > 0 && line[:4] == "POST" && slices.Contains(want.Writes, line) && line[:14] == "POST /accounts " {
			return fmt.Sprintf("written %d times more often: %s", n, line)
		}
	}
	if want.Err == sync.ErrBudget.Error() { // what it comes to before is a matter of time
		return gocmp.Diff(want.Outcome, got.Outcome) + gocmp.Diff(want.Status, got.Status)
	}
	if want.Err != "" && want.Err != sync.ErrCanary.Error() || got.Err != want.Err && strings.Contains(got.Err, "401") { // a process ends where the API's bad day meets it
		return ""
	}
	want.Writes, got.Writes = slices.Compact(slices.Clone(want.Writes)), slices.Compact(slices.Clone(got.Writes))
	return gocmp.Diff(want, got)
}

// Each of these was found by the property. They are held to it at every moment.
func TestEveryDeath(t *testing.T) {
	t.Parallel()
	accounts := func(n int) (all []sandbox.AccountSeed) {
		for i := range n {
			all = append(all, sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": fmt.Sprintf("a%d", i), "city": "Oslo"}})
		}
		return all
	}
	half := diff.Limits{Removals: limit(t, "50%")}
	for name, s := range map[string]*scenario{
		"a sole new account with several values": {CSV: "id,groups\na0,VPN;Mail\n"},
		"new accounts with several values":       {CSV: "id,groups\na0,\na1,VPN;Mail\na2,\n", Accounts: accounts(1)},
		"new accounts of an empty source":        {CSV: "id,groups\na0,VPN\na1,VPN\n"},
		"a removal that a guard holds back":      {CSV: "id\na1\n", Accounts: accounts(1), Terms: sync.Terms{SkipRemovals: true, Limits: half}},
		"removals within a guard":                {CSV: "id\na0\na1\n", Accounts: accounts(4), Terms: sync.Terms{Limits: half}},
		"several values whose put gets no answer": {CSV: "id,groups\na0,VPN;Mail\n", Accounts: accounts(1),
			Faults: []sandbox.Rule{{Method: "PUT", Count: 1, Fault: sandbox.Fault{Kind: sandbox.FaultLostBefore}}}},
	} {
		s.Terms.Workers, s.Terms.Verify, s.Terms.VerifyTimeout, s.Terms.LostAfter = 2, true, time.Minute, 20*time.Second
		s.Terms.Removal = cmp.Or(s.Terms.Removal, diff.RemovalDelete)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calm ending
			requests := 0
			s.in(t, func(w *world) {
				calm = w.carry(s, w.begin("sync"), nil)
				requests = w.requested
			})
			for at := 1; at <= requests; at++ {
				for _, f := range []fate{{At: at}, {At: at, After: true}, {At: at, Term: true}} {
					for n := 1; n <= 3; n++ {
						fates := slices.Repeat([]fate{f}, n)
						s.in(t, func(w *world) {
							if d := differ(calm, w.carry(s, w.begin("sync"), fates), n); d != "" {
								t.Errorf("killed at %v of %d requests: (-calm +killed)\n%s", fates, requests, d)
							}
						})
					}
				}
			}
		})
	}
}
