package diff

// Rejudge applies what the user lets through now to guards judged before, such
// as those of a saved plan.
func Rejudge(guards []Guard, a Allow) []Guard {
	again := make([]Guard, len(guards))
	for i, g := range guards {
		again[i] = g
		if g.Blocks() && a.lets(g) {
			again[i] = g.settle(true)
		}
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
