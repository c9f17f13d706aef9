package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"accountsync/account"
)

// planOf makes a plan with that many changes, all its rows valid but for the
// number of rejected ones.
func planOf(live, rejected int, counts map[Op]int, cleared map[string]int) *Plan {
	tally := NewTally()
	for op, n := range counts {
		for i := range n {
			tally.Add(&Change{Op: op, AccountID: fmt.Sprint(op, i), Removal: op == Disable || op == Delete})
		}
	}
	p := tally.Plan(live)
	p.Cleared, p.Rejected = cleared, rejected
	p.Kept = live - counts[Put] - counts[Delete] - counts[Disable]
	p.Rows = p.Kept + counts[Create] + counts[Put] + rejected
	return p
}

// tallied is a plan of these changes.
func tallied(live int, changes ...Change) *Plan {
	t := NewTally()
	for i := range changes {
		t.Add(&changes[i])
	}
	return t.Plan(live)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	limit := func(s string) Limit {
		l, err := ParseLimit(s)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, tt := range []struct {
		name   string
		plan   *Plan
		limits Limits
		allow  Allow
		want   []Guard
	}{
		{
			name:   "within the default limits",
			plan:   planOf(100, 0, map[Op]int{Delete: 10, Put: 50, Create: 1000}, map[string]int{"city": 20}),
			limits: DefaultLimits(),
			want: []Guard{
				{Name: "removals", Planned: 10, Limit: 10},
				{Name: "updates", Planned: 50, Limit: 50},
				{Name: "cleared", Attribute: "city", Planned: 20, Limit: 20},
			},
		},
		{
			name:   "one past each of them",
			plan:   planOf(100, 3, map[Op]int{Delete: 11, Put: 51}, map[string]int{"name": 22, "city": 21, "number": 1}),
			limits: DefaultLimits(),
			want: []Guard{
				{Name: "removals", Planned: 11, Limit: 10, Tripped: true, Needed: 11},
				{Name: "updates", Planned: 51, Limit: 50, Tripped: true, Needed: 51},
				{Name: "cleared", Attribute: "city", Planned: 21, Limit: 20, Tripped: true, Needed: 43},
				{Name: "cleared", Attribute: "name", Planned: 22, Limit: 20, Tripped: true, Needed: 43},
				{Name: "cleared", Attribute: "number", Planned: 1, Limit: 20},
			},
		},
		{
			name:   "a disable that takes an account away is a removal",
			plan:   planOf(100, 0, map[Op]int{Delete: 5, Disable: 6}, nil),
			limits: DefaultLimits(),
			want:   []Guard{{Name: "removals", Planned: 11, Limit: 10, Tripped: true, Needed: 11}, {Name: "updates", Limit: 50}},
		},
		{
			name: "a disable that a row asks for is none, a delete always is",
			plan: tallied(100, Change{Op: Disable}, Change{Op: Delete}, Change{Op: Enable}, Change{Op: Disable, Removal: true}),
			want: []Guard{{Name: "removals", Planned: 2, Limit: 2}}, limits: Limits{Removals: limit("2")},
		},
		{
			name:   "the exact numbers are let through",
			plan:   planOf(100, 0, map[Op]int{Delete: 11, Put: 51, Create: 1}, map[string]int{"name": 22, "city": 21}),
			limits: Limits{Removals: limit("10"), Updates: limit("50%"), Creates: limit("0"), Cleared: limit("20%")},
			allow:  Allow{Removals: number(11), Updates: number(51), Creates: number(1), Cleared: number(43)},
			want: []Guard{
				{Name: "removals", Planned: 11, Limit: 10, Needed: 11, AllowedBy: "--allow-removals 11"},
				{Name: "updates", Planned: 51, Limit: 50, Needed: 51, AllowedBy: "--allow-updates 51"},
				{Name: "creates", Planned: 1, Limit: 0, Needed: 1, AllowedBy: "--allow-creates 1"},
				{Name: "cleared", Attribute: "city", Planned: 21, Limit: 20, Needed: 43, AllowedBy: "--allow-cleared 43"},
				{Name: "cleared", Attribute: "name", Planned: 22, Limit: 20, Needed: 43, AllowedBy: "--allow-cleared 43"},
			},
		},
		{
			name:   "a permission for another number, even a higher one, is none",
			plan:   planOf(100, 0, map[Op]int{Delete: 11}, nil),
			limits: DefaultLimits(),
			allow:  Allow{Removals: number(12)},
			want: []Guard{
				{Name: "removals", Planned: 11, Limit: 10, Tripped: true, Needed: 11},
				{Name: "updates", Limit: 50},
			},
		},
		{
			name:   "a permission nobody needs changes nothing",
			plan:   planOf(100, 0, map[Op]int{Delete: 10}, nil),
			limits: DefaultLimits(),
			allow:  Allow{Removals: number(10), Empty: true},
			want:   []Guard{{Name: "removals", Planned: 10, Limit: 10}, {Name: "updates", Limit: 50}},
		},
		{
			name:   "a percentage of a handful is rounded down",
			plan:   planOf(9, 0, map[Op]int{Delete: 1}, nil),
			limits: Limits{Removals: limit("10%")},
			want:   []Guard{{Name: "removals", Planned: 1, Limit: 0, Tripped: true, Needed: 1}},
		},
		{
			name:   "no limit, no guard",
			plan:   planOf(9, 0, map[Op]int{Delete: 8}, map[string]int{"city": 1}),
			limits: Limits{},
		},
		{
			name:   "no valid row while there are accounts",
			plan:   &Plan{Live: 3, Rows: 2, Rejected: 2},
			limits: DefaultLimits(),
			want:   []Guard{{Name: "empty", Tripped: true, Rejected: 2}, {Name: "removals"}, {Name: "updates", Limit: 1}},
		},
		{
			name:   "no valid row, and that is meant",
			plan:   &Plan{Live: 3},
			limits: Limits{},
			allow:  Allow{Empty: true},
			want:   []Guard{{Name: "empty", AllowedBy: "--allow-empty"}},
		},
		{
			name:   "nothing desired and nothing there",
			plan:   &Plan{},
			limits: Limits{},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Judge(tt.plan, tt.limits, tt.allow)
			equal(t, got, tt.want)
			for _, g := range got {
				equal(t, g.Blocks(), g.Tripped)
			}
		})
	}
}

// What the refusal prints lets exactly this run through.
func TestFlag(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		guard Guard
		want  string
	}{
		{Guard{Name: "removals", Planned: 12, Tripped: true, Needed: 12}, "--allow-removals 12"},
		{Guard{Name: "cleared", Attribute: "city", Planned: 3, Tripped: true, Needed: 7}, "--allow-cleared 7"},
		{Guard{Name: "empty", Tripped: true}, "--allow-empty"},
		{Guard{Name: "unusual", Op: Delete, Planned: 3, Limit: 1, Tripped: true}, "--allow-unusual"},
		{Guard{Name: "updates", Planned: 3, Limit: 5}, ""},
	} {
		b, err := json.Marshal(tt.guard)
		if err != nil {
			t.Fatal(err)
		}
		var again Guard
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		equal(t, again.Flag(), tt.want)
	}
}

// A guard that blocked a saved plan lets it through once its own flag is given.
func TestRejudge(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	tripped := []Guard{
		{Name: "empty", Tripped: true},
		{Name: "removals", Planned: 11, Limit: 10, Tripped: true, Needed: 11},
		{Name: "updates", Planned: 51, Limit: 50, Tripped: true, Needed: 51},
		{Name: "creates", Planned: 1, Limit: 0, Tripped: true, Needed: 1},
		{Name: "cleared", Attribute: "city", Planned: 21, Limit: 20, Tripped: true, Needed: 43},
		{Name: "cleared", Attribute: "name", Planned: 22, Limit: 20, Tripped: true, Needed: 43},
		{Name: "shrunk", Planned: 30, Limit: 20, Tripped: true, Needed: 30},
		{Name: "unusual", Op: Delete, Planned: 11, Limit: 3, Tripped: true},
	}
	within := Guard{Name: "removals", Planned: 3, Limit: 10}
	before := slices.Clone(tripped)
	limits, live := Limits{Removals: usual(10), Updates: usual(50), Creates: Limit{count: 0, hasCount: true}, Cleared: usual(20)}, 100
	all := Allow{Removals: number(11), Updates: number(51), Creates: number(1), Cleared: number(43), Shrunk: number(30), Empty: true, Unusual: true}
	for _, g := range Rejudge(tripped, limits, live, all) {
		if g.Blocks() || g.AllowedBy == "" || g.AllowedBy != g.Flag() {
			t.Errorf("%s still blocks: %+v", g.Name, g)
		}
	}
	for _, a := range []Allow{{}, {Removals: number(12), Updates: number(50), Creates: number(0), Cleared: number(21), Shrunk: number(31)}} {
		equal(t, Rejudge(tripped, limits, live, a), before)
	}
	equal(t, Rejudge([]Guard{within}, limits, live, all), []Guard{within})
	equal(t, tripped, before)
}

func TestDeleteThreshold(t *testing.T) {
	t.Parallel()
	threshold := func(n int) account.Source { return account.Source{DeleteThreshold: &n} }
	asked, err := ParseLimit("10%")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		limits Limits
		source account.Source
		want   int // of 100 live accounts
	}{
		{"lower than the default", DefaultLimits(), threshold(3), 3},
		{"none at all", DefaultLimits(), threshold(0), 0},
		{"higher than the default", DefaultLimits(), threshold(50), 10},
		{"not said", DefaultLimits(), account.Source{}, 10},
		{"the user asked for another limit", Limits{Removals: asked}, threshold(3), 10},
	} {
		n, ok := tt.limits.For(tt.source).Removals.Of(100)
		if n != tt.want || !ok {
			t.Errorf("%s: %d, %v; want %d", tt.name, n, ok, tt.want)
		}
	}
}

// Removals that a rejected row holds back are not sent, so they trip no guard
// for the changes beside them; updates still do.
func TestHeldRemovalsTripNoGuard(t *testing.T) {
	t.Parallel()
	p := planOf(100, 1, map[Op]int{Delete: 60, Disable: 5, Put: 3, Create: 2}, nil)
	p.HoldRemovals = "1 row was rejected"
	for _, g := range Judge(p, DefaultLimits(), Allow{}) {
		if g.Blocks() || g.Name == GuardRemovals && g.Planned != 0 {
			t.Errorf("%+v", g)
		}
	}
	if n := p.Counts(); n[Delete] != 0 || n[Disable] != 0 || n[Put] != 3 || n[Create] != 2 {
		t.Errorf("counts %v", n)
	}
	p.HoldRemovals = ""
	if guards := Judge(p, DefaultLimits(), Allow{}); !guards[0].Blocks() || guards[0].Planned != 65 {
		t.Errorf("%+v", guards)
	}
}
