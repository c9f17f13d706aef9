package reports

import (
	"fmt"
	"io"
	"reflect"
	"strconv"

	"github.com/gocarina/gocsv"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// line is one line of result.csv: what became of one row or one account.
type line struct {
	Source     cell  `csv:"source"`
	Op         cell  `csv:"op"`
	Key        cell  `csv:"key"`
	Account    cell  `csv:"account"`
	Line       count `csv:"line"`
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
func (c cell) MarshalCSV() (string, error) { return account.QuoteFormula(visible(string(c))), nil }

// count is a number whose zero is left out.
type count int

// MarshalCSV leaves a zero empty.
func (n count) MarshalCSV() (string, error) {
	if n == 0 {
		return "", nil
	}
	return strconv.Itoa(int(n)), nil
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

// writeResultCSV writes one line for every operation, kept row, rejected row
// and orphan of the run, and fails when one is missing or too many.
func writeResultCSV(out io.Writer, r *sync.Result) error {
	w := &lineWriter{csv: gocsv.DefaultCSVWriter(out), batch: make([]line, 0, batchSize)}
	for _, s := range r.Sources {
		before := w.written
		if err := writeSourceLines(w, s); err != nil {
			return err
		}
		if err := checkLines(s, w.written-before); err != nil {
			return err
		}
	}
	return w.flush()
}

func checkLines(s *sync.Source, written int) error {
	t := &s.Totals
	want := len(s.Operations) + t.Rejected + len(s.Orphans)
	if s.KeptRows != nil { // the record of a past run holds their number only
		want += t.Kept
	}
	complete := s.Orphans == nil || len(s.Orphans) == t.Orphan
	if written == want && complete {
		return nil
	}
	return fmt.Errorf("%w: source %s has %d lines for %d operations, %d kept, %d rejected and %d orphan",
		ErrBooks, sourceName(s), written, len(s.Operations), t.Kept, t.Rejected, t.Orphan)
}

// writeSourceLines writes operations (phase, key), kept rows and rejected rows
// (line), orphans (key): the order in which the result holds them.
func writeSourceLines(w *lineWriter, s *sync.Source) error {
	name := cell(sourceName(s))
	for _, op := range s.Operations {
		if err := w.write(operationLine(name, op)); err != nil {
			return err
		}
	}
	if err := writeKept(w, name, s); err != nil {
		return err
	}
	for _, row := range s.Rejected {
		l := line{Source: name, Key: cell(row.Key), Line: count(row.Line), State: cell(sync.Rejected), Reason: cell(row.Reason)}
		if err := w.write(l); err != nil {
			return err
		}
	}
	return writeOrphans(w, name, s.Orphans)
}

// writeKept writes the kept rows, most of the lines of most nights, without
// the reflection of gocsv: their cells are source, key, line and state.
func writeKept(w *lineWriter, source cell, s *sync.Source) error {
	if s.KeptRows == nil {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	record := make([]string, reflect.TypeFor[line]().NumField())
	record[0], record[5] = account.QuoteFormula(visible(string(source))), string(sync.Kept)
	for row, err := range s.KeptRows {
		if err != nil {
			return fmt.Errorf("read the kept rows again: %w", err)
		}
		record[2], record[4] = account.QuoteFormula(visible(row.Key)), strconv.Itoa(row.Line)
		if err := w.csv.Write(record); err != nil {
			return err
		}
		w.written++
	}
	return nil
}

func writeOrphans(w *lineWriter, source cell, orphans []diff.Orphan) error {
	for _, o := range orphans {
		l := line{Source: source, Key: cell(o.Key), Account: cell(o.AccountID), State: cell(sync.Orphan), Reason: cell(o.Reason)}
		if err := w.write(l); err != nil {
			return err
		}
	}
	return nil
}

func operationLine(source cell, op *sync.Operation) line {
	return line{
		Source:     source,
		Op:         cell(op.Op),
		Key:        cell(op.Key),
		Account:    cell(op.Account),
		Line:       count(op.Line),
		State:      cell(op.State),
		Attempts:   count(op.Attempts),
		HTTP:       count(op.HTTP),
		Task:       cell(op.Task),
		TaskStatus: cell(op.TaskStatus),
		TrackingID: cell(op.TrackingID),
		Reason:     cell(op.Reason),
		Changes:    cell(changesText(op.Changes)),
		Error:      cell(op.Error),
	}
}

// sourceName is the name a person knows the source by, its id where it has none.
func sourceName(s *sync.Source) string {
	if s.Source.Name != "" {
		return s.Source.Name
	}
	return s.Source.ID
}
