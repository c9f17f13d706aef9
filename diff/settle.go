package diff

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
)

// settle decides about every key that is there more than once: the rows are
// joined into one where that was asked for and can be done, else none of them
// can be trusted.
func (ix *Index) settle() error {
	var later bitset
	for i := range entry(len(ix.next)) {
		if ix.next[i] == 0 || later.has(i) {
			continue
		}
		group := ix.group(i)
		for _, j := range group[1:] {
			later.set(j)
		}
		if err := ix.settleGroup(group); err != nil {
			return err
		}
	}
	return ix.rejectContinued()
}

// rejectContinued rejects the rows that another one continues, where that was
// not done with all rows of their key.
func (ix *Index) rejectContinued() error {
	for i, why := range ix.continued {
		if ix.rejected.has(i) {
			continue
		}
		row, err := ix.record(i)
		if err != nil {
			return err
		}
		ix.rejected.set(i)
		ix.refused = append(ix.refused, account.Rejected{Line: row.Line, Key: strings.Clone(row.Key), Offset: row.Offset, Reason: why})
	}
	return nil
}

// settleGroup settles the rows of one key.
func (ix *Index) settleGroup(group []entry) error {
	for _, i := range group {
		if why := ix.continued[i]; why != "" {
			return ix.rejectGroup(group, fmt.Sprintf("of line %d: %s", ix.line(i), why))
		}
	}
	head := group[0]
	if !ix.table.MergeRows() {
		return ix.rejectUnmerged(group)
	}
	row, conflict, err := ix.join(group)
	if err != nil {
		return err
	}
	if conflict != "" {
		return ix.rejectGroup(group, conflict)
	}
	ix.chunks[head/chunkRows].hash[head%chunkRows].row = ix.hash.row(&row)
	for _, i := range group[1:] {
		ix.joined.set(i)
	}
	return nil
}

// rejectUnmerged rejects the rows of one key where none was to be joined, and
// says so where that would have helped.
func (ix *Index) rejectUnmerged(group []entry) error {
	j := joining{columns: ix.hash.columns}
	for _, i := range group {
		row, err := ix.record(i)
		if err != nil {
			return err
		}
		if j.add(row) != "" || row.Doubt != "" {
			return ix.rejectGroup(group, "")
		}
	}
	if len(j.differ) == 0 {
		return ix.rejectGroup(group, "")
	}
	ix.mergeable.keys++
	ix.mergeable.rows += len(group)
	for _, header := range j.differ {
		if !slices.Contains(ix.mergeable.columns, header) {
			ix.mergeable.columns = append(ix.mergeable.columns, header)
		}
	}
	return ix.rejectGroup(group, fmt.Sprintf("they differ only in %s, which holds several values: --merge-rows joins them", strings.Join(j.differ, " and ")))
}

// mergeable counts the rows that --merge-rows would have joined.
type mergeable struct {
	keys, rows int
	columns    []string
}

// note is the one message about them; "" where there is none.
func (m *mergeable) note() string {
	switch {
	case m.rows == 0:
		return ""
	case m.keys == 1:
		return fmt.Sprintf("%d rows of 1 key differ only in columns that hold several values (%s): use --merge-rows to join them.", m.rows, strings.Join(m.columns, ", "))
	}
	return fmt.Sprintf("%d rows of %d keys differ only in columns that hold several values (%s): use --merge-rows to join them.",
		m.rows, m.keys, strings.Join(m.columns, ", "))
}
