// Package table writes JSON objects one after the other, however many there
// are, as a table, as CSV or as a JSON array.
package table

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/problem"
	"accountsync/internal/text"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gocarina/gocsv"
)

// records shows JSON objects one after the other, however many there are.
type records interface {
	add(object string) error
	// flush hands on what can be; end writes what belongs behind the last.
	flush() error
	end() error
}

// Writer writes objects in the form and with the columns asked for.
type Writer struct {
	records
	columns *columns
	count   int
}

// Options say how a Writer shows objects.
type Options struct {
	Format   string   // table, csv or json
	Columns  []string // asked for: id, identity.name, attributes.NAME; none: the usual ones, in JSON the whole object
	Usual    []string // columns where nobody asks for others
	Terminal bool     // out is a terminal: long cells are cut short, and nothing acts on it
}

// New checks the options; a mistake in them is one of --output or --column.
func New(w io.Writer, o Options) (*Writer, error) {
	names, chosen := o.Columns, len(o.Columns) > 0
	if !chosen {
		names = o.Usual
	}
	columns, err := newColumns(names)
	if err != nil {
		return nil, err
	}
	columns.asked = chosen
	out := bufio.NewWriter(w)
	switch o.Format {
	case "table":
		return &Writer{&tableRecords{out: out, columns: columns, clip: o.Terminal}, columns, 0}, nil
	case "csv":
		return &Writer{&csvRecords{buffer: out, out: gocsv.DefaultCSVWriter(out), columns: columns, visible: o.Terminal}, columns, 0}, nil
	case "json":
		j := &jsonRecords{out: out}
		if chosen {
			j.columns = columns
		}
		return &Writer{j, columns, 0}, nil
	}
	return nil, problem.Errorf(problem.Usage, "", "invalid --output %q: write table, json or csv", o.Format)
}

// Add writes an object, which may be held back until Flush or Finish.
func (w *Writer) Add(object string) error {
	w.count++
	return w.add(object)
}

// Count is how many objects were added.
func (w *Writer) Count() int { return w.count }

// Flush hands on what can be; a table whose widths are not settled keeps its rows.
func (w *Writer) Flush() error { return w.flush() }

// Finish writes what belongs behind the last object, and warns on stderr of
// columns that no object had.
func (w *Writer) Finish(stderr io.Writer) error {
	if err := w.end(); err != nil {
		return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing to standard output: %w", err), "")
	}
	if unknown := w.columns.unknown(); unknown != "" {
		fmt.Fprintf(stderr, "accountsync: warning: %s\n", unknown)
	}
	return nil
}

// jsonRecords writes an array, an object a line.
type jsonRecords struct {
	out     *bufio.Writer
	columns *columns // nil: the objects as they are
	began   bool
	buf     []byte
}

func (j *jsonRecords) add(object string) error {
	j.buf = append(j.buf[:0], ",\n"...)
	if !j.began {
		j.buf = append(j.buf[:0], "[\n"...)
	}
	j.began = true
	if j.columns == nil {
		j.buf = appendInert(j.buf, object)
	} else if err := j.chosen(object); err != nil {
		return err
	}
	_, err := j.out.Write(j.buf)
	return err
}

// chosen appends an object of the columns asked for.
func (j *jsonRecords) chosen(object string) error {
	if err := j.columns.pick(object); err != nil {
		return err
	}
	for i, name := range j.columns.names {
		j.buf = append(j.buf, "{,"[min(i, 1)])
		j.buf = append(j.buf, account.StringValue(name)...)
		j.buf = append(j.buf, ':')
		value := string(j.columns.values[i])
		if value == "" {
			value = "null"
		}
		j.buf = appendInert(j.buf, value)
	}
	j.buf = append(j.buf, '}')
	return nil
}

func (j *jsonRecords) flush() error { return j.out.Flush() }

func (j *jsonRecords) end() error {
	text := "\n]\n"
	if !j.began {
		text = "[]\n"
	}
	if _, err := j.out.WriteString(text); err != nil {
		return err
	}
	return j.out.Flush()
}

// appendInert appends a JSON text on one line, with what could act on a terminal
// escaped; it means the same.
func appendInert(dst []byte, s string) []byte {
	value := jsontext.Value(s)
	if strings.ContainsAny(s, "\n\r\t") {
		value = value.Clone()
		_ = value.Compact() // it has been parsed
	}
	for len(value) > 0 {
		r, size := utf8.DecodeRune(value)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, "\uFFFD"...)
		case r < 0x7F || unicode.IsPrint(r):
			dst = append(dst, value[:size]...)
		default:
			dst = text.AppendEscape(dst, r)
		}
		value = value[size:]
	}
	return dst
}

// csvRecords writes a line of CSV for each object.
type csvRecords struct {
	buffer  *bufio.Writer
	out     *gocsv.SafeCSVWriter
	columns *columns
	headed  bool
	visible bool
}

func (r *csvRecords) add(object string) error {
	if err := r.head(); err != nil {
		return err
	}
	if err := r.columns.pick(object); err != nil {
		return err
	}
	line := make([]string, len(r.columns.names))
	for i := range line {
		line[i] = text.QuoteFormula(r.columns.text(i))
		if r.visible {
			line[i] = text.Visible(line[i])
		}
	}
	if len(line) == 1 && line[0] == "" {
		return r.blank()
	}
	return r.out.Write(line)
}

// blank writes a record of one empty cell, which readers would take for no record.
func (r *csvRecords) blank() error {
	if err := r.flush(); err != nil {
		return err
	}
	_, err := r.buffer.WriteString("\"\"\n")
	return err
}

func (r *csvRecords) head() error {
	if r.headed {
		return nil
	}
	r.headed = true
	return r.out.Write(r.columns.names)
}

func (r *csvRecords) flush() error {
	r.out.Flush()
	if err := r.out.Error(); err != nil {
		return err
	}
	return r.buffer.Flush()
}

func (r *csvRecords) end() error {
	if err := r.head(); err != nil {
		return err
	}
	return r.flush()
}

// tableRecords writes a table whose widths are those of its first rows.
type tableRecords struct {
	out     *bufio.Writer
	columns *columns
	clip    bool
	first   [][]string // rows until the widths are settled
	widths  []int
}

// settleAfter is how many rows settle the widths of a table.
const settleAfter = 250

// widest is the most cells a column takes.
const widest = 40

func (t *tableRecords) add(object string) error {
	if err := t.columns.pick(object); err != nil {
		return err
	}
	row := make([]string, len(t.columns.names))
	for i := range row {
		if row[i] = t.visible(t.columns.text(i)); row[i] == "" {
			row[i] = "-"
		}
	}
	if t.widths != nil {
		return t.row(row)
	}
	if t.first = append(t.first, row); len(t.first) < settleAfter {
		return nil
	}
	return t.settle()
}

func (t *tableRecords) visible(s string) string {
	if t.clip {
		return text.Clip(s, widest)
	}
	return text.Visible(s)
}

// settle writes the header and the rows kept back.
func (t *tableRecords) settle() error {
	if t.widths != nil {
		return nil
	}
	head := make([]string, len(t.columns.names))
	for i, name := range t.columns.names {
		head[i] = strings.ToUpper(t.visible(name))
	}
	rows := append([][]string{head}, t.first...)
	t.widths = text.Widths(rows)
	for i, width := range t.widths {
		t.widths[i] = min(widest, width)
	}
	for _, row := range rows {
		if err := t.row(row); err != nil {
			return err
		}
	}
	t.first = nil
	return nil
}

func (t *tableRecords) row(row []string) error {
	_, err := io.WriteString(t.out, text.Row(row, t.widths)+"\n")
	return err
}

func (t *tableRecords) flush() error { return t.out.Flush() }

func (t *tableRecords) end() error {
	if err := t.settle(); err != nil {
		return err
	}
	return t.out.Flush()
}
