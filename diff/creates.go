package diff

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
)

// creates makes a change of every row that has no account, in file order, and
// of what is to follow them; it rejects the rows that cannot be created. It
// reads these rows twice: which of them can be created is only known once all
// have been seen, and none of them is kept.
func (d *Diff) creates() error {
	n := d.accountless()
	if n == 0 {
		return nil
	}
	d.alike.creates = make([]foldedRow, 0, n)
	var wants []want
	err := d.withoutAccount(n, func(i entry, row account.Row) error {
		if row.Invalid != "" {
			if row.Doubt == "" {
				d.conventions.invalid(d.ix.hash.columns, row)
			}
			return nil
		}
		if reason := d.noAccount(row); reason != "" {
			d.rejects[i] = reason
			return nil
		}
		d.alike.create(i, row.Key)
		d.conventions.create(i, d.ix.hash.columns, row)
		if d.keyed {
			wants = append(wants, want{i, d.identityHash(row)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.refuseLookalikes(); err != nil {
		return err
	}
	d.refuseOverwrites(slices.DeleteFunc(wants, func(w want) bool { return d.refused(w.row) }))
	d.natives = nil
	return d.withoutAccount(n, func(i entry, row account.Row) error {
		switch {
		case row.Invalid != "":
			return d.sendReject(i, strings.Clone(row.Invalid))
		case d.refused(i):
			return nil
		}
		return d.create(i, row)
	})
}

// noAccount says of a row that would create an account why it is none; "" of most.
// Words in the column of the key and nothing but numbers beside them are what
// stands between rows, or below them, where no account of the source has a key
// of several words.
func (d *Diff) noAccount(row account.Row) string {
	for c, col := range d.ix.hash.columns {
		if reason := standsForList(col, row.Cells[c]); reason != "" {
			return reason
		}
	}
	if d.live == 0 || d.wordKeys || !ofWords(row.Key) {
		return ""
	}
	if slices.ContainsFunc(row.Cells, func(cell string) bool { return strings.Trim(cell, " 0123456789.,%") != "" }) || row.States != (account.States{}) {
		return ""
	}
	return fmt.Sprintf("%q is no key as this source has them, and nothing stands beside it: a line between or below the rows, not an account: delete it", row.Key)
}

// ofWords reports whether a key is several words; a distinguished name is none.
func ofWords(key string) bool {
	return strings.IndexByte(key, ' ') >= 0 && strings.IndexByte(key, '=') < 0
}

func (d *Diff) refused(i entry) bool {
	_, refused := d.rejects[i]
	return refused
}

// accountless is the number of rows that can be trusted and have no account.
func (d *Diff) accountless() int {
	return d.ix.n - d.seen.count() - d.ix.rejected.count() - d.ix.joined.count()
}

// withoutAccount calls each with the n rows that can be trusted and have no
// account, in file order: where they are many by reading the whole file once more.
// What a row holds is used again for the next one.
func (d *Diff) withoutAccount(n int, each func(entry, account.Row) error) error {
	wanted := func(i entry) bool { return !d.seen.has(i) && !d.ix.rejected.has(i) && !d.ix.joined.has(i) }
	if n > d.ix.n/10 {
		again := reading{Index: d.ix, hash: d.ix.hash.fork()}
		for row, err := range again.rows() {
			if err != nil {
				return err
			}
			if !wanted(row.i) {
				continue
			}
			whole, err := again.whole(row)
			if err != nil {
				return err
			}
			if err := each(row.i, whole); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range entry(d.ix.n) {
		if !wanted(i) {
			continue
		}
		row, err := d.ix.row(i)
		if err != nil {
			return err
		}
		if err := each(i, row); err != nil {
			return err
		}
	}
	return nil
}

// create plans the create of a row, and what the account still needs afterwards
// to be as its row wants it, held against what a new account is for all that is
// known: enabled, and nobody's.
func (d *Diff) create(i entry, row account.Row) error {
	attrs := d.ix.table.CreateAttributes(row)
	c := Change{Op: Create, Key: strings.Clone(row.Key), Native: strings.Clone(d.ix.identityOf(attrs)),
		Line: row.Line, Offset: row.Offset, Joined: d.ix.joinedOffsets(i)}
	c.Impossible, c.Reason = d.policy.create()
	c.Fields = createFields(attrs)
	c.Excluded = d.chosen.Excludes(&c)
	if err := d.ask(i, c); err != nil || c.Impossible != "" {
		return err
	}
	var fresh account.Account
	for _, step := range d.policy.steps(nil, &row.States, &fresh) {
		next := step.change(c, &fresh)
		next.AfterCreate = true
		if err := d.ask(i, next); err != nil {
			return err
		}
	}
	return nil
}

// createFields are the fields of a create with these attributes.
func createFields(attrs []account.Attribute) []Field {
	fields := make([]Field, len(attrs))
	for i, a := range attrs {
		fields[i] = Field{Attribute: a.Name, After: a.Value}
	}
	return fields
}
