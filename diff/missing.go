package diff

import (
	"strings"
	"time"

	"accountsync/account"
)

// noRow takes an account that no row asks for.
func (d *Diff) noRow(key string, a *account.Account) error {
	if d.ix.names(key) {
		d.reappeared(a)
		d.leftover++
		return nil
	}
	if d.ix.n > 0 {
		d.alike.orphan(key)
	}
	if d.ix.table.Partial() {
		return d.orphan(key, a, "the file holds only some of the rows")
	}
	return d.miss(key, a)
}

// miss takes an account that the file leaves out.
func (d *Diff) miss(key string, a *account.Account) error {
	switch {
	case !d.policy.removes():
		return d.leave(key, a, "")
	case d.policy.Protect.Protects(key, a.Name):
		return d.leave(key, a, "protected")
	}
	return d.remove(key, a)
}

// leave leaves an account alone whose date does not begin.
func (d *Diff) leave(key string, a *account.Account, reason string) error {
	if _, _, err := d.date(a, false); err != nil {
		return err
	}
	return d.orphan(key, a, reason)
}

// remove takes an account away, or leaves it alone while its time has not come.
func (d *Diff) remove(key string, a *account.Account) error {
	seen, _, enabled := d.policy.observe(a)
	op, reason := d.policy.verdict(seen, enabled)
	excluded := ""
	if op != "" {
		excluded = d.chosen.Excludes(&Change{Op: op, Key: key, Removal: true})
	}
	m, _, err := d.date(a, excluded == "") // for what is left out no date begins
	if err != nil {
		return err
	}
	if op == "" {
		if m.neverShown() {
			d.unshown++
		}
		return d.orphan(key, a, reason)
	}
	c := liveChange(op, key, a)
	c.Reason, c.Removal, c.Takes, c.Excluded = reason, true, Takes(a), excluded
	if op == Delete {
		c.Warnings = WarningsOf(Delete, nil, a, d.policy.Undeletable)
		c.Impossible = d.policy.unlessDirect(Delete)
		if c.Impossible == "" && d.policy.staged() {
			c.Impossible = d.policy.ClockDoubt
		}
	}
	d.removals.changes[c.kind()]++
	return d.sink.Change(&c)
}

// sighting is what is kept of a missing account that an earlier run knows of.
type sighting struct {
	id, native string
	disabled   bool
}

// date is the record of a missing account, handed on to the next run if there
// was one before or one begins; again says that it was disabled and is enabled.
// One that begins goes out at once. The others wait: what they say is only
// known once it is known whether removals are held.
func (d *Diff) date(a *account.Account, begins bool) (m Absence, again bool, err error) {
	m, known, again := d.policy.observe(a)
	if again {
		d.again++
	}
	switch {
	case d.ix.table.Partial(): // it says nothing of any account
	case known:
		before := d.policy.Absences[a.ID] // its strings are there anyway
		d.known = append(d.known, sighting{kept(before.AccountID, a.ID), kept(before.NativeIdentity, a.NativeIdentity), a.Disabled})
	case begins && !d.held:
		m.AccountID, m.NativeIdentity = strings.Clone(a.ID), strings.Clone(a.NativeIdentity)
		d.begun++
		err = d.sink.Absence(m)
	}
	return m, again, err
}

// kept is the text as it is kept: the one that is there already if it is the same.
func kept(there, text string) string {
	if there == text {
		return there
	}
	return strings.Clone(text)
}

// reappeared takes an account that has a row, good or bad, whatever becomes of it.
func (d *Diff) reappeared(a *account.Account) {
	if !d.policy.disabledBefore(a) {
		return
	}
	known := d.policy.Absences[a.ID]
	d.returned = append(d.returned, Absence{
		AccountID: strings.Clone(a.ID), NativeIdentity: strings.Clone(a.NativeIdentity), Since: d.policy.Now,
		DisableSent: known.DisableSent, Unanswered: known.Unanswered,
	})
}

func (d *Diff) orphan(key string, a *account.Account, reason string) error {
	d.orphans++
	return d.sink.Orphan(Orphan{Key: strings.Clone(key), AccountID: strings.Clone(a.ID), Reason: reason})
}

// sendAbsences hands the other absences to the sink. While removals
// are held it is not known what the file leaves out on purpose: no date begins.
func (d *Diff) sendAbsences() error {
	held := d.rejected > 0
	if held && d.begun > 0 {
		if err := d.sink.DropAbsences(); err != nil {
			return err
		}
	}
	for _, s := range d.known {
		m, _, _ := d.policy.observe(&account.Account{ID: s.id, NativeIdentity: s.native, Disabled: s.disabled})
		if held && d.policy.Absences[s.id].SeenDisabledSince.IsZero() {
			m.SeenDisabledSince = time.Time{}
		}
		if err := d.sink.Absence(m); err != nil {
			return err
		}
	}
	for _, m := range d.returned {
		if err := d.sink.Absence(m); err != nil {
			return err
		}
	}
	return nil
}
