package diff

import (
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
		for row, err := range again.rows() {
			if err == nil && !p.kept.has(row.i) {
				continue
			}
			var kept account.Row
			if err == nil {
				kept, err = again.whole(row)
			}
			if !yield(kept, err) || err != nil {
				return
			}
		}
	}
}

// reading is the whole file read once more, in order: where most rows are
// wanted again that costs a tenth of finding each at its place.
type reading struct {
	*Index
	hash hasher
}

// indexed is a row as it was read again, and its place in the index.
type indexed struct {
	*account.Row
	i entry
}

// rows yields the rows that were added to the index.
func (r *reading) rows() iter.Seq2[indexed, error] {
	return func(yield func(indexed, error) bool) {
		i := entry(0)
		for record, err := range r.table.Records() {
			if err != nil {
				yield(indexed{}, err)
				return
			}
			if record.Row == nil || int(i) == r.n || r.offset(i) != record.Row.Offset {
				continue // not one of them
			}
			if !yield(indexed{record.Row, i}, nil) {
				return
			}
			i++
		}
		if int(i) < r.n {
			yield(indexed{}, r.changed(account.Row{Line: r.line(i)}))
		}
	}
}

// whole is the row, joined with the others of its key if it was, as long as it
// is what was indexed.
func (r *reading) whole(row indexed) (account.Row, error) {
	if r.next != nil && r.next[row.i] != 0 {
		return r.row(row.i)
	}
	if r.hash.row(row.Row) != r.rowHash(row.i) || !r.sameFlags(row.i, row.Row) {
		return *row.Row, r.changed(*row.Row)
	}
	return *row.Row, nil
}
