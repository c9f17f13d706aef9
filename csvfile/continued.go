package csvfile

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"accountsync/account"
)

// Records that are the rest of the row above them: further values without the
// key, as reports are printed, and what follows a line end in a cell that is not
// quoted. Taken alone the row above is a whole one, with some of its values.

// lastRow is the row that was read last, which the next record may continue.
type lastRow struct {
	*Table
	line    int // 0: there is none
	offset  int64
	cells   []string // once they were needed
	keyless int      // records that continued a row
}

func (l *lastRow) set(row *account.Row) { l.line, l.offset, l.cells = row.Line, row.Offset, nil }

// rejected notes of a record that is no row whether it continues the last one.
// After one with a key of its own there is none to continue.
func (l *lastRow) rejected(bad *account.Rejected, record []string) *account.Rejected {
	switch {
	case l.line == 0 || l.other != nil && l.other.sheet == "" || l.notARow(record) != "": // a JSON object is whole
		return bad
	case len(record) < len(l.header):
		return l.tail(bad, record)
	case len(record) > len(l.header):
		return bad
	case account.TrimBlank(record[l.key.at]) != "":
		l.line = 0
		return bad
	}
	above := l.read()
	if !l.continues(record, above) {
		return bad
	}
	l.keyless++
	bad.Continues = fmt.Sprintf("line %d, which has no key, seems to continue the row: write the key there too (and use --merge-rows), or the account would lose what stands there", bad.Line)
	bad.Reason += fmt.Sprintf("; it seems to continue line %d: write the key here too, and use --merge-rows to join them", l.line)
	return bad
}

// tail notes of a record with too few cells whether it is what followed a line
// end in the last cell of the last row.
func (l *lastRow) tail(bad *account.Rejected, record []string) *account.Rejected {
	if l.line == 0 || len(record) >= len(l.header) || len(l.header) < 2 {
		return bad
	}
	above := l.read()
	if at := l.key.at; at < len(record) && at < len(above) {
		key, other := pattern(record[at]), pattern(above[at])
		if key == other && (len(record) > 1 || strings.ContainsRune(key, '0')) {
			l.line = 0 // a row of its own that lacks cells
			return bad
		}
	}
	bad.Continues = fmt.Sprintf("line %d looks like the rest of its last cell: put a cell with line ends into quotes", bad.Line)
	bad.Reason += fmt.Sprintf("; it looks like the rest of line %d: put a cell with line ends into quotes", l.line)
	return bad
}

// read reads the last row again.
func (l *lastRow) read() []string {
	if l.cells == nil {
		record, err := l.csvReader(io.NewSectionReader(l.in, l.offset, min(l.size-l.offset, maxRecord))).Read()
		if err == nil {
			l.cells = slices.Clone(l.fitted(record))
			l.tidy(l.cells)
		}
	}
	return l.cells
}

// continues reports whether a record without a key is no row that lacks it:
// it leaves cells out that are filled in above, or repeats those of attributes
// with one value.
func (t *Table) continues(record, above []string) bool {
	if len(above) != len(record) {
		return true
	}
	differs := false
	for i, at := range t.at {
		cell, other := account.TrimBlank(record[at]), account.TrimBlank(above[at])
		if cell == "" && other != "" {
			return true
		}
		differs = differs || !t.columns[i].Multi && cell != other
	}
	return !differs
}

// swallowed says why a row is none whose quoted cell holds the rows below it,
// because a quote was not closed; "" of all others. Text of several lines is
// told by its lines: none has as many delimiters as a row and begins as one.
func (t *Table) swallowed(row *account.Row, record []string) string {
	if len(t.header) < 3 {
		return ""
	}
	line := row.Line
	for _, cell := range record {
		for i, text := range strings.Split(cell, "\n") {
			if i == 0 {
				continue
			}
			line++
			cells := strings.Split(text, string(t.comma))
			if len(cells) == len(t.header) && pattern(strings.Trim(cells[t.key.at], `"`)) == pattern(record[t.key.at]) {
				return fmt.Sprintf("a quoted cell goes on to line %d, which looks like a row: a quote is not closed, or not doubled", t.other.rowOf(line))
			}
		}
	}
	return ""
}

// rawCells is the line at offset, cut at the delimiters whatever its quotes.
func (f *File) rawCells(offset int64) []string {
	head := make([]byte, 4<<10)
	n, _ := f.in.ReadAt(head, offset)
	line, _, _ := strings.Cut(strings.TrimLeft(string(head[:n]), "\r\n"), "\n")
	cells := strings.Split(line, string(f.comma))
	for i, c := range cells {
		cells[i] = strings.Trim(c, "\"\r")
	}
	return cells
}

// pattern is what kinds of characters a key consists of: a for letters, 0 for digits.
func pattern(key string) string {
	var p strings.Builder
	last := rune(-1)
	for _, r := range key {
		switch {
		case unicode.IsLetter(r):
			r = 'a'
		case unicode.IsDigit(r):
			r = '0'
		}
		if r != last || r != 'a' && r != '0' {
			p.WriteRune(r)
		}
		last = r
	}
	return p.String()
}
