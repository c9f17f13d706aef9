package diff

import (
	"fmt"
	"slices"

	"accountsync/account"
)

// join reads the rows of one key and joins them into one: the values of
// multi-valued columns together, everything else equal. When something else
// differs it says what, and the row is worth nothing.
func (ix *Index) join(group []entry) (joined account.Row, conflict string, err error) {
	for k, i := range group {
		row, err := ix.record(i)
		if err != nil {
			return row, "", err
		}
		if k == 0 {
			joined = row
			joined.Cells = slices.Clone(row.Cells)
			continue
		}
		if conflict = ix.joinRow(&joined, row); conflict != "" {
			return joined, conflict, nil
		}
	}
	return joined, "", nil
}

// joinRow adds one row to those joined so far.
func (ix *Index) joinRow(joined *account.Row, row account.Row) (conflict string) {
	if row.Key != joined.Key {
		return "rows can only be joined when their keys are spelled alike"
	}
	for c, col := range ix.hash.columns {
		if col.Multi {
			joined.Cells[c] = joinCells(col, joined.Cells[c], row.Cells[c])
		} else if !sameCell(col, joined.Cells[c], row.Cells[c]) {
			return fmt.Sprintf("they cannot be joined: lines %d and %d differ in %s, which holds one value only",
				joined.Line, row.Line, col.Header)
		}
	}
	if state := differentState(joined.States, row.States); state != "" {
		return fmt.Sprintf("they cannot be joined: lines %d and %d differ in %s", joined.Line, row.Line, state)
	}
	if joined.Invalid == "" {
		joined.Invalid = row.Invalid
	}
	return ""
}

// differentState names the first state that rows want differently, "" when
// there is none.
func differentState(a, b account.States) string {
	switch {
	case a.Disabled != b.Disabled:
		return account.DisabledColumn
	case a.Locked != b.Locked:
		return account.LockedColumn
	case a.IdentityID != b.IdentityID:
		return account.IdentityIDColumn
	case a.ManuallyCorrelated != b.ManuallyCorrelated:
		return account.ManuallyCorrelatedColumn
	}
	return ""
}

// sameCell reports whether two cells of a column mean the same.
func sameCell(col account.Column, a, b string) bool {
	return slices.EqualFunc(col.AppendTexts(nil, a), col.AppendTexts(nil, b),
		func(a, b string) bool { return col.Normal(a) == col.Normal(b) })
}

// joinCells is the cell that holds the values of two.
func joinCells(col account.Column, a, b string) string {
	return col.Cell(account.ListValue(col.AppendTexts(col.AppendTexts(nil, a), b)))
}
