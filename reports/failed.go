package reports

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
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

// repair is one input row that is not as it should be: where to read it, and
// why. What repeats stands once, so that a million of them stay small.
type repair struct {
	offset int64
	line   int32
	op     uint16 // these three in repairs.texts
	state  uint16
	reason uint32
}

// repairs are the rows of failed.csv, each once, by their place in the input:
// those with an operation that is not verified, and the rejected ones. Where
// nothing was sent, for a plan or a guard that blocked the run, only rejected rows need
// repair.
type repairs struct {
	unverified []repair
	rejected   []repair
	input      sync.Input
	keys       map[string]repair // of rejected rows that may be joined from several records
	sent       bool
	planned    bool // nothing was to be sent
	most       int  // operations that are not verified: room for them is made at once
	texts      []string
	known      map[string]uint32
}

func newRepairs(o *outline) *repairs {
	r := &repairs{input: o.Input, keys: map[string]repair{}, known: map[string]uint32{}, planned: o.Outcome == sync.Planned, most: o.operations}
	for _, op := range diff.Ops {
		r.most -= o.Totals.Op(op).Verified
	}
	return r
}

// text is the number of a text.
func (r *repairs) text(s string) uint32 {
	n, known := r.known[s]
	if !known {
		n = uint32(len(r.texts))
		r.known[s], r.texts = n, append(r.texts, s)
	}
	return n
}

func (r *repairs) repair(offset int64, line int, op, state, reason string) repair {
	return repair{offset, int32(line), uint16(r.text(op)), uint16(r.text(state)), r.text(reason)}
}

// operation takes an operation.
func (r *repairs) operation(op *sync.Operation, _ *sync.Line) error {
	r.sent = r.sent || op.Sent || op.Attempts > 0
	if r.planned || op.State == sync.Verified || op.Line == 0 || op.Offset < 0 {
		return nil
	}
	if r.unverified == nil {
		r.unverified = make([]repair, 0, max(0, r.most))
	}
	row := r.repair(op.Offset, op.Line, string(op.Op), string(op.State), whyTracked(op))
	r.unverified = append(r.unverified, row)
	for _, offset := range op.Joined { // one of them alone would ask for less than the row did
		row.offset, row.line = offset, 0
		r.unverified = append(r.unverified, row)
	}
	return nil
}

// end takes the rejected rows, and puts all in order.
func (r *repairs) end(ctx context.Context, run *Run) error {
	r.text("") // no operation
	for row, err := range run.Rejected(ctx) {
		if err != nil {
			return err
		}
		if row.Offset < 0 {
			continue
		}
		one := r.repair(row.Offset, row.Line, "", string(sync.Rejected), row.Reason)
		r.rejected = append(r.rejected, one)
		if row.Key != "" {
			r.keys[row.Key] = one
		}
	}
	if !r.sent {
		r.unverified = nil
	}
	rows := append(r.unverified, r.rejected...)
	slices.SortStableFunc(rows, byOffset)
	if run.Table != nil && run.Table.MergeRows() && len(rows) > 0 {
		var err error
		if rows, err = r.joined(run.Table, rows); err != nil {
			return err
		}
	}
	r.unverified, r.rejected = rows, nil
	return nil
}

func byOffset(a, b repair) int { return cmp.Compare(a.offset, b.offset) }

// joined finds the lines of records that were joined with others, and the other
// records of rejected rows.
func (r *repairs) joined(t account.Table, rows []repair) ([]repair, error) {
	var more []repair
	for record, err := range t.Records() {
		if err != nil {
			return nil, err
		}
		row := record.Row
		if row == nil {
			continue
		}
		at, known := slices.BinarySearchFunc(rows, row.Offset, func(r repair, offset int64) int { return cmp.Compare(r.offset, offset) })
		for ; at < len(rows) && rows[at].offset == row.Offset; at++ {
			rows[at].line = int32(row.Line)
		}
		if first, wanted := r.keys[row.Key]; wanted && !known {
			first.offset, first.line = row.Offset, int32(row.Line)
			more = append(more, first)
		}
	}
	rows = append(rows, more...)
	slices.SortStableFunc(rows, byOffset)
	return rows, nil
}

// none reports whether there is nothing to repair.
func (r *repairs) none() bool { return len(r.unverified) == 0 }

// whyTracked adds what SailPoint's support asks for.
func whyTracked(op *sync.Operation) string {
	if op.TrackingID == "" {
		return why(op)
	}
	return why(op) + ", trackingId " + op.TrackingID
}

// write writes the rows as a valid input of the next run, the operations of one
// row on one line: written twice it would be rejected as a duplicate.
func (r *repairs) write(out io.Writer, t account.Table) error {
	if r.none() {
		return nil
	}
	w := gocsv.DefaultCSVWriter(out)
	header := t.Header()
	shape := newShape(header)
	if err := w.Write(quoteAll(slices.Concat(shape.inputCells(header), ownColumns))); err != nil {
		return err
	}
	for rows := r.unverified; len(rows) > 0; {
		n := 1
		for n < len(rows) && rows[n].offset == rows[0].offset {
			n++
		}
		cells, err := t.RecordAt(rows[0].offset)
		if err != nil {
			return fmt.Errorf("read %s of %s again: %w", lineText(r.input, int(rows[0].line)), t.Path(), err)
		}
		if err := w.Write(quoteAll(shape.fill(cells, r.row(rows[:n])))); err != nil {
			return err
		}
		rows = rows[n:]
	}
	w.Flush()
	return w.Error()
}

// row is what is said of one row, of all its operations.
func (r *repairs) row(rows []repair) repairedRow {
	one := repairedRow{line: lineCell(r.input, int(rows[0].line))}
	for i, row := range rows {
		op, state, reason := r.texts[row.op], r.texts[row.state], r.texts[row.reason]
		if i == 0 {
			one.op, one.state, one.reason = op, state, reason
			continue
		}
		one.op += "; " + op
		one.state += "; " + state
		one.reason = strings.Trim(one.reason+"; "+reason, "; ")
	}
	return one
}

// repairedRow is what failed.csv says of a row.
type repairedRow struct {
	line, op, state, reason string
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
func (s shape) inputCells(input []string) []string {
	cells := make([]string, 0, len(input)+len(ownColumns)+1)
	for i, c := range input[:min(len(input), len(s.ours))] {
		if !s.ours[i] {
			cells = append(cells, c)
		}
	}
	return cells
}

// fill is the line of failed.csv for one record. A ragged one keeps its cells
// in place and stays ragged: what is too much follows our columns.
func (s shape) fill(input []string, row repairedRow) []string {
	cells := s.inputCells(input)
	for len(cells) < s.short {
		cells = append(cells, "")
	}
	cells = append(cells, row.line, row.op, row.state, row.reason)
	switch {
	case len(input) > len(s.ours):
		return append(cells, input[len(s.ours):]...)
	case len(input) < len(s.ours):
		return append(cells, tooShort)
	case row.state == string(sync.Rejected) && strings.ContainsRune(strings.Join(input, ""), utf8.RuneError):
		return append(cells, damaged)
	case slices.ContainsFunc(input, func(cell string) bool { return strings.ContainsFunc(cell, text.Acts) }):
		return append(cells, acting)
	}
	return cells
}

// quoteAll keeps spreadsheets from running any of the cells, and terminals from
// obeying them.
func quoteAll(cells []string) []string {
	for i, c := range cells {
		cells[i] = text.QuoteFormula(text.Harmless(c))
	}
	return cells
}
