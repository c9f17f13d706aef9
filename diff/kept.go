package diff

import (
	"errors"
	"iter"

	"accountsync/account"
)

// KeptRows reads the file once more and yields the kept rows in file order,
// records that were joined as one row. The cells of a row are used again for
// the next one. An error, which says that the file could not be read again, is
// the last thing it yields.
func (p *Plan) KeptRows() iter.Seq2[account.Row, error] {
	return func(yield func(account.Row, error) bool) {
		if p.Kept == 0 {
			return
		}
		again := reading{Index: p.ix, hash: p.ix.hash.fork()}
		err := again.rows(func(i entry, row *account.Row) error {
			if !p.kept.has(i) {
				return nil
			}
			kept, err := again.whole(i, row)
			if err == nil && !yield(kept, nil) {
				err = errEnough
			}
			return err
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(account.Row{}, err)
		}
	}
}

var errEnough = errors.New("enough")

// reading is the whole file read once more, in order: where most rows are
// wanted again that costs a tenth of finding each at its place.
type reading struct {
	*Index
	hash hasher
}

// rows calls each with the rows that were added to the index.
func (r *reading) rows(each func(entry, *account.Row) error) error {
	i := entry(0)
	err := r.table.Read(func(row *account.Row, bad *account.Rejected) error {
		if bad != nil || int(i) == r.n || r.offset(i) != row.Offset {
			return nil // not one of them
		}
		i++
		return each(i-1, row)
	})
	if err == nil && int(i) < r.n {
		return r.changed(account.Row{Line: r.line(i)})
	}
	return err
}

// whole is the row, joined with the others of its key if it was, as long as it
// is what was indexed.
func (r *reading) whole(i entry, row *account.Row) (account.Row, error) {
	if r.next != nil && r.next[i] != 0 {
		return r.row(i)
	}
	if r.hash.row(row) != r.rowHash(i) || !r.sameFlags(i, row) {
		return *row, r.changed(*row)
	}
	return *row, nil
}
