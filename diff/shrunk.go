package diff

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
