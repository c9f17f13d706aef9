package diff

import (
	"maps"
	"slices"
	"strconv"

	"accountsync/account"
)

// Limits are the limits of one run's guards.
type Limits struct {
	Removals Limit // accounts taken away
	Updates  Limit // accounts changed: by put or patch, or in a state that a row asks for
	Creates  Limit // accounts created
	Cleared  Limit // accounts that lose their value of one attribute, for each attribute
	Shrunk   Limit // accounts fewer than the last complete run left, of those it left
}

// DefaultLimits are the limits where nobody asked for others: removals 10 %,
// updates 50 % and cleared 20 % of the live accounts, shrunk 20 % of those that
// were left; creates have none.
func DefaultLimits() Limits {
	return Limits{Removals: usual(10), Updates: usual(50), Cleared: usual(20), Shrunk: usual(20)}
}

func usual(percent int) Limit { return Limit{percent: percent, hasPercent: true, usual: true} }

// For lowers the default limit on removals to the source's own deleteThreshold.
// A limit that was parsed is what the user wants and stays.
func (l Limits) For(s account.Source) Limits {
	if t := s.DeleteThreshold; t != nil && l.Removals.usual && *t < l.Removals.percent {
		l.Removals.percent = max(*t, 0)
	}
	return l
}

// Allow is what the user lets through past a limit: exactly this many, so that
// a permission never covers another plan than the one it was given for.
type Allow struct {
	Removals, Updates, Creates, Cleared, Shrunk *int

	Empty   bool // go on although the file holds no valid row
	Unusual bool // go on although past runs planned far fewer operations
}

// Unused are the flags that let nothing through: no guard had to be bypassed.
func (a Allow) Unused(guards []Guard) (flags []string) {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{GuardRemovals, a.Removals != nil}, {GuardUpdates, a.Updates != nil}, {GuardCreates, a.Creates != nil},
		{GuardCleared, a.Cleared != nil}, {GuardShrunk, a.Shrunk != nil}, {GuardEmpty, a.Empty}, {GuardUnusual, a.Unusual},
	} {
		needed := func(g Guard) bool { return g.Name == f.name && (g.Tripped || g.AllowedBy != "") }
		if f.given && !slices.ContainsFunc(guards, needed) {
			flags = append(flags, "--allow-"+f.name)
		}
	}
	return flags
}

// Beyond are the flags that let through what other permissions do not.
func (a Allow) Beyond(other Allow) (flags []string) {
	for _, f := range []struct {
		name string
		more bool
	}{
		{GuardRemovals, more(a.Removals, other.Removals)}, {GuardUpdates, more(a.Updates, other.Updates)}, {GuardCreates, more(a.Creates, other.Creates)},
		{GuardCleared, more(a.Cleared, other.Cleared)}, {GuardShrunk, more(a.Shrunk, other.Shrunk)},
		{GuardEmpty, a.Empty && !other.Empty}, {GuardUnusual, a.Unusual && !other.Unusual},
	} {
		if f.more {
			flags = append(flags, "--allow-"+f.name)
		}
	}
	return flags
}

func more(n, than *int) bool { return n != nil && (than == nil || *n != *than) }

// Guard is one limit held against a plan.
type Guard struct {
	Name      string `json:"name"`                // removals, updates, creates, cleared, shrunk, unusual, empty or lookalike
	Attribute string `json:"attribute,omitempty"` // of cleared: which one
	Op        Op     `json:"op,omitempty"`        // of unusual: which one
	Planned   int    `json:"planned"`             // accounts; of empty: valid rows; of lookalike: rows
	Limit     int    `json:"limit"`
	// Tripped says no: the plan goes past the limit and nothing allows it.
	Tripped bool `json:"tripped"`
	// AllowedBy is the flag that let a plan past the limit through; "" when there was no need.
	AllowedBy string `json:"allowed_by,omitempty"`
	// Needed is the number that lets a plan past the limit through. It differs from Planned
	// where several attributes go past the limit on cleared values: one number
	// covers them all, their sum.
	Needed int `json:"needed,omitempty"`
	// Rejected is, of empty, how many rows the file holds that were all
	// rejected: then there is nothing to let through.
	Rejected int `json:"rejected,omitempty"`
}

// Blocks reports whether the guard says no.
func (g Guard) Blocks() bool { return g.Tripped }

// Flag is the flag that would let exactly this plan through, e.g.
// "--allow-removals 12"; "" where the plan is within the limit.
func (g Guard) Flag() string {
	switch {
	case g.Name == GuardEmpty && g.Rejected > 0:
		return ""
	case g.Name == GuardEmpty, g.Name == GuardUnusual:
		return "--allow-" + g.Name
	case g.Needed == 0:
		return ""
	}
	if g.Name == GuardLookalike {
		return "--allow-lookalikes " + strconv.Itoa(g.Needed)
	}
	return "--allow-" + g.Name + " " + strconv.Itoa(g.Needed)
}

// The names of the guards.
const (
	GuardRemovals  = "removals"
	GuardUpdates   = "updates"
	GuardCreates   = "creates"
	GuardCleared   = "cleared"
	GuardShrunk    = "shrunk"
	GuardUnusual   = "unusual"
	GuardEmpty     = "empty"
	GuardLookalike = "lookalike"
)

// Judge holds a plan against the limits: one guard for each that applies, in a
// fixed order. What is impossible, or a removal
// that is held back, counts for none of them. Attributes that lose no value have none, nor has a file that
// holds a valid row or a source without accounts the guard named empty.
func Judge(p *Plan, l Limits, a Allow) []Guard {
	var guards []Guard
	switch {
	case p.Lookalikes > 0 && (p.LookalikesAllowed || p.valid() == 0):
		guards = append(guards, judgeLookalikes(p))
	case p.valid() == 0 && p.Live > 0:
		guards = append(guards, judgeEmpty(p.Rejected, a))
	}
	for _, g := range []struct {
		name    string
		planned int
		limit   Limit
		allowed *int
	}{
		{GuardRemovals, p.sum(func(k kind) bool { return k.removal }), l.Removals, a.Removals},
		{GuardUpdates, p.counts.updated, l.Updates, a.Updates},
		{GuardCreates, p.sum(func(k kind) bool { return k.op == Create }), l.Creates, a.Creates},
	} {
		if limit, ok := g.limit.Of(p.Live); ok {
			guards = append(guards, judge(Guard{Name: g.name, Planned: g.planned, Limit: limit}, g.planned, g.allowed))
		}
	}
	return append(guards, judgeCleared(p, l.Cleared, a.Cleared)...)
}

// sum adds up the kinds of changes that can be sent and pass.
func (p *Plan) sum(passes func(kind) bool) int {
	return p.counts.sum(func(k kind) bool { return p.possible(k) && passes(k) })
}

// updates reports whether the change makes something else of an account that is
// there. An enable that takes back what an earlier run did has no fields, and
// is none.
func (c *Change) updates() bool {
	return !c.AfterCreate && !c.removes() && c.Op != Create && (c.Op == Put || c.Op == Patch || len(c.Fields) > 0)
}

// judge completes a guard.
func judge(g Guard, needed int, allowed *int) Guard {
	if g.Planned <= g.Limit {
		return g
	}
	g.Needed = needed
	return g.settle(allowed != nil && *allowed == needed)
}

// settle says how a guard ends whose limit the plan goes past.
func (g Guard) settle(allowed bool) Guard {
	if allowed {
		g.AllowedBy = g.Flag()
	}
	g.Tripped = !allowed
	return g
}

func judgeEmpty(rejected int, a Allow) Guard {
	return Guard{Name: GuardEmpty, Rejected: rejected}.settle(a.Empty)
}

// judgeLookalikes says no where look-alikes are all there is: single ones are
// rejected rows beside others that are carried out.
func judgeLookalikes(p *Plan) Guard {
	return Guard{Name: GuardLookalike, Planned: p.Lookalikes, Needed: p.Lookalikes}.settle(p.LookalikesAllowed)
}

// judgeCleared makes one guard for each attribute that loses values, by name.
func judgeCleared(p *Plan, l Limit, allowed *int) []Guard {
	limit, ok := l.Of(p.Live)
	if !ok {
		return nil
	}
	sum := 0
	for _, n := range p.Cleared {
		if n > limit {
			sum += n
		}
	}
	var guards []Guard
	for _, name := range slices.Sorted(maps.Keys(p.Cleared)) {
		g := Guard{Name: GuardCleared, Attribute: name, Planned: p.Cleared[name], Limit: limit}
		guards = append(guards, judge(g, sum, allowed))
	}
	return guards
}

// JudgeShrunk holds the accounts that were listed against those that the last
// complete run of the source left; it gives no guard where none is known, left
// being 0. An empty or short answer with a total that agrees looks like a source
// from which somebody took accounts away.
func JudgeShrunk(live, left int, l Limit, a Allow) []Guard {
	limit, ok := l.Of(left)
	if left <= 0 || !ok {
		return nil
	}
	g := Guard{Name: GuardShrunk, Planned: max(left-live, 0), Limit: limit}
	return []Guard{judge(g, g.Planned, a.Shrunk)}
}
