package csvfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// maxRecord is how long a record may be, in bytes. Longer ones come from a
// quote that is never closed and would take the rest of the file into memory.
const maxRecord = 16 << 20

var errRecordTooLong = errors.New("the record is longer than 16 MiB")

// recordLimit fails once more than maxRecord bytes were read past recordStart.
type recordLimit struct {
	r           io.Reader
	given       int64
	recordStart int64 // moved on by the reader of the records
}

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.given-l.recordStart > maxRecord {
		return 0, errRecordTooLong
	}
	n, err := l.r.Read(p)
	l.given += int64(n)
	return n, err
}

// parseError is the error of a record that cannot be told from what follows it.
func (f *File) parseError(parse *csv.ParseError, offset int64) error {
	if err := f.unclosedQuote(offset); err != nil {
		return err
	}
	if f.isFormula(offset, parse) {
		return f.bad(parse.StartLine, formulaReason, "export the table again without the formulas, as CSV (UTF-8)")
	}
	return f.bad(parse.StartLine, badQuotes(parse), `double every quote inside a quoted cell: "so ""it"" reads"`)
}

const formulaReason = `="..." is a formula by which a spreadsheet keeps a cell as text, not its value: write the text alone, without = and quotes`

// isFormula reports whether the quote that encoding/csv stumbled over in the
// record at offset begins the text of a cell such as ="00100".
func (f *File) isFormula(offset int64, parse *csv.ParseError) bool {
	if !errors.Is(parse.Err, csv.ErrBareQuote) || parse.Line != parse.StartLine {
		return false
	}
	line := make([]byte, 4<<10)
	n, _ := f.in.ReadAt(line, offset)
	line = bytes.TrimLeft(line[:n], "\r\n")
	at := parse.Column - 1
	return at > 0 && at < len(line) && line[at-1] == '=' && (at == 1 || rune(line[at-2]) == f.comma)
}

// badQuotes words what encoding/csv found wrong with a record.
func badQuotes(parse *csv.ParseError) string {
	if errors.Is(parse.Err, csv.ErrBareQuote) {
		return "a quote inside a cell that is not quoted: quote the whole cell and double the quote"
	}
	if parse.Line > parse.StartLine {
		return fmt.Sprintf("a quoted cell goes on to line %d, where text follows its closing quote: a quote is not closed or not doubled, lines %d to %d were not read as rows",
			parse.Line, parse.StartLine, parse.Line)
	}
	return "text follows a closing quote: a quote inside the cell is not doubled"
}

// unclosedQuote is the error of a record at offset in which a quote is opened
// and not closed before the file, or the longest possible record, ends; nil when
// there is none.
func (f *File) unclosedQuote(offset int64) error {
	newlines, open := openQuote(io.NewSectionReader(f.in, offset, min(f.size-offset, maxRecord)), f.comma)
	if !open {
		return nil
	}
	before, err := (&lineIndex{}).line(f.in, offset)
	if err != nil {
		return f.unreadable(err)
	}
	return f.bad(before+newlines, "a quote is opened here and never closed: what follows cannot be told apart", "close the quote, or double it if it is part of the text")
}

// recordTooLong is the error of the record at offset that errRecordTooLong is about.
func (f *File) recordTooLong(offset int64) error {
	if err := f.unclosedQuote(offset); err != nil {
		return err
	}
	line, err := (&lineIndex{}).line(f.in, offset)
	if err != nil {
		return f.unreadable(err)
	}
	return f.bad(line, "the row is longer than 16 MiB", "this is hardly a file of accounts; is it the right one?")
}

// openQuote reads one record as encoding/csv does and reports whether it ends
// inside a quoted cell, and how many line ends precede the quote that opened it.
func openQuote(r io.Reader, comma rune) (newlines int, open bool) {
	br := bufio.NewReader(r)
	atStart, seen, blank := true, 0, true
	for {
		c, _, err := br.ReadRune()
		switch {
		case err != nil:
			return 0, false
		case c == '\n' && !blank:
			return 0, false
		case c == '\n':
			seen++
		case c == '"' && atStart:
			within, more := skipQuoted(br)
			if !more {
				return seen, true
			}
			seen, atStart, blank = seen+within, false, false
		default:
			atStart = c == comma
			blank = blank && c == '\r'
		}
	}
}

// skipQuoted reads up to the quote that closes a cell and counts the line ends
// before it. There is not more to come when the input ends first.
func skipQuoted(br *bufio.Reader) (newlines int, more bool) {
	for {
		c, err := br.ReadByte()
		if err != nil {
			return newlines, false
		}
		if c == '\n' {
			newlines++
		}
		if c != '"' {
			continue
		}
		next, err := br.Peek(1)
		if err != nil || next[0] != '"' {
			return newlines, true
		}
		br.Discard(1)
	}
}
