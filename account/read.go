package account

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
)

// Read streams the file once. For every record it calls each with either a row
// or the reason why there is none; the row is used again for the next record.
// An error of each ends the reading and is returned as it is; any other error
// (a *FileError) means that the file cannot be used: act on no row of it before
// Read has returned nil.
func (t *Table) Read(each func(*Row, *Rejected) error) error {
	src := newFeed(t.in, t.size, &t.lines, t.transcoded)
	defer src.stop()
	if _, err := io.CopyN(io.Discard, src, t.start); err != nil {
		return t.unreadable(err)
	}
	limit := &recordLimit{r: src}
	r := &records{Table: t, feed: src, limit: limit, csv: t.csvReader(bufio.NewReaderSize(limit, 64<<10))}
	if _, err := r.csv.Read(); err != nil { // the header
		return t.headerError(err)
	}
	if err := r.each(each); err != nil {
		return err
	}
	if t.sum == "" {
		t.sum = src.sum
	}
	return t.unchanged()
}

// records reads the records below the header one after the other.
type records struct {
	*Table
	feed  *feed
	limit *recordLimit
	csv   *csv.Reader
}

func (r *records) each(yield func(*Row, *Rejected) error) error {
	row := Row{Cells: make([]string, len(r.columns))}
	for {
		r.limit.recordStart = r.csv.InputOffset()
		row.Offset = r.start + r.limit.recordStart
		record, err := r.csv.Read()
		if err == io.EOF {
			return nil
		}
		var rejected *Rejected
		if err != nil {
			if rejected, err = r.unparsed(err, row.Offset); err != nil {
				return err
			}
		} else {
			row.Line, _ = r.csv.FieldPos(0)
			if reason := r.fill(&row, record, row.Offset < r.feed.suspicious); reason != "" {
				rejected = &Rejected{Line: row.Line, Key: row.Key, Reason: reason, Offset: row.Offset}
			}
		}
		if err := r.deliver(yield, &row, rejected); err != nil {
			return err
		}
	}
}

func (r *records) deliver(yield func(*Row, *Rejected) error, row *Row, rejected *Rejected) error {
	if rejected != nil {
		return yield(nil, rejected)
	}
	return yield(row, nil)
}

// unparsed makes a rejected row of a record that does not parse, as long as it
// is clear where the next one begins.
func (r *records) unparsed(err error, offset int64) (*Rejected, error) {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, errRecordTooLong):
		return nil, r.recordTooLong(offset)
	case !errors.As(err, &parse):
		return nil, r.unreadable(err)
	case r.start+r.csv.InputOffset() >= r.size:
		if err := r.unclosedQuote(offset); err != nil {
			return nil, err
		}
	}
	return &Rejected{Line: parse.StartLine, Reason: badQuotes(parse), Offset: -1}, nil
}
