package account

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// recordReader reads one record anywhere in a file.
type recordReader struct {
	buffer *bufio.Reader
	csv    *csv.Reader
}

func (t *Table) newRecordReader() *recordReader {
	r := &recordReader{buffer: bufio.NewReaderSize(nil, lineStep)}
	r.csv = t.csvReader(r.buffer) // takes a buffer of this size as its own
	return r
}

// recordAt reads the record at offset, and how many blank lines are before it.
// The slice is used again; its strings are not.
func (t *Table) recordAt(offset int64, use func(record []string, blank int) error) error {
	if offset < t.start || offset >= t.size {
		return fmt.Errorf("%s: no record at byte %d", t.name, offset)
	}
	if err := t.unchanged(); err != nil {
		return err
	}
	r, ok := t.readers.Get().(*recordReader)
	if !ok {
		r = t.newRecordReader()
	}
	defer t.readers.Put(r)
	r.buffer.Reset(io.NewSectionReader(t.in, offset, t.size-offset))
	blank := skipBlankLines(r.buffer)
	record, err := r.csv.Read()
	if err != nil {
		return fmt.Errorf("%s: the record at byte %d: %w", t.name, offset, err)
	}
	return use(record, blank)
}

// skipBlankLines does what encoding/csv would, and counts them.
func skipBlankLines(br *bufio.Reader) (lines int) {
	for ; ; lines++ {
		head, _ := br.Peek(2)
		switch {
		case bytes.HasPrefix(head, newline):
			br.Discard(1)
		case string(head) == "\r\n":
			br.Discard(2)
		default:
			return lines
		}
	}
}

// RowAt reads the row at Row.Offset again; it belongs to the caller. It is safe
// for concurrent use, fast once the file was read, and fails when the record
// there is none that Read would make a row of.
func (t *Table) RowAt(offset int64) (Row, error) {
	row := Row{Offset: offset, Cells: make([]string, len(t.columns))}
	err := t.recordAt(offset, func(record []string, blank int) (err error) {
		if reason := t.fill(&row, record, true); reason != "" {
			return errors.New(t.name + ": " + reason)
		}
		row.Line, err = t.lines.line(t.in, offset)
		row.Line += blank
		return err
	})
	return row, err
}

// RecordAt reads the cells at Row.Offset or Rejected.Offset again, one for each
// cell of Header unless the record is ragged. It is safe for concurrent use.
func (t *Table) RecordAt(offset int64) (cells []string, err error) {
	err = t.recordAt(offset, func(record []string, _ int) error {
		cells = slices.Clone(record)
		if t.partial {
			unquoteFormulas(cells)
		}
		return nil
	})
	return cells, err
}
