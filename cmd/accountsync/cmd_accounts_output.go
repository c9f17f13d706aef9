package main

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
	"github.com/spf13/cobra"
)

// records shows JSON objects one after the other, however many there are.
type records interface {
	add(object string) error
	// flush hands on what can be; end writes what belongs behind the last.
	flush() error
	end() error
}

// shown is what a command shows and how.
type shown struct {
	records
	columns *columns
	count   int
}

// newShown checks --output and --column; usual are the columns of a table
// where nobody asks for others.
func (a *app) newShown(c *cobra.Command, usual ...string) (*shown, error) {
	format, _ := c.Flags().GetString("output")
	names, _ := c.Flags().GetStringArray("column")
	chosen := len(names) > 0
	if !chosen {
		names = usual
	}
	columns, err := newColumns(names)
	if err != nil {
		return nil, err
	}
	columns.asked = chosen
	out := bufio.NewWriter(a.stdout)
	terminal := isTerminal(a.stdout)
	switch format {
	case "table":
		return &shown{&tableRecords{out: out, columns: columns, clip: terminal}, columns, 0}, nil
	case "csv":
		return &shown{&csvRecords{buffer: out, out: gocsv.DefaultCSVWriter(out), columns: columns, visible: terminal}, columns, 0}, nil
	case "json":
		j := &jsonRecords{out: out}
		if chosen {
			j.columns = columns
		}
		return &shown{j, columns, 0}, nil
	}
	return nil, problem.Errorf(problem.Usage, "", "--output %q: write table, json or csv", format)
}

func (s *shown) add(object string) error {
	s.count++
	return s.records.add(object)
}

// finish writes what belongs behind the last record, and warns of columns that
// nothing shown had.
func (s *shown) finish(stderr io.Writer) error {
	if err := s.end(); err != nil {
		return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing to standard output: %w", err), "")
	}
	if unknown := s.columns.unknown(); unknown != "" {
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
	t.widths = make([]int, len(head))
	for i, name := range t.columns.names {
		head[i] = strings.ToUpper(t.visible(name))
		t.widths[i] = min(widest, text.Width(head[i]))
		for _, row := range t.first {
			t.widths[i] = max(t.widths[i], min(widest, text.Width(row[i])))
		}
	}
	for _, row := range append([][]string{head}, t.first...) {
		if err := t.row(row); err != nil {
			return err
		}
	}
	t.first = nil
	return nil
}

func (t *tableRecords) row(row []string) error {
	var b strings.Builder
	for i, cell := range row[:len(row)-1] {
		b.WriteString(text.Padded(cell, t.widths[i]) + "  ")
	}
	_, err := io.WriteString(t.out, b.String()+row[len(row)-1]+"\n")
	return err
}

func (t *tableRecords) flush() error { return t.out.Flush() }

func (t *tableRecords) end() error {
	if err := t.settle(); err != nil {
		return err
	}
	return t.out.Flush()
}
