package account

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
)

// record is one record below the header. It is used again for the next one.
type record struct {
	cells      []string
	line       int
	offset     int64
	suspicious bool   // it may hold NUL or invalid UTF-8
	unparsed   string // why it has no cells
}

// scan reads the file once and calls each with its records, one after the
// other. An error of each ends it and is returned as it is, any other is a
// *FileError.
func (f *File) scan(lines *lineIndex, each func(*record) error) error {
	src := newFeed(f.in, f.size, lines, f.transcoded)
	defer src.stop()
	if _, err := io.CopyN(io.Discard, src, f.start); err != nil {
		return f.unreadable(err)
	}
	limit := &recordLimit{r: src}
	s := &scanner{File: f, feed: src, limit: limit, csv: f.csvReader(bufio.NewReaderSize(limit, 64<<10))}
	if _, err := s.csv.Read(); err != nil { // the header
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
	feed  *feed
	limit *recordLimit
	csv   *csv.Reader
}

func (s *scanner) each(yield func(*record) error) error {
	var r record
	for {
		s.limit.recordStart = s.csv.InputOffset()
		r.offset = s.start + s.limit.recordStart
		var err error
		if r.cells, err = s.csv.Read(); err == io.EOF {
			return nil
		}
		if r.unparsed = ""; err != nil {
			err = s.unparsed(&r, err)
		} else {
			r.line, _ = s.csv.FieldPos(0)
			r.suspicious = r.offset < s.feed.suspicious
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
	case s.start+s.csv.InputOffset() >= s.size:
		if err := s.unclosedQuote(r.offset); err != nil {
			return err
		}
	}
	r.cells, r.line, r.unparsed = nil, parse.StartLine, badQuotes(parse)
	return nil
}
