package diff

import (
	"hash/maphash"
	"slices"

	"accountsync/account"
)

// kind is what a guard asks of a change first.
type kind struct {
	op         Op
	removal    bool
	unsendable bool // it is impossible, or left out
	moves      bool // a live account to another identity
}

func (c *Change) kind() kind { return kind{c.Op, c.removes(), c.unsendable(), c.moves()} }

// moves reports whether the change gives a live account to another identity, or
// says in which way it belongs to one.
func (c *Change) moves() bool {
	return !c.AfterCreate && slices.ContainsFunc(c.Fields, func(f Field) bool {
		return f.Attribute == account.IdentityIDColumn || f.Attribute == account.ManuallyCorrelatedColumn
	})
}

// counts are what is known of changes that are not kept.
type counts struct {
	changes map[kind]int
	updated int            // accounts that changes which can be sent make something else of
	cleared map[string]int // by attribute, accounts that lose their value of it by such changes
}

func newCounts() counts { return counts{changes: map[kind]int{}, cleared: map[string]int{}} }

// sum adds up the kinds that pass.
func (n *counts) sum(passes func(kind) bool) (sum int) {
	for k, count := range n.changes {
		if passes(k) {
			sum += count
		}
	}
	return sum
}

// marks counts the changes that rows ask for, in one bit for each row and mark,
// so that those of a row can be taken back.
type marks map[mark]*bitset

// mark is one thing that the changes of a row can be or do.
type mark struct {
	kind
	again   bool   // the second change of its kind
	updated bool   // the row's account becomes something else
	cleared string // the attribute of which it loses the value
}

// change marks the row of a change.
func (m marks) change(i entry, c *Change) {
	first := mark{kind: c.kind()}
	if m[first].hasBit(i) {
		first.again = true
	}
	m.set(i, first)
	if c.unsendable() {
		return
	}
	if c.updates() {
		m.set(i, mark{updated: true})
	}
	for _, f := range c.Fields {
		if f.clears() {
			m.set(i, mark{cleared: f.Attribute})
		}
	}
}

func (m marks) set(i entry, what mark) {
	if m[what] == nil {
		m[what] = &bitset{}
	}
	m[what].set(i)
}

// withdraw takes back everything of a row.
func (m marks) withdraw(i entry) {
	for _, rows := range m {
		rows.clear(i)
	}
}

// addTo adds what is marked.
func (m marks) addTo(n *counts) {
	for what, rows := range m {
		switch count := rows.count(); {
		case count == 0:
		case what.updated:
			n.updated += count
		case what.cleared != "":
			n.cleared[what.cleared] += count
		default:
			n.changes[what.kind] += count
		}
	}
}

// Tally counts changes that no file of rows asks for, such as those that take a
// run back, so that the guards can judge them. It keeps a hash of each account
// that is updated, and nothing else.
type Tally struct {
	counts
	seed    maphash.Seed
	updated map[uint64]struct{} // accounts; one that several changes update counts once
	added   int
}

// NewTally is a tally of nothing.
func NewTally() *Tally {
	return &Tally{counts: newCounts(), seed: maphash.MakeSeed(), updated: map[uint64]struct{}{}}
}

// Add counts a change.
func (t *Tally) Add(c *Change) {
	t.added++
	t.changes[c.kind()]++
	if c.unsendable() {
		return
	}
	if c.updates() {
		t.updated[maphash.String(t.seed, c.AccountID)] = struct{}{}
	}
	for _, f := range c.Fields {
		if f.clears() {
			t.cleared[f.Attribute]++
		}
	}
}

// Plan is what was counted as a plan for a source with so many live accounts.
// Each change counts as a valid row.
func (t *Tally) Plan(live int) *Plan {
	t.counts.updated = len(t.updated)
	return &Plan{Rows: t.added, Live: live, Cleared: t.cleared, counts: t.counts}
}
