package csvfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"

	"accountsync/account"
)

// recordReader reads one record anywhere in a file, mostly with one read: of
// the bytes from the last place whose line is known to somewhere behind the
// record. What was read last serves the records that follow it.
type recordReader struct {
	ahead  [2 * lineStep]byte
	at     int64  // offset of ahead
	lines  int64  // newlines before it
	loaded []byte // of ahead, what is not yet read
	file   io.ReaderAt
	end    int64 // offset after ahead; 0 while it holds nothing
	next   int64 // offset after what was read
	buffer *bufio.Reader
	csv    *csv.Reader
}

func (t *Table) newRecordReader() *recordReader {
	r := &recordReader{file: t.in}
	r.buffer = bufio.NewReaderSize(r, lineStep)
	r.csv = t.csvReader(r.buffer) // takes a buffer of this size as its own
	return r
}

// seek makes the record at offset the next one, and finds its line.
func (r *recordReader) seek(offset int64, lines *lineIndex) (line int, err error) {
	if offset < r.at || offset >= r.end {
		r.at, r.lines = lines.known(offset)
		for {
			n, err := r.file.ReadAt(r.ahead[:], r.at)
			if err != nil && err != io.EOF || n == 0 {
				r.end = 0
				return 0, err
			}
			if r.end = r.at + int64(n); r.end > offset {
				break
			}
			r.lines, r.at = r.lines+int64(bytes.Count(r.ahead[:n], newline)), r.end
		}
	}
	skip := int(offset - r.at)
	newlines := r.lines + int64(bytes.Count(r.ahead[:skip], newline))
	r.loaded, r.next = r.ahead[skip:r.end-r.at], r.end
	r.buffer.Reset(r)
	return int(newlines) + 1 + skipNoRecords(r.buffer, byte(r.csv.Comment)), nil
}

// Read implements io.Reader: first what is loaded, then the file from there.
func (r *recordReader) Read(p []byte) (n int, err error) {
	if len(r.loaded) > 0 {
		n = copy(p, r.loaded)
		r.loaded = r.loaded[n:]
		return n, nil
	}
	n, err = r.file.ReadAt(p, r.next)
	r.next += int64(n)
	return n, err
}

// skipNoRecords passes over blank lines and comments as encoding/csv would, and
// counts them.
func skipNoRecords(br *bufio.Reader, comment byte) (lines int) {
	for ; ; lines++ {
		head, _ := br.Peek(2)
		switch {
		case bytes.HasPrefix(head, newline):
			br.Discard(1)
		case string(head) == "\r\n":
			br.Discard(2)
		case comment != 0 && len(head) > 0 && head[0] == comment:
			if !skipLine(br) {
				return lines
			}
		default:
			return lines
		}
	}
}

// skipLine passes over one line, and reports whether it has an end.
func skipLine(br *bufio.Reader) bool {
	for {
		_, err := br.ReadSlice('\n')
		if err != bufio.ErrBufferFull {
			return err == nil
		}
	}
}

// recordAt reads the record at offset. The slice is used again; its strings are not.
func (t *Table) recordAt(offset int64, use func(record []string, line int) error) error {
	if offset < t.start || offset >= t.size {
		return fmt.Errorf("%s: no record at byte %d", t.name, offset)
	}
	r, ok := t.readers.Get().(*recordReader)
	if !ok {
		r = t.newRecordReader()
	}
	defer t.readers.Put(r)
	line, err := r.seek(offset, &t.lines)
	if err != nil {
		return t.unreadable(err)
	}
	record, err := r.csv.Read()
	if err != nil {
		return fmt.Errorf("%s:%d: cannot read the row again: %w", t.name, line, err)
	}
	return use(t.fitted(record), t.other.rowOf(line))
}

// RowAt reads the row at Row.Offset again; it belongs to the caller, who is to see
// that it is still the row that was read. It is safe for concurrent use, fast once
// the file was read, and fails when the record there is none that Read would make a
// row of.
func (t *Table) RowAt(offset int64) (account.Row, error) {
	var row account.Row
	err := t.recordAt(offset, func(record []string, line int) error {
		row.Line, row.Offset = line, offset
		if reason := t.fill(&row, record, true); reason != "" {
			return fmt.Errorf("%s:%d: %w", t.name, line, errors.New(reason))
		}
		row.Cells = append(make([]string, 0, len(row.Cells)), row.Cells...)
		return nil
	})
	return row, err
}

// RecordAt reads the cells at Row.Offset or Rejected.Offset again, one for each
// cell of Header unless the record is ragged. It fails when the file was changed
// since it was opened, and is safe for concurrent use.
func (t *Table) RecordAt(offset int64) (cells []string, err error) {
	if err := t.unchanged(); err != nil { // each time: a changed record would be taken for the old one
		return nil, err
	}
	err = t.recordAt(offset, func(record []string, _ int) error {
		cells = slices.Clone(record)
		if t.partial {
			unquoteFormulas(cells)
		}
		return nil
	})
	return cells, err
}
