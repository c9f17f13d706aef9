package csvfile

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"accountsync/internal/text"
)

// normalised is a table of another form, such as a workbook, as the CSV in a
// temporary file that it was converted to: one record a row, on the line of its
// row as far as no cell holds line ends. It knows what a CSV cannot say.
type normalised struct {
	sheet  string      // of a workbook
	moved  []moved     // where line and row drift apart, in their order
	faults []cellFault // in the order of rows
	lines  map[int]string
	notes  []string
}

// moved says that what is on this line of the CSV, and on those after it, comes
// from this row and those after it.
type moved struct{ line, row int32 }

// cellFault is a cell that cannot be taken as it is written.
type cellFault struct {
	row  int32
	at   uint16 // in the record
	kind faultKind
}

type faultKind uint8

const (
	noFault       faultKind = iota
	faultError              // an error of a formula, such as #N/A, which is the cell's text
	faultFormula            // a formula that was never calculated
	faultMerged             // a part of merged cells, of which only the first one holds a value
	faultDigits             // a number with more digits than a spreadsheet keeps
	faultSeveral            // several values
	faultDateText           // a date that the calendar lacks
)

// mostBadLines is how many lines that are no rows are remembered; a file with
// more of them is another file.
const mostBadLines = 10_000

// rowOf is the row of the original that is on this line.
func (n *normalised) rowOf(line int) int {
	if n == nil {
		return line
	}
	i := sort.Search(len(n.moved), func(i int) bool { return int(n.moved[i].line) > line })
	if i == 0 {
		return line
	}
	m := n.moved[i-1]
	return line - int(m.line) + int(m.row)
}

// faultsOf are the faults of a row's cells.
func (n *normalised) faultsOf(row int) []cellFault {
	from := sort.Search(len(n.faults), func(i int) bool { return int(n.faults[i].row) >= row })
	to := from
	for to < len(n.faults) && int(n.faults[to].row) == row {
		to++
	}
	return n.faults[from:to]
}

// fault says what is wrong with a row's cells, as far as they are of columns
// that are used; of the key's alone when key is set.
func (t *Table) fault(row int, record []string, key bool) string {
	var wrong []string
	for _, f := range t.other.faultsOf(row) {
		at := int(f.at)
		if at >= len(record) || !t.used[at] || (at == t.key.at) != key {
			continue
		}
		if why := t.faultReason(f, record[at]); why != "" {
			wrong = append(wrong, t.cellText(at, row)+" "+why)
		}
	}
	return strings.Join(wrong, "; ")
}

// faultReason is "" where the options, or the column, make the cell right.
func (t *Table) faultReason(f cellFault, cell string) string {
	switch f.kind {
	case faultError:
		if cell == "" { // by --null
			return ""
		}
		return fmt.Sprintf("is the error %s: correct the formula, or use --null %s to take it for empty", cell, text.ShellWord(cell))
	case faultFormula:
		return "is a formula without a value: open and save the workbook in a spreadsheet program"
	case faultMerged:
		return "is merged with another one, which holds the value: unmerge the cells and fill in each"
	case faultDigits:
		return "is a number of more than 15 digits, of which a spreadsheet keeps 15: format the column as text and enter it again"
	case faultDateText:
		return "is formatted as a date, and is not a date"
	case faultSeveral:
		at := slices.Index(t.at, int(f.at))
		if at >= 0 && t.columns[at].Multi {
			return ""
		}
		if at < 0 {
			return "holds several values, and this column takes one: give one value"
		}
		return fmt.Sprintf("holds several values, and the attribute takes one: use --multi %s, or give one value", text.ShellWord(t.columns[at].Attribute))
	}
	return ""
}

// cellText names a cell: as a spreadsheet does, or by its column.
func (t *Table) cellText(at, row int) string {
	if t.other.sheet == "" {
		return fmt.Sprintf("%q", t.header[at])
	}
	return fmt.Sprintf("cell %s!%s (column %q)", text.Visible(t.other.sheet), cellName(at, row), t.header[at])
}

// cellName is a cell as a spreadsheet names it: C7.
func cellName(column, row int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return fmt.Sprintf("%s%d", name, row)
}

// normaliser writes a normalised table.
type normaliser struct {
	*normalised
	out  *bufio.Writer
	csv  *csv.Writer
	line int // of the next record
}

func newNormaliser(w io.Writer, n *normalised) *normaliser {
	out := bufio.NewWriterSize(w, 64<<10)
	return &normaliser{normalised: n, out: out, csv: csv.NewWriter(out), line: 1}
}

// row writes the record of a row. The rows come in ascending order; those left
// out are blank lines, which are passed over.
func (n *normaliser) row(row int, cells []string) error {
	if n.line < row {
		n.csv.Flush()
		for ; n.line < row; n.line++ {
			if err := n.out.WriteByte('\n'); err != nil {
				return err
			}
		}
	}
	if n.rowOf(n.line) != row {
		n.moved = append(n.moved, moved{int32(n.line), int32(row)})
	}
	for _, cell := range cells {
		n.line += strings.Count(cell, "\n")
	}
	n.line++
	return n.csv.Write(cells)
}

// reject writes a record for a line that is no row, and remembers why.
func (n *normaliser) reject(row, width int, reason string) error {
	if n.lines == nil {
		n.lines = map[int]string{}
	}
	if len(n.lines) == mostBadLines {
		return errTooManyBadLines
	}
	n.lines[row] = reason
	cells := make([]string, max(width, 1))
	cells[0] = "-"
	return n.row(row, cells)
}

func (n *normaliser) flush() error {
	n.csv.Flush()
	if err := n.csv.Error(); err != nil {
		return err
	}
	slices.SortFunc(n.faults, func(a, b cellFault) int {
		if a.row != b.row {
			return int(a.row) - int(b.row)
		}
		return int(a.at) - int(b.at)
	})
	return n.out.Flush()
}
