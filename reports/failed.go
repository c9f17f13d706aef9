package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"accountsync/account"
	"accountsync/sync"
)

// ownPrefix marks the columns of failed.csv that are ours; reading it as an
// input drops them.
const ownPrefix = "accountsync."

// ownColumns follow the columns of the input in failed.csv.
var ownColumns = []string{ownPrefix + "line", ownPrefix + "op", ownPrefix + "state", ownPrefix + "reason"}

// Notes in the cell past the last column. It makes a row ragged, so that the
// row is rejected again until somebody has looked at it: else the empty cells
// of a short row would clear values, and replaced or made-up characters would be written.
const (
	tooShort = "this row had too few cells: complete it, then delete this cell"
	acting   = "this row holds control characters, written here as \\x1b or \\u202e: correct them, then delete this cell"
	damaged  = "this row holds characters that could not be read: correct them, then delete this cell"
)

// repair is one input row that is not as it should be: why, and where to read it.
type repair struct {
	table  *account.Table
	offset int64
	line   int
	key    string
	op     string
	state  string
	reason string
}

// toRepair lists the rows of failed.csv by source and line, each once: those
// with an operation that is not verified, and the rejected ones. Where nothing
// was sent, for a plan or a guard that said no, only rejected rows need repair.
func toRepair(r *sync.Result) ([]repair, error) {
	var all []repair
	for _, s := range r.Sources {
		if s.Table == nil {
			continue
		}
		rows := rejected(s)
		if s.Sent() {
			rows = append(rows, unverified(s)...)
		}
		rows, err := withJoined(s.Table, rows)
		if err != nil {
			return nil, err
		}
		all = append(all, each(rows)...)
	}
	return all, nil
}

func unverified(s *sync.Source) []repair {
	var rows []repair
	for _, op := range s.Operations {
		if op.State == sync.Verified || op.Line == 0 || op.Offset < 0 {
			continue
		}
		rows = append(rows, repair{s.Table, op.Offset, op.Line, op.Key, string(op.Op), string(op.State), whyTracked(op)})
	}
	return rows
}

func rejected(s *sync.Source) []repair {
	var rows []repair
	for _, row := range s.Rejected {
		if row.Offset >= 0 {
			rows = append(rows, repair{s.Table, row.Offset, row.Line, row.Key, "", string(sync.Rejected), row.Reason})
		}
	}
	return rows
}

// withJoined adds the other records of rows that were joined from several: one
// of them alone would ask for less than the row did.
func withJoined(t *account.Table, rows []repair) ([]repair, error) {
	if !t.MergeRows() || len(rows) == 0 {
		return rows, nil
	}
	byKey, known := map[string]repair{}, map[int64]bool{}
	for _, row := range rows {
		byKey[row.key], known[row.offset] = row, true
	}
	err := t.Read(func(row *account.Row, _ *account.Rejected) error {
		if row == nil || known[row.Offset] {
			return nil
		}
		if first, wanted := byKey[row.Key]; wanted {
			first.offset, first.line = row.Offset, row.Line
			rows = append(rows, first)
		}
		return nil
	})
	return rows, err
}

// why says what happened to the operation, else why it was planned or withheld.
func why(op *sync.Operation) string { return cmp.Or(op.Error, op.Reason) }

// whyTracked adds what SailPoint's support asks for.
func whyTracked(op *sync.Operation) string {
	if op.TrackingID == "" {
		return why(op)
	}
	return why(op) + ", trackingId " + op.TrackingID
}

// each sorts the rows by line and makes one of those that are the same record:
// written twice it would be rejected as a duplicate.
func each(rows []repair) []repair {
	slices.SortStableFunc(rows, func(a, b repair) int { return cmp.Compare(a.offset, b.offset) })
	var one []repair
	for _, row := range rows {
		if n := len(one); n > 0 && one[n-1].offset == row.offset {
			one[n-1].join(row)
			continue
		}
		one = append(one, row)
	}
	return one
}

func (r *repair) join(other repair) {
	r.op += "; " + other.op
	r.state += "; " + other.state
	r.reason = strings.Trim(r.reason+"; "+other.reason, "; ")
}

// writeFailedCSV writes the rows as a valid input of the next run.
func writeFailedCSV(out io.Writer, rows []repair) error {
	w := gocsv.DefaultCSVWriter(out)
	header := rows[0].table.Header()
	shape := newShape(header)
	if err := w.Write(quoteAll(slices.Concat(shape.inputCells(header), ownColumns))); err != nil {
		return err
	}
	for _, row := range rows {
		if !slices.Equal(row.table.Header(), header) {
			return fmt.Errorf("the inputs %s and %s have different columns and do not fit into one %s", rows[0].table.Path(), row.table.Path(), FailedCSV)
		}
		record, err := row.table.RecordAt(row.offset)
		if err != nil {
			return fmt.Errorf("read line %d of %s again: %w", row.line, row.table.Path(), err)
		}
		if err := w.Write(quoteAll(shape.fill(record, row))); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// shape knows which columns of the input are its own: an input that is itself a
// failed.csv gets new ones of ours, not more.
type shape struct {
	ours  []bool // per column of the input
	short int    // columns of the input without ours
}

func newShape(header []string) shape {
	s := shape{ours: make([]bool, len(header))}
	for i, name := range header {
		s.ours[i] = slices.Contains(ownColumns, name)
		if !s.ours[i] {
			s.short++
		}
	}
	return s
}

// inputCells are the cells of the record that stand in columns of the input.
func (s shape) inputCells(record []string) []string {
	cells := make([]string, 0, len(record)+len(ownColumns)+1)
	for i, c := range record[:min(len(record), len(s.ours))] {
		if !s.ours[i] {
			cells = append(cells, c)
		}
	}
	return cells
}

// fill is the line of failed.csv for one record. A ragged one keeps its cells
// in place and stays ragged: what is too much follows our columns.
func (s shape) fill(record []string, row repair) []string {
	cells := s.inputCells(record)
	for len(cells) < s.short {
		cells = append(cells, "")
	}
	cells = append(cells, strconv.Itoa(row.line), row.op, row.state, row.reason)
	switch {
	case len(record) > len(s.ours):
		return append(cells, record[len(s.ours):]...)
	case len(record) < len(s.ours):
		return append(cells, tooShort)
	case row.state == string(sync.Rejected) && strings.ContainsRune(strings.Join(record, ""), utf8.RuneError):
		return append(cells, damaged)
	case slices.ContainsFunc(record, func(cell string) bool { return strings.ContainsFunc(cell, acts) }):
		return append(cells, acting)
	}
	return cells
}

// quoteAll keeps spreadsheets from running any of the cells, and terminals from
// obeying them.
func quoteAll(cells []string) []string {
	for i, c := range cells {
		cells[i] = account.QuoteFormula(harmless(c))
	}
	return cells
}
