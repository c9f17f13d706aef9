package diff

import (
	"slices"
	"strings"
	"time"

	"accountsync/account"
)

// rowless takes an account that no row asks for.
func (d *Diff) rowless(key string, a *account.Account) {
	if d.ix.names(key) {
		d.noteReturn(a)
		d.leftover++
		return
	}
	d.alike.orphan(key)
	if d.ix.table.Partial() {
		d.orphan(key, a, "the file holds only some of the rows")
		return
	}
	d.miss(key, a)
}

// miss takes an account that the file leaves out.
func (d *Diff) miss(key string, a *account.Account) {
	switch {
	case !d.policy.removes():
		d.date(a, false)
		d.orphan(key, a, "")
	case d.policy.Protect.Protects(key, a.Name):
		d.date(a, false)
		d.orphan(key, a, "protected")
	default:
		d.remove(key, a)
	}
}

// remove takes an account away, or leaves it alone while its time has not come.
func (d *Diff) remove(key string, a *account.Account) {
	m, again := d.date(a, true)
	op, reason := d.policy.verdict(m, again)
	if op == "" {
		if m.neverShown() {
			d.unshown++
		}
		d.orphan(key, a, reason)
		return
	}
	c := liveChange(op, key, a)
	c.Reason, c.Removal = reason, true
	if op == Delete {
		c.Warnings = WarningsOf(Delete, nil, a, d.policy.Undeletable)
		c.Impossible = d.policy.unlessDirect(Delete)
		if c.Impossible == "" && d.policy.staged() {
			c.Impossible = d.policy.ClockDoubt
		}
	}
	d.removals = append(d.removals, c)
}

// date is the record of a missing account, handed on to the next run if there
// was one before or one begins; again says that it was disabled and is enabled.
func (d *Diff) date(a *account.Account, begins bool) (m Miss, again bool) {
	m, known, again := d.policy.observe(a)
	if known || begins {
		m.AccountID, m.NativeIdentity = strings.Clone(a.ID), strings.Clone(a.NativeIdentity)
		d.missing = append(d.missing, m)
	}
	if again {
		d.again++
	}
	return m, again
}

// noteReturn takes an account that has a row, good or bad, whatever becomes of it.
func (d *Diff) noteReturn(a *account.Account) {
	if !d.policy.disabledBefore(a) {
		return
	}
	known := d.policy.Missing[a.ID]
	d.returned = append(d.returned, Miss{
		AccountID: strings.Clone(a.ID), NativeIdentity: strings.Clone(a.NativeIdentity), Since: d.policy.Now,
		DisableSent: known.DisableSent, Unanswered: known.Unanswered,
	})
}

func (d *Diff) orphan(key string, a *account.Account, reason string) {
	d.orphans = append(d.orphans, Orphan{Key: strings.Clone(key), AccountID: strings.Clone(a.ID), Reason: reason})
}

// dates are the records of missing accounts the plan hands on. While removals
// are held it is not known what the file leaves out on purpose: no date begins.
func (d *Diff) dates(held bool) []Miss {
	if d.ix.table.Partial() {
		return nil
	}
	dates := slices.DeleteFunc(d.missing, func(m Miss) bool {
		_, known := d.policy.Missing[m.AccountID]
		return held && !known
	})
	for i := range dates {
		if held && d.policy.Missing[dates[i].AccountID].SeenDisabledSince.IsZero() {
			dates[i].SeenDisabledSince = time.Time{}
		}
	}
	if dates == nil {
		return []Miss{}
	}
	return dates
}
