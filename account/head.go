package account

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// sampleSize is how much of a file is looked at to find out what it is.
const sampleSize = 64 << 10

// readHead finds the delimiter and reads the header.
func (f *File) readHead() error {
	sample, err := f.sample()
	if err != nil {
		return err
	}
	f.comma = f.opt.Delimiter
	if f.comma == 0 {
		f.comma = findDelimiter(sample)
	}
	cr := f.csvReader(&recordLimit{r: io.NewSectionReader(f.in, f.start, f.size-f.start)})
	f.match, err = matchReserved(cr)
	if err != nil {
		return f.headerError(err)
	}
	f.header = f.match.Headers
	f.headerLine, _ = cr.FieldPos(0)
	if f.partial = slices.ContainsFunc(f.header, IsFailedColumn); f.partial {
		unquoteFormulas(f.header)
	}
	if err := f.checkHeader(); err != nil {
		return err
	}
	return f.match.RenormalizeHeaders(f.renamed)
}

// sample returns the beginning of the file after its byte order mark.
func (f *File) sample() ([]byte, error) {
	sample := make([]byte, min(f.size, sampleSize))
	if n, err := f.in.ReadAt(sample, 0); err != nil && (err != io.EOF || n < len(sample)) {
		return nil, f.unreadable(err)
	}
	if rest, found := bytes.CutPrefix(sample, []byte("\uFEFF")); found {
		sample, f.start = rest, 3
	}
	return sample, f.checkSample(sample)
}

// checkSample tells apart what is no CSV file at all.
func (f *File) checkSample(sample []byte) error {
	switch {
	case len(bytes.TrimSpace(sample)) == 0 && f.size <= sampleSize:
		return f.bad(0, "the file is empty: it has no header", "an empty file never means that nothing is desired; write a header line")
	case bytes.HasPrefix(sample, []byte("PK\x03\x04")):
		return f.bad(0, "this is a zip archive or an Excel workbook, not a CSV file", "save the sheet as CSV (UTF-8)")
	case bytes.HasPrefix(sample, []byte("\x1F\x8B")):
		return f.bad(0, "this is a gzip archive, not a CSV file", "unpack it first: gunzip -c FILE | accountsync ... --file -")
	case isUTF32(sample):
		return f.bad(0, "this is UTF-32", "save the file as UTF-8")
	}
	text := bytes.TrimLeft(sample, "\r\n")
	at := 1 + bytes.Count(sample[:len(sample)-len(text)], newline)
	line, _, _ := bytes.Cut(text, newline)
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		return f.bad(at, "the header holds NUL bytes: this is a binary file, or UTF-16 without a byte order mark", "save the file as UTF-8")
	case bytes.IndexByte(bytes.TrimSuffix(line, []byte("\r")), '\r') >= 0:
		return f.bad(at, "the lines end in a lone CR (as on an old Mac), so that the whole file is one line", "convert the line ends: tr '\\r' '\\n' < FILE | accountsync ... --file -")
	}
	return nil
}

func (f *File) bad(line int, msg, hint string) *FileError {
	return &FileError{Path: f.name, Line: line, Msg: msg, Hint: hint}
}

// csvReader reads records in the file's dialect. It does not count their cells.
func (f *File) csvReader(r io.Reader) *csv.Reader {
	cr := csv.NewReader(r)
	cr.Comma = f.comma
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	return cr
}

func (f *File) headerError(err error) error {
	var parse *csv.ParseError
	switch {
	case err == io.EOF:
		return f.bad(0, "the file is empty: it has no header", "an empty file never means that nothing is desired; write a header line")
	case errors.Is(err, errRecordTooLong):
		return f.recordTooLong(f.start)
	case errors.As(err, &parse):
		return f.parseError(parse, f.start)
	}
	return f.unreadable(err)
}

// renamed is the header with Options.Map applied.
func (f *File) renamed([]string) []string {
	names := slices.Clone(f.header)
	for i, h := range names {
		if name, ok := f.opt.Map[h]; ok {
			names[i] = name
		}
	}
	return names
}

// checkHeader finds what no header may be, whatever the schema.
func (f *File) checkHeader() error {
	for i, h := range f.header {
		switch {
		case strings.ContainsRune(h, 0):
			return f.bad(f.headerLine, "the header holds NUL bytes: this is a binary file", "save the file as UTF-8")
		case !utf8.ValidString(h):
			return f.bad(f.headerLine, fmt.Sprintf("the header is not valid UTF-8 (cell %d)", i+1), "save the file as UTF-8")
		case strings.TrimSpace(h) == "":
			return f.bad(f.headerLine, fmt.Sprintf("header cell %d is empty", i+1), "name the column, or take it out of the file")
		case slices.Index(f.header, h) < i:
			return f.bad(f.headerLine, fmt.Sprintf("column %q is there twice", h), "keep one of them")
		}
	}
	for h := range f.opt.Map {
		if !slices.Contains(f.header, h) {
			return f.bad(f.headerLine, fmt.Sprintf("the file has no column %q to map", h)+didYouMean(h, f.header), "correct --map")
		}
	}
	return nil
}
