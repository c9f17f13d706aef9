package csvfile

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"accountsync/account"
)

// Records streams the file once. For every record it yields either a row, which
// is used again for the next one, or the reason why it is none. Records of other
// sources among Options.Sources and those of empty cells only are passed over.
// An error (a *FileError) is the last thing it yields, and means that the file
// cannot be used: act on no row of it before the end has come without one.
func (t *Table) Records() iter.Seq2[account.Record, error] {
	return func(yield func(account.Record, error) bool) {
		err := t.read(func(row *account.Row, bad *account.Rejected) error {
			if !yield(account.Record{Row: row, Rejected: bad}, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && err != errEnough {
			yield(account.Record{}, err)
		}
	}
}

// errEnough ends a reading of which no more is wanted.
var errEnough = errors.New("enough")

func (t *Table) read(each func(*account.Row, *account.Rejected) error) error {
	row := account.Row{Cells: make([]string, len(t.columns))}
	blank, fitted := 0, 0
	last := lastRow{Table: t}
	err := t.scan(&t.lines, func(r *record) error {
		if r.unparsed != "" {
			return each(nil, last.rejected(&account.Rejected{Line: r.line, Reason: r.unparsed, Offset: -1}, t.rawCells(r.offset)))
		}
		if t.other != nil && len(t.other.lines) > 0 {
			if reason := t.other.lines[r.line]; reason != "" {
				return each(nil, &account.Rejected{Line: r.line, Reason: reason, Offset: -1})
			}
		}
		cells := len(r.cells)
		if cells != len(t.header) {
			r.cells = t.fitted(r.cells)
		}
		if t.elsewhere(r.cells) {
			last.line = 0
			return nil
		}
		row.Line, row.Offset = r.line, r.offset
		reason := t.fill(&row, r.cells, r.suspicious)
		if r.lineEnds && reason == "" && len(row.Key) > 0 {
			reason = t.swallowed(&row, r.cells)
		}
		switch {
		case reason == "":
			last.set(&row)
			if cells != len(t.header) && t.other == nil {
				fitted++
			}
			if len(t.nameless) > 0 {
				if err := t.checkNameless(r); err != nil {
					return err
				}
			}
			return each(&row, nil)
		case isBlankRecord(r.cells):
			blank++
			return nil
		}
		return each(nil, last.rejected(&account.Rejected{Line: row.Line, Key: row.Key, Reason: reason, Offset: row.Offset}, r.cells))
	})
	if err == nil {
		t.counting.Do(func() { t.blankRows, t.fittedRows, t.keyless = blank, fitted, last.keyless })
	}
	return err
}

// checkNameless refuses a file that holds something in a column without a name.
func (t *Table) checkNameless(r *record) error {
	for _, at := range t.nameless {
		if account.TrimBlank(r.cells[at]) != "" {
			return t.bad(t.headerLine, fmt.Sprintf("header cell %d is empty, and line %d holds a value in that column", at+1, r.line),
				"name the column, or empty its cells")
		}
	}
	return nil
}

// fitted is a record with as many cells as the header, where it differs from
// that only in empty cells that belong to no column.
func (f *File) fitted(record []string) []string {
	switch n := len(f.header); {
	case f.other != nil && len(record) < n: // a sheet does not write the empty cells at the end of a row
		return append(record, make([]string, n-len(record))...)
	case len(record) > n && isBlankRecord(record[n:]):
		return record[:n]
	case len(record) < n && !slices.ContainsFunc(f.header[len(record):], func(h string) bool { return !isNameless(h) }):
		return append(record, make([]string, n-len(record))...)
	}
	return record
}
