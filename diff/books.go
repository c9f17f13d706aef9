package diff

import (
	"fmt"
	"slices"
)

// Plan is the books of what makes the live accounts as the rows want them: how
// many of each. The changes themselves, the rejected rows and the accounts went
// to the Sink.
type Plan struct {
	Rejected int // rows
	Orphans  int // live accounts that no row asks for and that are left alone
	// Dated says that the absences the sink was handed are all there are. They
	// are the live accounts that no row asks for, and since when: a date begins
	// with the first plan that would take the account away, so not while the account
	// is protected, nothing is to be removed, or removals are held; once it has
	// begun it stays as long as no row asks for the account. Accounts that are
	// not among them are not missing (any more). Not dated, because the file is a
	// failed.csv, which holds only some of the rows, they say nothing about others.
	//
	// Beside them stand live accounts that an earlier run disabled and that
	// have a row again, Since now. Whoever keeps the dates keeps these
	// too until the account is enabled, so that an enable that failed, was
	// withheld or could not be planned (the row is rejected) is planned again.
	Dated bool

	// EnabledAgain is the number of live accounts that no row asks for, that were
	// seen disabled and that somebody has enabled since: they start from the beginning.
	EnabledAgain int
	// NeverShown is the number of live accounts that no row asks for and whose
	// disable was sent and taken, but was never seen. They are left alone.
	NeverShown int

	// Rows is the number of records of the file; records that were joined into
	// one (--merge-rows) count once.
	Rows int
	// Kept is the number of rows whose account already is as they say.
	Kept int
	// StateOnly is the number of rows whose account is to change without a put:
	// by patch, enable, unlock or disable.
	StateOnly int
	// Live is the number of live accounts.
	Live int
	// Untouched is the number of live accounts that are left alone because a
	// rejected row has their key.
	Untouched int
	// Cleared counts, by attribute, the accounts that lose their value of it;
	// by account.identityId those that lose their identity.
	Cleared map[string]int
	// Unprotecting are entries of Policy.Protect that protect no live account.
	Unprotecting []string
	// Unneeded are flags of the Policy that let nothing through.
	Unneeded []string
	// Unmatched are the flags of Policy.Select whose rules matched no change.
	Unmatched []string
	// HoldRemovals says why no removal among the changes may be carried out; ""
	// when they may.
	HoldRemovals string

	// Lookalikes is the number of rows that would create an account whose key
	// only looks like another one. They are rejected unless LookalikesAllowed.
	Lookalikes        int
	LookalikesAllowed bool
	// Notes are what there is to say of the rows as a whole.
	Notes []string

	counts counts
	ix     *Index
	kept   bitset
}

// Count is the number of changes with one of the operations.
func (p *Plan) Count(ops ...Op) int {
	return p.counts.sum(func(k kind) bool { return slices.Contains(ops, k.op) })
}

// Counts is the number of changes by operation, without those that cannot be sent.
func (p *Plan) Counts() map[Op]int {
	counts := map[Op]int{}
	for k, n := range p.counts.changes {
		if p.possible(k) {
			counts[k.op] += n
		}
	}
	return counts
}

// possible reports whether changes of a kind can be sent: those the guards judge. Removals
// that are held back are none of them, and do not keep the others from being sent.
func (p *Plan) possible(k kind) bool { return !k.unsendable && !(p.HoldRemovals != "" && k.removal) }

// unneeded are the permissions that let nothing through.
func (p *Plan) unneeded(o *Policy) (flags []string) {
	if o.AllowDirectCreate && (!o.Direct || p.Count(Create) == 0) {
		flags = append(flags, "--allow-direct-create")
	}
	moves := p.counts.sum(func(k kind) bool { return k.moves })
	if o.AllowRecorrelate && (!o.Authoritative || moves == 0) {
		flags = append(flags, "--allow-recorrelate")
	}
	if o.AllowLookalikes != nil && p.Lookalikes == 0 {
		flags = append(flags, "--allow-lookalikes")
	}
	return flags
}

// Removals is the number of changes that take an account away: deletes, and
// disables that no row asks for.
func (p *Plan) Removals() int { return p.counts.sum(func(k kind) bool { return k.removal }) }

// unsendable reports whether the change is planned and not to be sent.
func (c *Change) unsendable() bool { return c.Impossible != "" || c.Excluded != "" }

// removes reports whether the change takes an account away.
func (c *Change) removes() bool { return c.Removal || c.Op == Delete }

// valid is the number of rows that were not rejected.
func (p *Plan) valid() int { return p.Rows - p.Rejected }

// Balance checks the books. Each row has exactly one fate, and so has each live
// account:
//
//	rows = kept + create + put + state only + rejected
//	live = kept + put + state only + removed + orphan + untouched
//
// An error is a bug of this package.
func (p *Plan) Balance() error {
	creates, puts, removed := p.Count(Create), p.Count(Put), p.Removals()
	if got := p.Kept + creates + puts + p.StateOnly + p.Rejected; got != p.Rows {
		return fmt.Errorf("internal consistency check failed (bug): %d rows, but %d kept + %d create + %d put + %d state only + %d rejected = %d",
			p.Rows, p.Kept, creates, puts, p.StateOnly, p.Rejected, got)
	}
	if got := p.Kept + puts + p.StateOnly + removed + p.Orphans + p.Untouched; got != p.Live {
		return fmt.Errorf("internal consistency check failed (bug): %d live accounts, but %d kept + %d put + %d state only + %d removed + %d orphan + %d untouched = %d",
			p.Live, p.Kept, puts, p.StateOnly, removed, p.Orphans, p.Untouched, got)
	}
	return nil
}

// whyHeld says why no removal of a plan may be carried out when so many of
// its rows were rejected, "" when none was.
func whyHeld(rejected int) string {
	switch {
	case rejected == 1:
		return "no account is removed while rows are rejected (1 row)"
	case rejected > 1:
		return fmt.Sprintf("no account is removed while rows are rejected (%d rows)", rejected)
	}
	return ""
}
