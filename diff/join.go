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
	j := joining{columns: ix.hash.columns}
	for _, i := range group {
		row, err := ix.record(i)
		if err != nil {
			return row, "", err
		}
		if conflict := j.add(row); conflict != "" {
			return j.row, conflict, nil
		}
	}
	return j.whole(), "", nil
}

// joining is a row in the making: the values of multi-valued columns are only
// written as a cell once all of them are there.
type joining struct {
	columns []account.Column
	row     account.Row // the first one
	rows    int
	values  []valueSet // by column
	differ  []string   // headers of multi-valued columns in which rows differ
}

// valueSet are distinct texts in the order in which they came.
type valueSet struct {
	texts []string
	known map[string]bool
}

func (s *valueSet) add(text string) {
	if s.known == nil {
		s.known = map[string]bool{}
	}
	if !s.known[text] {
		s.known[text] = true
		s.texts = append(s.texts, text)
	}
}

// add adds one row to those joined so far.
func (j *joining) add(row account.Row) (conflict string) {
	if j.rows++; j.rows == 1 {
		j.row, j.values = row, make([]valueSet, len(j.columns))
		j.row.Cells = slices.Clone(row.Cells)
	} else if conflict := j.conflict(row); conflict != "" {
		return conflict
	}
	var texts []string
	for c, col := range j.columns {
		if !col.Multi {
			continue
		}
		texts = col.AppendTexts(texts[:0], row.Cells[c])
		for _, text := range texts {
			j.values[c].add(text)
		}
	}
	if j.row.Invalid == "" {
		j.row.Invalid, j.row.Doubt = row.Invalid, row.Doubt
	}
	return ""
}

// conflict says why a row cannot be joined with the first one.
func (j *joining) conflict(row account.Row) string {
	if row.Key != j.row.Key {
		return "rows can only be joined when their keys are spelled alike"
	}
	for c, col := range j.columns {
		switch first, other := j.row.Cells[c], row.Cells[c]; {
		case !col.Multi && !sameCell(col, first, other):
			return fmt.Sprintf("they cannot be joined: lines %d and %d differ in %s, which holds one value only",
				j.row.Line, row.Line, col.Header)
		case col.Multi && first != other && !slices.Contains(j.differ, col.Header):
			j.differ = append(j.differ, col.Header)
		}
	}
	if state := differentState(j.row.States, row.States); state != "" {
		return fmt.Sprintf("they cannot be joined: lines %d and %d differ in %s", j.row.Line, row.Line, state)
	}
	return ""
}

// whole is the row that all of them come to.
func (j *joining) whole() account.Row {
	for c, col := range j.columns {
		if col.Multi && j.rows > 1 {
			j.row.Cells[c] = col.Cell(account.ListValue(j.values[c].texts))
		}
	}
	return j.row
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
