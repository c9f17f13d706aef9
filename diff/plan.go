package diff

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
)

// Account takes one live account; each of a listing once, in any order. It
// keeps nothing of an account that is as its row wants it. Its error says that
// the file could not be read again, or is the sink's.
func (d *Diff) Account(a *account.Account) error {
	d.live++
	key := d.ix.table.KeyOf(a)
	d.unused.see(key, a.Name)
	if d.keyed {
		d.natives = append(d.natives, d.hash.key(a.NativeIdentity))
	}
	if a.NativeIdentity == "" || key == "" {
		return d.leave(a.NativeIdentity, a, "it has no "+d.ix.table.Key().Attribute)
	}
	d.wordKeys = d.wordKeys || ofWords(key)
	keyHash := d.hash.key(key)
	if d.policy.disabledBefore(a) {
		return d.unequal(keyHash, key, a)
	}
	// Looked up before the account is hashed: the row comes from memory meanwhile.
	for _, i := range d.ix.slots.find(keyHash) {
		if d.ix.keyHash(i) == keyHash && d.ix.rowHash(i) == d.hash.account(key, a) && d.ix.flagsMet(i, liveFlags(a)) {
			d.equal(i, a)
			return nil
		}
	}
	return d.unequal(keyHash, key, a)
}

// unequal takes an account that is not equal to a row, or not in its state: it
// finds out whether one has its key.
func (d *Diff) unequal(keyHash uint64, key string, a *account.Account) error {
	for _, i := range d.ix.slots.find(keyHash) {
		if d.ix.keyHash(i) != keyHash {
			continue
		}
		row, err := d.ix.row(i)
		if err != nil {
			return err
		}
		if strings.EqualFold(row.Key, key) {
			return d.pair(i, row, key, a)
		}
	}
	return d.noRow(key, a)
}

// pair takes an account and its row, which are not, or not literally, equal.
func (d *Diff) pair(i entry, row account.Row, key string, a *account.Account) error {
	if row.States.Disabled != account.True { // which from now on is why it is disabled
		d.reappeared(a)
	}
	if !d.first(i, a) {
		return nil
	}
	d.seen.set(i)
	fields := compare(d.ix.hash.columns, row, a)
	switch {
	case row.Key != key:
		d.reject(i, fmt.Sprintf("key %q differs only in letter case from account %s, which has %q: the API takes both for one; write it as the account has it",
			row.Key, a.ID, key))
	case row.Invalid != "" && (len(fields) > 0 || !row.States.Met(a)):
		d.conventions.invalid(d.ix.hash.columns, row)
		d.reject(i, row.Invalid)
	case d.renames(fields, a):
		d.reject(i, fmt.Sprintf("it would change %s, which is what the API knows account %s by: delete that account and create another one instead",
			d.ix.identity, a.ID))
	default:
		if reason := d.otherConvention(i, row, fields); reason != "" {
			d.reject(i, reason)
			return nil
		}
		return d.planUpdate(i, row, fields, a)
	}
	return nil
}

// planUpdate plans what makes an account as its sound row wants it.
func (d *Diff) planUpdate(i entry, row account.Row, fields []Field, a *account.Account) error {
	steps := d.policy.steps(fields, &row.States, a)
	if len(steps) == 0 {
		d.kept.set(i)
		return nil
	}
	if !slices.ContainsFunc(steps, func(s step) bool { return s.op == Put }) {
		d.stateOnly.set(i)
	}
	c := liveChange(Put, row.Key, a)
	c.Line, c.Offset, c.Joined = row.Line, row.Offset, d.ix.joinedOffsets(i)
	for _, s := range steps {
		if err := d.ask(i, s.change(c, a)); err != nil {
			return err
		}
	}
	return nil
}

// End ends the diff, after the last account of the listing: rows without an
// account become creates. Call it once. Its error says that the file could not
// be read again, or is the sink's.
func (d *Diff) End() (*Plan, error) {
	for _, step := range []func() error{d.withdrawDuplicates, d.creates, d.noteConventions, d.sendRejected, d.sendAbsences} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p := &Plan{
		Rejected: d.rejected, Orphans: d.orphans, Unprotecting: d.unused.list(), Unmatched: d.chosen.Unmatched(), Dated: !d.ix.table.Partial(),
		EnabledAgain: d.again, NeverShown: d.unshown,
		Rows: d.ix.n + d.ix.unread - (d.ix.joined.count() - d.apart), Live: d.live,
		Kept: d.kept.count(), StateOnly: d.stateOnly.count(), Untouched: d.leftover,
		HoldRemovals: whyHeld(d.rejected), Lookalikes: d.lookalike, LookalikesAllowed: d.lookalikesAllowed,
		counts: d.removals, ix: d.ix, kept: d.kept,
	}
	d.marks.addTo(&p.counts)
	p.Cleared = p.counts.cleared
	if note := d.ix.mergeable.note(); note != "" {
		p.Notes = append(p.Notes, note)
	}
	p.Notes = append(p.Notes, d.notes...)
	p.Unneeded = p.unneeded(&d.policy)
	return p, nil
}
