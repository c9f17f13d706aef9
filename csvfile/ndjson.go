package csvfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"accountsync/account"

	"github.com/go-json-experiment/json/jsontext"
)

var errTooManyBadLines = errors.New("too many lines are no rows")

// mostColumns is how many columns a table can have: a worksheet has no more.
const mostColumns = 16384

// isNDJSON reports whether the beginning of a file is that of lines of JSON objects.
func isNDJSON(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
	line, _, whole := bytes.Cut(head, newline)
	if len(line) == 0 || line[0] != '{' {
		return false
	}
	rest := bytes.TrimLeft(line[1:], " \t\r")
	return len(rest) == 0 && whole || len(rest) > 0 && (rest[0] == '"' || rest[0] == '}')
}

// objects reads lines of JSON objects.
type objects struct {
	lines   *bufio.Reader
	columns []string
	at      map[string]int // of a column
	line    int
}

func newObjects(in io.ReaderAt, size int64) *objects {
	return &objects{lines: bufio.NewReaderSize(io.NewSectionReader(in, 0, size), 64<<10), at: map[string]int{}}
}

// next is the next line that is not blank.
func (o *objects) next() ([]byte, error) {
	var long []byte
	for {
		part, err := o.lines.ReadSlice('\n')
		switch {
		case err == bufio.ErrBufferFull:
			if long = append(long, part...); len(long) > maxRecord {
				return nil, errRecordTooLong
			}
			continue
		case err != nil && err != io.EOF:
			return nil, err
		case len(part) == 0 && len(long) == 0:
			return nil, io.EOF
		}
		o.line++
		if long != nil {
			part = append(long, part...)
		}
		long = nil
		if o.line == 1 {
			part = bytes.TrimPrefix(part, byteOrderMark)
		}
		if part = bytes.TrimSpace(part); len(part) > 0 {
			return part, nil
		}
		if err == io.EOF {
			return nil, io.EOF
		}
	}
}

// member is one name of an object and its value.
type member struct {
	at     int // of the column
	cell   string
	fields int // how many values the cell holds
}

// errTooWide refuses objects with ever new names.
var errTooWide = fmt.Errorf("more than %d names of members are in the file", mostColumns)

// parse calls each with the members of a line's object. The reason says why the
// line is no row.
func (o *objects) parse(line []byte, separator string, each func(member)) (reason string, err error) {
	if !utf8.Valid(line) {
		return "the line is not valid UTF-8: save the file as UTF-8", nil
	}
	dec := jsontext.NewDecoder(bytes.NewReader(line)) // refuses a name that is there twice
	if line[0] != '{' {
		return "the line is no JSON object: write one object a line, " + `{"id":"1","name":"Ada"}`, nil
	}
	if _, err := dec.ReadToken(); err != nil {
		return badJSON(err), nil
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return badJSON(err), nil
		}
		name := token.String()
		at, known := o.at[name]
		if !known {
			if at = len(o.columns); at == mostColumns {
				return "", errTooWide
			}
			name = strings.Clone(name)
			o.columns, o.at[name] = append(o.columns, name), at
		}
		value, err := dec.ReadValue()
		if err != nil {
			return badJSON(err), nil
		}
		cell, fields, reason := memberCell(account.Value(value), separator)
		if reason != "" {
			return fmt.Sprintf("%q %s", name, reason), nil
		}
		each(member{at, cell, fields})
	}
	if _, err := dec.ReadToken(); err != nil {
		return badJSON(err), nil
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return "something follows the JSON object: write one object a line", nil
	}
	return "", nil
}

// memberCell is the cell of a value: a number is its own text, and an array the
// cell of its texts.
func memberCell(v account.Value, separator string) (cell string, fields int, reason string) {
	switch v[0] {
	case '{':
		return "", 0, "is an object: only text, numbers, true, false, null and arrays of them can be values"
	case '[':
		dec := jsontext.NewDecoder(strings.NewReader(string(v)))
		for dec.ReadToken(); dec.PeekKind() != ']'; {
			if kind := dec.PeekKind(); kind == '{' || kind == '[' {
				return "", 0, "is an array that holds an array or an object: only text, numbers, true, false and null can be values"
			}
			if err := dec.SkipValue(); err != nil {
				return "", 0, "is an array that cannot be read"
			}
		}
		texts := v.AppendTexts(nil)
		return account.Column{Multi: true, Separator: separator}.Cell(v), len(texts), ""
	}
	return strings.Join(v.AppendTexts(nil), ""), 1, ""
}

// badJSON says where a line stops being JSON. The line itself is not repeated.
func badJSON(err error) string {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return "a name is there twice in the JSON object: keep one of them"
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "the JSON object has no end: the line is cut off, or the object goes on in the next one; write one object a line"
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Sprintf("the line is not valid JSON (byte %d)", syntactic.ByteOffset+1)
	}
	return "the line is not valid JSON"
}

// normaliseNDJSON converts lines of objects. A name that a line lacks is a cell
// without a value there.
func normaliseNDJSON(in io.ReaderAt, size int64, opt Options, out io.Writer) (*normalised, error) {
	separator := opt.separator()
	o := newObjects(in, size) // once for the names, and once for the values
	for {
		line, err := o.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			_, err = o.parse(line, separator, func(member) {})
		}
		if err != nil {
			return nil, err
		}
	}
	n := newNormaliser(out, &normalised{})
	if len(o.columns) == 0 {
		return n.normalised, n.flush()
	}
	n.moved = []moved{{1, 0}} // the header has no line of its own
	if err := n.row(0, o.columns); err != nil {
		return nil, err
	}
	again := newObjects(in, size)
	again.columns, again.at = o.columns, o.at
	cells := make([]string, len(o.columns))
	for {
		line, err := again.next()
		if err == io.EOF {
			return n.normalised, n.flush()
		}
		clear(cells)
		reason := ""
		if err == nil {
			reason, err = again.parse(line, separator, func(m member) {
				if m.at >= len(cells) { // the file is being written to, which is found out in the end
					return
				}
				if cells[m.at] = m.cell; m.fields > 1 {
					n.faults = append(n.faults, cellFault{int32(again.line), uint16(m.at), faultSeveral})
				}
			})
		}
		switch {
		case err != nil:
		case reason != "":
			err = n.reject(again.line, len(cells), reason)
		default:
			err = n.row(again.line, cells)
		}
		if err != nil {
			return nil, err
		}
	}
}
