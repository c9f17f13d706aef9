package reports

import (
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/reports/page"
	"accountsync/sync"
)

// books are the proof that every row and operation is accounted for.
func (s *survey) books() *page.Books {
	b := &page.Books{HasInput: s.Input.File != "", Records: s.Input.Rows, Off: s.Input.Rows, Orphans: s.Totals.Orphan}
	for _, state := range sync.States {
		b.States = append(b.States, page.State{Name: string(state), Symbol: stateSymbols[state]})
	}
	rows, sum := tallyRows(&s.Totals)
	for _, row := range rows {
		t := tallyOf(row)
		t.LeftOut = s.leftOut[diff.Op(row.name)]
		b.Rows = append(b.Rows, t)
	}
	b.Sum = tallyOf(tallyRow{"total", sum})
	b.Sum.LeftOut = s.leftOutSum()
	for _, t := range rowTerms(s.Head) {
		b.Terms = append(b.Terms, page.Term{Name: t.name, Count: t.n})
		b.Off -= t.n
	}
	for _, note := range s.Notes {
		b.Notes = append(b.Notes, message(note))
	}
	return b
}

func tallyOf(row tallyRow) page.Tally {
	t := page.Tally{Name: text.Visible(row.name), Planned: row.Planned, Off: row.Planned}
	for _, state := range sync.States {
		n := *row.State(state)
		t.Counts = append(t.Counts, n)
		t.Off -= n
	}
	return t
}

// pageGuards are the guards, and the flags that would let a plan past those that
// blocked it.
func (s *survey) pageGuards() (guards []page.Guard, flags string) {
	var needed []string
	for _, g := range s.Guards {
		v := page.Guard{Name: text.Visible(g.Name), About: guardAbout(g), Planned: g.Planned, Limit: g.Limit, Verdict: "within"}
		switch {
		case g.Blocks():
			v.Verdict = "blocked"
			if flag := g.Flag(); flag != "" {
				needed = append(needed, flag)
			}
		case g.AllowedBy != "":
			v.Verdict, v.By, v.Origin = "bypassed", text.Visible(g.AllowedBy), text.Visible(originOf(s.Settings, g.AllowedBy))
		}
		guards = append(guards, v)
	}
	return guards, strings.Join(slices.Compact(needed), " ")
}

// originOf says where a flag came from.
func originOf(settings []sync.Setting, flag string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(flag, "--"), " ")
	i := slices.IndexFunc(settings, func(s sync.Setting) bool { return s.Name == name })
	if i < 0 {
		return ""
	}
	return settings[i].Origin
}

// guardAbout says what a guard counts.
func guardAbout(g diff.Guard) string {
	switch g.Name {
	case diff.GuardRemovals:
		return "accounts taken away"
	case diff.GuardUpdates:
		return "accounts changed"
	case diff.GuardCreates:
		return "accounts created"
	case diff.GuardCleared:
		return "accounts that lose their value of " + text.Clip(g.Attribute, valueWidth)
	case diff.GuardShrunk:
		return "accounts fewer than the last complete run left"
	case diff.GuardUnusual:
		return "operations " + text.Visible(string(g.Op)) + ", against past nights"
	case diff.GuardLookalike:
		return "rows whose keys only look like others"
	case diff.GuardEmpty:
		return "rows that are valid, while the source has accounts"
	}
	return ""
}

// pageAttributes are the attributes that change most, with their bars.
func (s *survey) pageAttributes() []page.Attribute {
	changed := s.changedAttributes()
	var all []page.Attribute
	for _, a := range changed[:min(len(changed), listedInPage)] {
		all = append(all, page.Attribute{Name: text.Visible(a.Name), Changed: a.Changed, Added: a.Added, Cleared: a.Cleared, Width: max(1, 100*a.Changed/changed[0].Changed)})
	}
	return all
}
