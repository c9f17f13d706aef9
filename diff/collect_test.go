package diff

import (
	"cmp"
	"slices"

	"accountsync/account"
)

// planned is a plan with all that its sink was handed, in the order in which it
// is reported.
type planned struct {
	*Plan
	Changes  []Change
	Rejected []account.Rejected
	Orphans  []Orphan
	Absences []Absence // nil where it says nothing of any account
	Returned []Absence
}

// collector is a sink that keeps everything.
type collector struct {
	planned
	absences  []Absence
	withdrawn int // how often Withdraw was called
}

func (c *collector) Change(change *Change) error {
	c.Changes = append(c.Changes, *change)
	return nil
}

func (c *collector) Rejected(r account.Rejected) error {
	c.planned.Rejected = append(c.planned.Rejected, r)
	return nil
}

func (c *collector) Orphan(o Orphan) error {
	c.Orphans = append(c.Orphans, o)
	return nil
}

func (c *collector) Absence(m Absence) error {
	c.absences = append(c.absences, m)
	return nil
}

func (c *collector) Withdraw(keys []string) error {
	c.withdrawn++
	before := len(c.Changes)
	c.Changes = slices.DeleteFunc(c.Changes, func(change Change) bool { return slices.Contains(keys, change.Key) })
	if len(c.Changes) > before-len(keys) {
		panic("a key was withdrawn that has no change")
	}
	return nil
}

func (c *collector) DropAbsences() error {
	c.absences = nil
	return nil
}

// collect is a diff that a collector listens to.
func collect(ix *Index, policy Policy) (*Diff, *collector) {
	c := &collector{}
	return Start(ix, policy, c), c
}

// end ends the diff, checks the books and that what is counted is what the
// collector has.
func (c *collector) end(t tester, d *Diff) *planned {
	t.Helper()
	var err error
	if c.Plan, err = d.End(); err != nil {
		t.Fatal(err)
	}
	if err := c.Balance(); err != nil {
		t.Fatal(err)
	}
	n := len(c.absences) - len(d.returned) // those are the last ones
	if c.Returned = c.absences[n:]; c.Plan.Dated {
		c.Absences = append([]Absence{}, c.absences[:n]...)
	} else if n > 0 {
		t.Fatalf("absences of a plan that is not dated: %v", c.absences)
	}
	equal(t, []int{c.Plan.Rejected, c.Plan.Orphans}, []int{len(c.planned.Rejected), len(c.Orphans)})
	recounted := NewTally()
	for i := range c.Changes {
		recounted.Add(&c.Changes[i])
	}
	want := recounted.Plan(c.Live).counts
	equal(t, c.counts.updated, want.updated)
	equal(t, c.counts.cleared, want.cleared)
	equal(t, c.counts.changes, want.changes, cmpFate...)
	c.sort()
	return &c.planned
}

func (p *planned) sort() {
	slices.SortFunc(p.Changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Ops, a.Op), slices.Index(Ops, b.Op)),
			cmp.Compare(a.Key, b.Key),
			cmp.Compare(a.AccountID, b.AccountID),
			cmp.Compare(a.Impossible, b.Impossible))
	})
	slices.SortFunc(p.Rejected, func(a, b account.Rejected) int { return cmp.Compare(a.Line, b.Line) })
	for _, misses := range [][]Absence{p.Absences, p.Returned} {
		slices.SortFunc(misses, func(a, b Absence) int { return cmp.Compare(a.AccountID, b.AccountID) })
	}
	slices.SortFunc(p.Orphans, func(a, b Orphan) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.AccountID, b.AccountID))
	})
}

// sendable are the changes that can be sent.
func (p *planned) sendable() (changes []*Change) {
	for i := range p.Changes {
		if c := &p.Changes[i]; p.possible(c.kind()) {
			changes = append(changes, c)
		}
	}
	return changes
}
