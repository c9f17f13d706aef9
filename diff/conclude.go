package diff

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
)

// Plan ends the diff, after the last account of the listing: rows without an
// account become creates. Call it once. Its error says that the file could not
// be read again.
func (d *Diff) Plan() (*Plan, error) {
	d.settleTwins()
	p := &Plan{Live: d.live, Orphans: d.orphans, ix: d.ix, kept: d.kept}
	var err error
	if p.Changes, err = d.changes(); err != nil {
		return nil, err
	}
	if err := d.noteConventions(); err != nil {
		return nil, err
	}
	rejected, joined, err := d.rejectedRows()
	if err != nil {
		return nil, err
	}
	p.Rejected = slices.Concat(d.ix.refused, rejected)
	p.Rows = d.ix.n + d.ix.unread - joined
	p.Kept, p.StateOnly, p.Untouched = d.kept.count(), d.stateOnly.count(), d.leftover
	p.Lookalikes, p.LookalikesAllowed = d.lookalike, d.lookalikesAllowed
	if note := d.ix.mergeable.note(); note != "" {
		p.Notes = append(p.Notes, note)
	}
	p.Notes = append(p.Notes, d.notes...)
	p.tally()
	p.Unprotecting = d.unused.list()
	p.Missing, p.Returned = d.dates(p.HoldRemovals != ""), d.returned
	p.EnabledAgain, p.NeverShown = d.again, d.unshown
	p.sort()
	return p, nil
}

// changes are all changes, not yet in order.
func (d *Diff) changes() ([]Change, error) {
	changes, err := d.creates(len(d.asked) + len(d.removals))
	for _, c := range d.asked {
		changes = append(changes, c.change)
	}
	return append(changes, d.removals...), err
}

// settleTwins rejects the rows that have more than one live account, and leaves
// all their accounts alone, also the one that came first.
func (d *Diff) settleTwins() {
	if len(d.twins) == 0 {
		return
	}
	first := map[entry]string{}
	d.asked = slices.DeleteFunc(d.asked, func(c rowChange) bool {
		if d.twins[c.row] == nil {
			return false
		}
		if _, again := first[c.row]; !again {
			first[c.row] = c.change.AccountID
			d.leftover++
		}
		return true
	})
	for i, ids := range d.twins {
		d.stateOnly.clear(i)
		if d.kept.has(i) {
			d.kept.clear(i)
			d.leftover++
		}
		d.rejects[i] = twinReason(first[i], ids)
	}
}

// twinReason names the accounts that have one key. The first is not known by
// its id when it was as its row wants it.
func twinReason(first string, others []string) string {
	if first == "" {
		return fmt.Sprintf("several live accounts have this key: %s and one listed before; none of them is touched", strings.Join(others, ", "))
	}
	return fmt.Sprintf("several live accounts have this key: %s, %s; none of them is touched", first, strings.Join(others, ", "))
}

// rejectedRows lists the rows that were rejected because of the live accounts.
// Records that had been joined are listed one by one; joined counts those that
// are still part of another row.
func (d *Diff) rejectedRows() (rows []account.Rejected, joined int, err error) {
	joined = d.ix.joined.count()
	for i, reason := range d.rejects {
		group := d.ix.group(i)
		joined -= len(group) - 1
		for _, j := range group {
			row, err := d.ix.record(j)
			if err != nil {
				return nil, 0, err
			}
			rows = append(rows, account.Rejected{Line: row.Line, Key: strings.Clone(row.Key), Reason: reason, Offset: row.Offset})
		}
	}
	return rows, joined, nil
}
