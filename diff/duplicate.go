package diff

import (
	"fmt"
	"strconv"
	"strings"

	"accountsync/account"
)

// rejectGroup rejects the rows of one key, each naming the others; why may say more.
func (ix *Index) rejectGroup(group []entry, why string) error {
	rows := make([]account.Rejected, 0, len(group))
	for _, i := range group {
		row, err := ix.record(i)
		if err != nil {
			return err
		}
		rows = append(rows, account.Rejected{Line: row.Line, Key: strings.Clone(row.Key), Offset: row.Offset, Reason: strings.Clone(row.Doubt)})
	}
	other := otherSpelling(rows)
	for k, i := range group {
		r := rows[k]
		ix.rejected.set(i)
		if r.Reason != "" { // which says that it is none of an account
			ix.refused = append(ix.refused, r)
			continue
		}
		r.Reason = "duplicate key: also on " + otherLines(rows, k)
		if other >= 0 {
			r.Reason += spelling(rows, k, other)
		}
		if why != "" {
			r.Reason += "; " + why
		}
		ix.refused = append(ix.refused, r)
	}
	return nil
}

// otherSpelling finds a row whose key is not spelled as the first row's, -1
// when there is none.
func otherSpelling(rows []account.Rejected) int {
	for k := range rows {
		if rows[k].Key != rows[0].Key {
			return k
		}
	}
	return -1
}

// spelling says of row k which row spells the key in another way.
func spelling(rows []account.Rejected, k, other int) string {
	if rows[k].Key != rows[0].Key {
		other = 0
	}
	return fmt.Sprintf(", with %q on line %d: the API takes keys that differ only in letter case for one",
		rows[other].Key, rows[other].Line)
}

// shownLines is how many lines a reason names before it only counts.
const shownLines = 5

// otherLines names the lines of all rows but k: "line 4", "lines 4 and 9".
func otherLines(rows []account.Rejected, k int) string {
	var lines []string
	for j := 0; j < len(rows) && len(lines) < shownLines; j++ {
		if j != k {
			lines = append(lines, strconv.Itoa(rows[j].Line))
		}
	}
	if len(rows) == 2 {
		return "line " + lines[0]
	}
	last := lines[len(lines)-1]
	if more := len(rows) - 1 - len(lines); more > 0 {
		return fmt.Sprintf("lines %s and %d more", strings.Join(lines, ", "), more)
	}
	return fmt.Sprintf("lines %s and %s", strings.Join(lines[:len(lines)-1], ", "), last)
}
