package diff

// Rejudge judges again what was judged before, such as the guards of a saved
// plan: under the limits that hold now, for the accounts that are live now, and
// with what the user lets through now. What was allowed before stays allowed.
func Rejudge(guards []Guard, l Limits, live int, a Allow) []Guard {
	limits := map[string]Limit{GuardRemovals: l.Removals, GuardUpdates: l.Updates, GuardCreates: l.Creates, GuardCleared: l.Cleared}
	again := make([]Guard, len(guards))
	for i, g := range guards {
		if limit, counts := limits[g.Name]; counts && g.AllowedBy == "" {
			n, limited := limit.Of(live)
			g.Limit, g.Tripped, g.Needed = n, limited && g.Planned > n, 0
			if g.Tripped {
				g.Needed = g.Planned
			}
		}
		again[i] = g
	}
	cleared := 0 // one number lets all attributes through
	for _, g := range again {
		if g.Name == GuardCleared {
			cleared += g.Needed
		}
	}
	for i, g := range again {
		if g.Name == GuardCleared && g.Tripped {
			g.Needed = cleared
		}
		if g.Blocks() && a.lets(g) {
			g = g.settle(true)
		}
		again[i] = g
	}
	return again
}

// Recount puts the numbers of what was counted into guards that were judged on
// a plan of which less is to be sent now, to be judged again. None rises.
func (t *Tally) Recount(guards []Guard) []Guard {
	p := t.Plan(0)
	counts := p.Counts()
	left := map[string]int{GuardRemovals: p.sum(func(k kind) bool { return k.removal }), GuardUpdates: p.counts.updated, GuardCreates: counts[Create]}
	again := make([]Guard, len(guards))
	for i, g := range guards {
		n, counted := left[g.Name]
		switch g.Name {
		case GuardCleared:
			n, counted = p.Cleared[g.Attribute], true
		case GuardUnusual:
			n, counted = counts[g.Op], true
			g.Tripped = g.Tripped && n > g.Limit
		}
		if counted {
			g.Planned = min(g.Planned, n)
		}
		again[i] = g
	}
	return again
}

// lets reports whether the guard's own flag was given, with its number.
func (a Allow) lets(g Guard) bool {
	var n *int
	switch g.Name {
	case GuardEmpty:
		return a.Empty
	case GuardUnusual:
		return a.Unusual
	case GuardRemovals:
		n = a.Removals
	case GuardUpdates:
		n = a.Updates
	case GuardCreates:
		n = a.Creates
	case GuardCleared:
		n = a.Cleared
	case GuardShrunk:
		n = a.Shrunk
	}
	return n != nil && *n == g.Needed
}
