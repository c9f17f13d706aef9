package reports

import (
	"context"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strconv"

	"github.com/gocarina/gocsv"

	"accountsync/account"
	"accountsync/internal/text"
	"accountsync/sync"
)

// line is one line of result.csv: what became of one row or one account.
type line struct {
	Source     cell  `csv:"source"`
	Op         cell  `csv:"op"`
	Key        cell  `csv:"key"`
	Account    cell  `csv:"account"`
	Line       cell  `csv:"line"`
	State      cell  `csv:"state"`
	Attempts   count `csv:"attempts"`
	HTTP       count `csv:"http"`
	Task       cell  `csv:"task"`
	TaskStatus cell  `csv:"task_status"`
	TrackingID cell  `csv:"tracking_id"`
	Reason     cell  `csv:"reason"`
	Changes    cell  `csv:"changes"`
	Error      cell  `csv:"error"`
}

// cell is a text that no spreadsheet takes for a formula and that acts on no terminal.
type cell string

// MarshalCSV quotes what would be a formula and shows what would act.
func (c cell) MarshalCSV() (string, error) { return c.text(), nil }

func (c cell) text() string { return text.QuoteFormula(text.Visible(string(c))) }

// count is a number whose zero is left out.
type count int

// MarshalCSV leaves a zero empty.
func (n count) MarshalCSV() (string, error) { return n.text(), nil }

func (n count) text() string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// cells appends the cells of the line, as gocsv would write them.
func (l *line) cells(to []string) []string {
	return append(to, l.Source.text(), l.Op.text(), l.Key.text(), l.Account.text(), l.Line.text(), l.State.text(), l.Attempts.text(), l.HTTP.text(),
		l.Task.text(), l.TaskStatus.text(), l.TrackingID.text(), l.Reason.text(), l.Changes.text(), l.Error.text())
}

// batchSize is how many lines are handed to gocsv at a time: enough that its
// setup does not count, few enough that memory does not.
const batchSize = 512

// lineWriter writes lines through gocsv in batches and counts them.
type lineWriter struct {
	csv     *gocsv.SafeCSVWriter
	batch   []line
	headed  bool
	written int
}

func (w *lineWriter) write(l line) error {
	w.batch = append(w.batch, l)
	w.written++
	if len(w.batch) < batchSize {
		return nil
	}
	return w.flush()
}

// flush writes the batch, with the header the first time even when it is empty.
func (w *lineWriter) flush() error {
	marshal := gocsv.MarshalCSVWithoutHeaders
	if !w.headed {
		marshal, w.headed = gocsv.MarshalCSV, true
	}
	err := marshal(w.batch, w.csv)
	w.batch = w.batch[:0]
	return err
}

// csvReport writes result.csv: one line for every operation, kept row, rejected
// row and orphan of the run, in that order.
type csvReport struct {
	*lineWriter
	source cell
	input  sync.Input
	cells  [14]string
}

func newCSVReport(out io.Writer, h *sync.Head) *csvReport {
	w := &lineWriter{csv: gocsv.DefaultCSVWriter(out), batch: make([]line, 0, batchSize)}
	return &csvReport{lineWriter: w, source: cell(sourceName(h)), input: h.Input}
}

// operation writes the line of an operation, of which there may be a million,
// without the reflection of gocsv.
func (c *csvReport) operation(op *sync.Operation, _ *sync.Line) error {
	if !c.headed {
		if err := c.flush(); err != nil {
			return err
		}
	}
	c.written++
	l := operationLine(c.source, c.input, op)
	return c.csv.Write(l.cells(c.cells[:0]))
}

// end writes what has no operation, and fails when a line is missing or too many.
func (c *csvReport) end(ctx context.Context, r *Run, o *outline) error {
	if !known(o.Head) {
		return c.flush()
	}
	if err := c.kept(r.Kept); err != nil {
		return err
	}
	for row, err := range r.Rejected(ctx) {
		if err != nil {
			return err
		}
		l := line{Source: c.source, Key: cell(row.Key), Line: cell(lineCell(c.input, row.Line)), State: cell(sync.Rejected), Reason: cell(row.Reason)}
		if err := c.write(l); err != nil {
			return err
		}
	}
	orphans := 0
	for orphan, err := range r.Orphans(ctx) {
		if err != nil {
			return err
		}
		orphans++
		l := line{Source: c.source, Key: cell(orphan.Key), Account: cell(orphan.AccountID), State: cell(sync.Orphan), Reason: cell(orphan.Reason)}
		if err := c.write(l); err != nil {
			return err
		}
	}
	if err := c.check(r, o, orphans); err != nil {
		return err
	}
	return c.flush()
}

// check holds the lines against the totals.
func (c *csvReport) check(r *Run, o *outline, orphans int) error {
	t := &o.Totals
	want := o.operations + t.Rejected + orphans
	if r.Kept != nil {
		want += t.Kept
	}
	if c.written == want && orphans == t.Orphan {
		return nil
	}
	return fmt.Errorf("%w: source %s has %d lines for %d operations, %d kept, %d rejected and %d orphan",
		ErrBooks, sourceName(o.Head), c.written, o.operations, t.Kept, t.Rejected, t.Orphan)
}

// kept writes the kept rows, most of the lines of most nights, without the
// reflection of gocsv: their cells are source, key, line and state.
func (c *csvReport) kept(rows iter.Seq2[account.Row, error]) error {
	if rows == nil {
		return nil
	}
	if err := c.flush(); err != nil {
		return err
	}
	cells := make([]string, reflect.TypeFor[line]().NumField())
	cells[0], cells[5] = text.QuoteFormula(text.Visible(string(c.source))), string(sync.Kept)
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("read the kept rows again: %w", err)
		}
		cells[2], cells[4] = text.QuoteFormula(text.Visible(row.Key)), text.QuoteFormula(lineCell(c.input, row.Line))
		if err := c.csv.Write(cells); err != nil {
			return err
		}
		c.written++
	}
	return nil
}

func operationLine(source cell, in sync.Input, op *sync.Operation) line {
	return line{
		Source:     source,
		Op:         cell(op.Op),
		Key:        cell(op.Key),
		Account:    cell(op.AccountID()),
		Line:       cell(lineCell(in, op.Line)),
		State:      cell(op.State),
		Attempts:   count(op.Attempts),
		HTTP:       count(op.HTTP),
		Task:       cell(op.Task),
		TaskStatus: cell(op.TaskStatus),
		TrackingID: cell(op.TrackingID),
		Reason:     cell(reasonText(op)),
		Changes:    cell(changesText(op.Changes)),
		Error:      cell(op.Error),
	}
}

// sourceName is the name a person knows the source by, its id where it has none.
func sourceName(s *sync.Head) string {
	if s.Source.Name != "" {
		return s.Source.Name
	}
	return s.Source.ID
}
