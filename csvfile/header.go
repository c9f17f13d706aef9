package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/suggest"
)

// sampleSize is how much of a file is looked at to find out what it is.
const sampleSize = 64 << 10

// readHead finds the delimiter and reads the header.
func (f *File) readHead() error {
	sample, err := f.beginning()
	if err != nil {
		return err
	}
	if f.comma == 0 {
		f.comma = findDelimiter(sample, f.opt.comment())
	}
	if err := f.readHeader(); err != nil {
		return f.orPreamble(err, f.mapsFrom())
	}
	return f.match.RenormalizeHeaders(f.renamed)
}

func (f *File) readHeader() (err error) {
	cr := f.csvReader(&recordLimit{r: io.NewSectionReader(f.in, f.start, f.size-f.start)})
	f.match, err = matchReserved(cr)
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
		parse.StartLine += f.skipped
		parse.Line += f.skipped
	}
	if err != nil {
		return f.headerError(err)
	}
	f.header = f.match.Headers
	f.trimHeader()
	f.headerLine, _ = cr.FieldPos(0)
	f.headerLine += f.skipped
	if f.partial = slices.ContainsFunc(f.header, isFailedColumn); f.partial {
		unquoteFormulas(f.header)
	}
	return f.checkHeader()
}

func (f *File) trimHeader() {
	if f.opt.Trim {
		for i, h := range f.header {
			f.header[i] = account.TrimBlank(h)
		}
	}
}

// beginning returns the beginning of the file, from its header on, after it
// has passed over byte order marks and the lines that are known to come before
// the header: those of Options.SkipLines, comments, and one that names the delimiter.
func (f *File) beginning() ([]byte, error) {
	sample, err := f.sample()
	for ; err == nil && bytes.HasPrefix(sample, byteOrderMark); sample, err = f.sample() {
		f.start += int64(len(byteOrderMark))
	}
	if err == nil {
		err = f.checkKind(sample)
	}
	if isFailedHeader(firstLine(sample)) { // written by us, not as its input was
		f.opt.SkipLines, f.opt.Delimiter = 0, 0
	}
	if f.comma = f.opt.Delimiter; f.other != nil {
		f.comma = ','
	}
	if err == nil && f.opt.SkipLines > 0 {
		if err = f.skipLines(f.opt.SkipLines); err == nil {
			sample, err = f.sample()
		}
	}
	for err == nil && f.known(firstLine(sample)) {
		if err = f.skipLines(1); err == nil {
			sample, err = f.sample()
		}
	}
	if err != nil {
		return nil, err
	}
	return sample, f.checkSample(sample)
}

var byteOrderMark = []byte("\uFEFF")

// sample is what begins at start.
func (f *File) sample() ([]byte, error) {
	sample := make([]byte, min(f.size-f.start, sampleSize))
	if n, err := f.in.ReadAt(sample, f.start); err != nil && (err != io.EOF || n < len(sample)) {
		return nil, f.unreadable(err)
	}
	return sample, nil
}

// foreign are files of other kinds, by their first bytes.
var foreign = []struct{ head, what, hint string }{
	{"\x1F\x8B", "a gzip archive", "unpack it first: gunzip -c FILE | accountsync ... --file -"},
	{"\xD0\xCF\x11\xE0", "an old Excel workbook (.xls), or one with a password", "save it without a password as .xlsx, or the sheet as CSV (UTF-8)"},
	{"%PDF-", "a PDF document", "export the table as CSV (UTF-8) instead"},
	{"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it first"},
	{"BZh", "a bzip2 archive", "unpack it first"},
	{"\x28\xB5\x2F\xFD", "a zstd archive", "unpack it first"},
	{"\xFD7zXZ", "an xz archive", "unpack it first"},
	{"Rar!\x1A\x07", "a RAR archive", "unpack it first"},
	{"Obj\x01", "an Avro file", "export the table as CSV (UTF-8) instead"},
	{"version https://git-lfs", "what Git LFS keeps in place of a file", "fetch the file itself: git lfs pull"},
	{"-----BEGIN PGP MESSAGE", "an encrypted file", "decrypt it first: gpg --decrypt FILE | accountsync ... --file -"},
	{"age-encryption.org/", "an encrypted file", "decrypt it first: age --decrypt FILE | accountsync ... --file -"},
	{"$ANSIBLE_VAULT", "an encrypted file", "decrypt it first: ansible-vault view FILE | accountsync ... --file -"},
	{"PAR1", "a Parquet file", "export the table as CSV (UTF-8) instead"},
	{"SQLite format 3", "an SQLite database", "export the table as CSV: sqlite3 -csv -header FILE 'select ...' | accountsync ... --file -"},
	{"{\\rtf", "a rich text document", "save the table as CSV (UTF-8)"},
	{"<!doctype html", "a web page", "it may be a sign-in page: download the file itself"},
	{"<html", "a web page", "it may be a sign-in page: download the file itself"},
	{"<?xml", "an XML document", "export the table as CSV (UTF-8) instead"},
	{"[{", "a JSON array", "write one object a line: jq -c '.[]' FILE | accountsync ... --file -"},
	{"[\n", "a JSON array", "write one object a line: jq -c '.[]' FILE | accountsync ... --file -"},
	{"[\r\n", "a JSON array", "write one object a line: jq -c '.[]' FILE | accountsync ... --file -"},
}

// checkKind tells apart what is no table.
func (f *File) checkKind(sample []byte) error {
	if f.other != nil {
		return nil
	}
	head := strings.ToLower(string(sample[:min(len(sample), 32)]))
	for _, kind := range foreign {
		if strings.HasPrefix(head, strings.ToLower(kind.head)) {
			return f.bad(0, "this is "+kind.what+", not a CSV file", kind.hint)
		}
	}
	if isUTF32(sample) {
		return f.bad(0, "this is UTF-32", "save the file as UTF-8")
	}
	return nil
}

// checkSample tells apart what has no header.
func (f *File) checkSample(sample []byte) error {
	if len(bytes.TrimSpace(sample)) == 0 && f.size-f.start <= sampleSize {
		return f.headerError(io.EOF)
	}
	text := bytes.TrimLeft(sample, "\r\n")
	at := f.skipped + 1 + bytes.Count(sample[:len(sample)-len(text)], newline)
	line, _, _ := bytes.Cut(text, newline)
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		return f.bad(at, "the header holds NUL bytes: this is a binary file, or UTF-16 without a byte order mark", utf16Hint(line))
	case bytes.IndexByte(bytes.TrimSuffix(line, []byte("\r")), '\r') >= 0:
		return f.bad(at, "the lines end in a lone CR (as on an old Mac), so that the whole file is one line", "convert the line ends: tr '\\r' '\\n' < FILE | accountsync ... --file -")
	}
	if at, what, hint := drawnTable(sample); at > 0 && f.other == nil {
		return f.bad(f.skipped+at, what+", not a CSV file", hint)
	}
	return nil
}

func (f *File) bad(line int, msg, hint string) *FileError {
	e := &FileError{Path: f.name, Line: f.other.rowOf(line), Msg: msg, Hint: hint}
	if f.other != nil {
		e.Sheet = f.other.sheet
	}
	return e
}

// csvReader reads records in the file's dialect. It does not count their cells.
func (f *File) csvReader(r io.Reader) *csv.Reader {
	cr := csv.NewReader(r)
	cr.Comma = f.comma
	cr.Comment = f.opt.comment()
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	return cr
}

func (f *File) headerError(err error) error {
	var parse *csv.ParseError
	switch {
	case err == io.EOF && f.opt.SkipLines > 0:
		return f.bad(0, fmt.Sprintf("the file has no header after the %d lines that --skip-lines passes over", f.opt.SkipLines), "give --skip-lines the number of lines before the header")
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
			return f.bad(f.headerLine, fmt.Sprintf("the header is not valid UTF-8 (cell %d)", i+1), encodingHint(h))
		case isNameless(h): // which is no column, as long as its cells are empty
		case slices.Index(f.header, h) < i:
			return f.bad(f.headerLine, fmt.Sprintf("column %q is there twice", h), "keep one of them")
		}
	}
	for h := range f.opt.Map {
		if !slices.Contains(f.header, h) {
			return f.bad(f.headerLine, fmt.Sprintf("the file has no column %q to map", h)+suggest.DidYouMean(h, f.header), "correct --map")
		}
	}
	return nil
}

// mapsFrom tells a header by the columns that Options.Map names; nil without any.
func (f *File) mapsFrom() func(names []string) bool {
	if len(f.opt.Map) == 0 {
		return nil
	}
	return func(names []string) bool {
		for h := range f.opt.Map {
			if !slices.Contains(names, h) {
				return false
			}
		}
		return true
	}
}

// isNameless reports whether a cell of the header names no column.
func isNameless(header string) bool { return strings.TrimSpace(header) == "" }
