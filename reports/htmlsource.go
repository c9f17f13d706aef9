package reports

import (
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Name and Cells are what a line of the balance shows.
func (r tallyRow) Name() string { return r.name }

// Cells are the states of a line in their order.
func (r tallyRow) Cells() []pick {
	var cells []pick
	for _, state := range sync.States {
		cells = append(cells, pick{string(state), stateSigns[state], *r.Tally.State(state)})
	}
	return cells
}

// Off is what the states do not add up to: 0, or a bug.
func (r tallyRow) Off() int {
	off := r.Planned
	for _, cell := range r.Cells() {
		off -= cell.Count
	}
	return off
}

// termView is one number of an equation.
type termView struct {
	Name  string
	Count int
}

func (v *sourceView) rowTerms() {
	v.RowsOff = v.Input.Rows
	for _, t := range rowTerms(v.Head) {
		v.RowTerms = append(v.RowTerms, termView{t.name, t.n})
		v.RowsOff -= t.n
	}
}

// guardView is one guard: what it counts and how it ended.
type guardView struct {
	diff.Guard
	About   string
	Verdict string // within, allowed or no
	Origin  string // where the permission came from, as far as it is known
}

func (v *sourceView) guards(settings []sync.Setting) {
	var flags []string
	for _, g := range v.Head.Guards {
		view := guardView{Guard: g, About: guardAbout(g), Verdict: "within"}
		switch {
		case g.Blocks():
			view.Verdict = "no"
			if flag := g.Flag(); flag != "" {
				flags = append(flags, flag)
			}
		case g.AllowedBy != "":
			view.Verdict, view.Origin = "allowed", originOf(settings, g.AllowedBy)
		}
		v.Guards = append(v.Guards, view)
	}
	v.Flags = strings.Join(slices.Compact(flags), " ")
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

// group is a list of operations of which the page shows the first.
type group struct {
	State sync.State
	Sign  string
	Ops   []*opView
	Count int
}

// More is how many the page does not list here.
func (g group) More() int { return g.Count - len(g.Ops) }

func (v *sourceView) group(state sync.State, found ...excerpt) group {
	g := group{State: state, Sign: stateSigns[state]}
	for _, s := range found {
		g.Count += s.count
		g.Ops = append(g.Ops, v.views(s.ops[:min(len(s.ops), listedInPage-len(g.Ops))])...)
	}
	return g
}

// unsettled groups what failed, went stale or was not seen.
func (v *sourceView) unsettled() {
	for _, state := range lookStates {
		if found := *v.survey.unsettled[state]; found.count > 0 {
			v.Unsettled = append(v.Unsettled, v.group(state, found))
		}
	}
}

// reasonView is why operations were withheld.
type reasonView struct {
	Reason string
	Count  int
}

// Query finds the operations with the reason.
func (r reasonView) Query() string { return strings.TrimSuffix(r.Reason, text.Ellipsis) }

func (v *sourceView) withheld() {
	counts := v.survey.withheld
	for _, text := range mostFirst(counts, listedInPage) {
		v.Withheld = append(v.Withheld, reasonView{message(text), counts[text]})
	}
	v.Reasons = len(counts) - len(v.Withheld)
}

// removals lists the accounts taken away, those of somebody first.
func (v *sourceView) removals() {
	v.Marked = v.marked.count
	v.Removals = v.group("", v.marked, v.unmarked)
}

// attributeView is how often one attribute changed, with the width of its bar.
type attributeView struct {
	attributeChange
	Width int // of 100
}

func (v *sourceView) attributes() {
	changed := v.changedAttributes()
	for _, a := range changed[:min(len(changed), listedInPage)] {
		view := attributeView{*a, max(1, 100*a.Changed/changed[0].Changed)}
		view.Name = text.Visible(a.Name)
		v.Attributes = append(v.Attributes, view)
	}
}
