package diff

import (
	"fmt"
	"strings"

	"accountsync/account"
)

// withdrawDuplicates rejects the rows that have more than one live account, and leaves
// all their accounts alone, also the one that came first.
func (d *Diff) withdrawDuplicates() error {
	var keys []string
	for i, ids := range d.duplicates {
		d.rejects[i] = fmt.Sprintf("several live accounts have this key: %s and one listed before; none of them is touched", strings.Join(ids, ", "))
		switch {
		case d.kept.has(i):
			d.kept.clear(i)
			d.leftover++
		case d.changed.has(i):
			row, err := d.ix.record(i)
			if err != nil {
				return err
			}
			keys = append(keys, strings.Clone(row.Key))
			d.marks.withdraw(i)
			d.stateOnly.clear(i)
			d.leftover++
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return d.sink.Withdraw(keys)
}

// sendRejected hands the rows that were rejected to the sink, but for those that it has.
func (d *Diff) sendRejected() error {
	for _, r := range d.ix.refused {
		d.rejected++
		if err := d.sink.Rejected(r); err != nil {
			return err
		}
	}
	for i, reason := range d.rejects {
		if err := d.sendReject(i, reason); err != nil {
			return err
		}
	}
	return nil
}

// sendReject hands a row to the sink as rejected; records that had been joined
// one by one.
func (d *Diff) sendReject(i entry, reason string) error {
	group := d.ix.group(i)
	d.apart += len(group) - 1
	for _, j := range group {
		row, err := d.ix.record(j)
		if err != nil {
			return err
		}
		d.rejected++
		if err := d.sink.Rejected(account.Rejected{Line: row.Line, Key: strings.Clone(row.Key), Reason: reason, Offset: row.Offset}); err != nil {
			return err
		}
	}
	return nil
}
