package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"unicode/utf8"
)

// textSize is how many bytes of cells share one string.
const textSize = 64 << 10

// records reads records as encoding/csv does. A line without a quote, as most
// are, it cuts at the delimiters itself, in a third of the time. All else it
// leaves to encoding/csv, which is given one line at a time, so that it never
// holds more of the file than it has made records of.
type records struct {
	*feed
	csv   *csv.Reader
	limit recordLimit
	comma rune
	note  byte // begins comment lines, 0 for none

	cells    []string        // used again for the next record
	text     strings.Builder // the lines that were cut last
	cutLines int             // lines that were cut, and those before the header
	csvLines int             // lines that encoding/csv took
}

func (f *File) newRecords(src *feed) *records {
	r := &records{feed: src, comma: f.comma, note: byte(f.opt.comment()), cutLines: f.skipped}
	r.limit.r = r
	r.csv = f.csvReader(&r.limit)
	return r
}

// next reads one record and the line it starts on. The slice is used again for
// the next one; its strings are not, but many records share one.
func (r *records) next() (cells []string, line int, err error) {
	n := bytes.IndexByte(r.current, '\n') + 1
	text := bytes.TrimSuffix(bytes.TrimSuffix(r.current[:n], newline), []byte("\r"))
	if len(text) == 0 || text[0] == r.note || bytes.IndexByte(text, '"') >= 0 || r.comma >= utf8.RuneSelf {
		return r.parse()
	}
	r.cut(r.keep(text))
	r.current = r.current[n:]
	r.cutLines++
	return r.cells, r.cutLines + r.csvLines, nil
}

// cut makes cells of a line.
func (r *records) cut(line string) {
	r.cells = r.cells[:0]
	for n := 0; n >= 0; {
		cell := line
		if n = strings.IndexByte(line, byte(r.comma)); n >= 0 {
			cell, line = line[:n], line[n+1:]
		}
		r.cells = append(r.cells, cell)
	}
}

// keep makes a string of the line.
func (r *records) keep(line []byte) string {
	if r.text.Cap()-r.text.Len() < len(line) {
		r.text.Reset()
		r.text.Grow(max(textSize, len(line)))
	}
	begin := r.text.Len()
	r.text.Write(line)
	return r.text.String()[begin:]
}

// parse lets encoding/csv read a record.
func (r *records) parse() (cells []string, line int, err error) {
	r.limit.recordStart = r.limit.given
	cells, err = r.csv.Read()
	var parse *csv.ParseError
	switch {
	case err == nil:
		line, _ = r.csv.FieldPos(0)
	case errors.As(err, &parse):
		parse.StartLine += r.cutLines
		parse.Line += r.cutLines
	}
	return cells, line + r.cutLines, err
}

// Read implements io.Reader: up to the end of a line.
func (r *records) Read(p []byte) (int, error) {
	if err := r.more(); err != nil {
		return 0, err
	}
	n := copy(p, r.current)
	if end := bytes.IndexByte(p[:n], '\n') + 1; end > 0 {
		n = end
		r.csvLines++
	}
	r.current = r.current[n:]
	return n, nil
}
