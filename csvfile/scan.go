package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
)

// record is one record below the header. It is used again for the next one.
type record struct {
	cells      []string
	line       int
	offset     int64
	suspicious bool   // it may hold NUL or invalid UTF-8
	lineEnds   bool   // a cell may hold line ends
	unparsed   string // why it has no cells
}

// scan reads the file once and calls each with its records, one after the
// other. An error of each ends it and is returned as it is, any other is a
// *FileError.
func (f *File) scan(lines *lineIndex, each func(*record) error) error {
	src := f.newFeed(lines)
	defer src.stop()
	if err := src.skip(f.start); err != nil {
		return f.unreadable(err)
	}
	s := &scanner{File: f, records: f.newRecords(src)}
	if _, _, err := s.next(); err != nil { // the header
		return f.headerError(err)
	}
	if err := s.each(each); err != nil {
		return err
	}
	if f.sum == "" {
		f.sum = src.sum
	}
	return f.unchanged()
}

// scanner reads the records below the header.
type scanner struct {
	*File
	*records
}

func (s *scanner) each(yield func(*record) error) error {
	var r record
	for {
		r.offset = s.offset()
		csvLines := s.csvLines
		var err error
		if r.cells, r.line, err = s.next(); err == io.EOF {
			return nil
		}
		if r.unparsed = ""; s.other != nil {
			r.line = s.other.rowOf(r.line)
		}
		if err != nil {
			err = s.unparsed(&r, err)
		} else {
			r.suspicious, r.lineEnds = r.offset < s.suspicious, s.csvLines > csvLines+1
		}
		if err == nil {
			err = yield(&r)
		}
		if err != nil {
			return err
		}
	}
}

// unparsed says of a record that does not parse why, as long as it is clear
// where the next one begins.
func (s *scanner) unparsed(r *record, err error) error {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, errRecordTooLong):
		return s.recordTooLong(r.offset)
	case !errors.As(err, &parse):
		return s.unreadable(err)
	case s.offset() >= s.size:
		if err := s.unclosedQuote(r.offset); err != nil {
			return err
		}
	}
	r.cells, r.line, r.unparsed = nil, parse.StartLine, s.badRecord(r.offset, parse)
	return nil
}

// badRecord says why a record at offset does not parse.
func (f *File) badRecord(offset int64, parse *csv.ParseError) string {
	head := make([]byte, 64)
	n, _ := f.in.ReadAt(head, offset)
	switch text := bytes.TrimLeft(head[:n], "\r\n"); {
	case f.opt.Comment != NoComment && bytes.HasPrefix(text, []byte("#")) && parse.Line == parse.StartLine:
		return commentReason
	case bytes.HasPrefix(text, append(slices.Clone(byteOrderMark), '"')):
		return "a byte order mark (BOM) stands before the quote that opens the first cell, as when files are joined: take it away"
	case f.isFormula(offset, parse):
		return formulaReason
	}
	return badQuotes(parse)
}
