// Package csvfile reads and writes a desired-state CSV.
package csvfile

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"accountsync/internal/inputfile"

	"github.com/gocarina/gocsv"
	"golang.org/x/text/transform"
)

// Bounds on what is no regular file, which is copied.
const (
	pipeSilence = 15 * time.Minute // of a writer: it may be an export that lists first
	streamMost  = 2 << 30          // bytes
)

// File is an opened desired-state CSV of which only the header has been read.
type File struct {
	path string // as given
	name string // as errors show it
	opt  Options

	in         *os.File // can be sought and holds a CSV in UTF-8
	size       int64
	modified   time.Time
	temporary  string      // to be removed on Close; empty when there is nothing to remove
	sum        string      // SHA-256 of the original bytes, known from the start only for a copied file
	transcoded string      // the encoding it was in, "" for UTF-8
	other      *normalised // what was converted to CSV; nil for a CSV
	notes      []string    // of how it came here

	start      int64 // where the header begins, after a byte order mark and the lines before it
	skipped    int   // lines before start
	comma      rune
	header     []string // as the file spells it
	headerLine int
	partial    bool                // the header is that of a failed.csv of ours
	match      *gocsv.Unmarshaller // the header, renamed by Options.Map, against the reserved columns
}

// Open opens a desired-state table, "-" being standard input, and reads its
// header: a CSV, whose encoding and delimiter it finds, one sheet of a workbook
// (book.xlsx#People), lines of JSON objects, or what a web server gives of these
// (https://...). What cannot be sought or is no CSV in UTF-8 is copied to a
// temporary file that only its owner can read.
//
// Errors about the input are of type *FileError.
func Open(path string, opt Options) (*File, error) {
	return OpenContext(context.Background(), path, opt)
}

// OpenContext is Open, with a download that ends when the context does.
func OpenContext(ctx context.Context, path string, opt Options) (*File, error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	if path == "-" {
		if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return nil, missingInput("stdin", inputfile.Readable(info.Mode()))
		}
		return openStream(os.Stdin, path, "stdin", opt)
	}
	if IsURL(path) {
		return openURL(ctx, path, opt)
	}
	path, sheet := splitSheet(path)
	in, err := openPath(path)
	if err != nil {
		return nil, err
	}
	return openFile(in, path, sheet, opt)
}

// splitSheet takes the name of a sheet off a path, book.xlsx#People, unless
// there is a file whose name is that.
func splitSheet(path string) (file, sheet string) {
	at := strings.LastIndexByte(path, '#')
	if at < 0 {
		return path, ""
	}
	if _, err := os.Stat(path); err == nil {
		return path, ""
	}
	return path[:at], path[at+1:]
}

// ColumnsEnd is the end of the name of a file that says how a table is read.
const ColumnsEnd = ".columns.yaml"

// Beside is the path of a file beside a table, with another end of its name:
// people.csv and book.xlsx#People become people.columns.yaml and
// book.columns.yaml; "" for a table that lies in no directory.
func Beside(table, end string) string {
	if table == "" || table == "-" || IsURL(table) {
		return ""
	}
	path, _ := splitSheet(table)
	return strings.TrimSuffix(path, filepath.Ext(path)) + end
}

func openPath(path string) (*os.File, error) {
	in, err := inputfile.Open(path)
	if err != nil {
		return nil, missingInput(path, err)
	}
	return in, nil
}

func missingInput(path string, err error) *FileError {
	msg := err.Error()
	var pe *os.PathError
	if errors.As(err, &pe) {
		msg = pe.Err.Error()
	}
	return &FileError{Path: path, Msg: msg, Err: err, missing: true,
		Hint: "name the desired-state CSV with --file; - reads it from standard input"}
}

// openFile takes over the file.
func openFile(in *os.File, path, sheet string, opt Options) (*File, error) {
	info, err := in.Stat()
	if err != nil {
		in.Close()
		return nil, missingInput(path, err)
	}
	if !info.Mode().IsRegular() {
		defer in.Close()
		return openStream(in, path, path, opt)
	}
	f := &File{path: path, name: path, opt: opt, in: in}
	if sheet != "" {
		f.path += "#" + sheet
	}
	return f.converted(sheet)
}

// openStream copies r to a temporary file and opens that.
func openStream(r io.Reader, path, name string, opt Options) (*File, error) {
	br := bufio.NewReaderSize(inputfile.Bounded(r, streamMost, pipeSilence), 64<<10)
	head, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, missingInput(name, err)
	}
	f := &File{path: path, name: name, opt: opt}
	decoder, err := f.decoder(head)
	if err == nil {
		f.in, err = f.copyTo(br, decoder)
	}
	if err != nil {
		return nil, err
	}
	return f.converted("")
}

// converted replaces a file that is no CSV in UTF-8 by one that is, in a
// temporary file that only its owner can read.
func (f *File) converted(sheet string) (*File, error) {
	err := f.stat()
	head := make([]byte, min(f.size, sampleSize))
	if err == nil {
		if _, err = f.in.ReadAt(head, 0); err == io.EOF {
			err = nil
		} else if err != nil {
			err = f.unreadable(err)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	isBook := bytes.HasPrefix(head, []byte("PK\x03\x04"))
	switch {
	case sheet != "" && !isBook:
		err = f.bad(0, fmt.Sprintf("a sheet %q is asked for, and the file is no workbook (.xlsx)", sheet), "leave out # and what follows it")
	case isBook:
		err = f.normalise(func(out io.Writer) error { return f.normaliseWorkbook(f.in, f.size, sheet, out) })
	case isNDJSON(head):
		err = f.normalise(func(out io.Writer) (err error) {
			f.other, err = normaliseNDJSON(f.in, f.size, f.opt, out)
			return f.badLines(err)
		})
	case f.sum == "": // not copied yet
		if isFailedHeader(firstLine(head)) && utf8.Valid(head[:bytes.LastIndexByte(head, '\n')+1]) {
			f.opt.Encoding = "" // written by us, not as its input was
		}
		var decoder transform.Transformer
		if decoder, err = f.decoder(head); err == nil && decoder != nil {
			err = f.transcode(decoder)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	f.noteUnused(isBook)
	return f.prepared()
}

// noteUnused says which options make no difference to such a file.
func (f *File) noteUnused(isBook bool) {
	var flags []string
	what := "lines of JSON objects"
	if f.other != nil && f.opt.Delimiter != 0 {
		flags = append(flags, "--delimiter")
	}
	if isBook {
		what = "a workbook"
		if f.opt.Encoding != "" {
			flags = append(flags, "--encoding")
		}
	}
	if len(flags) > 0 {
		f.notes = append(f.notes, strings.Join(flags, " and ")+" made no difference: the file is "+what+".")
	}
	if f.opt.HeaderFile != "" && !IsURL(f.path) {
		f.notes = append(f.notes, "--file-header-file made no difference: the file does not come from a web server.")
	}
}

// transcode replaces the file by a copy in UTF-8.
func (f *File) transcode(decoder transform.Transformer) error {
	original := f.in
	defer original.Close()
	in, err := f.copyTo(io.NewSectionReader(original, 0, f.size), decoder)
	if err == nil {
		f.in = in
	}
	return err
}

// normalise replaces the file by the CSV that convert writes, and takes the hash
// of the original.
func (f *File) normalise(convert func(out io.Writer) error) error {
	if f.sum == "" {
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(f.in, 0, f.size)); err != nil {
			return f.unreadable(err)
		}
		f.sum = hex.EncodeToString(h.Sum(nil))
	}
	out, name, err := newTemporary("accountsync-*.csv")
	if err != nil {
		return fmt.Errorf("cannot convert %s in a temporary file: %w", f.name, err)
	}
	err = convert(out)
	if err == nil {
		err = f.unchanged()
	}
	original := &File{in: f.in, temporary: f.temporary}
	f.in, f.temporary = out, name
	return errors.Join(err, original.Close())
}

// badLines is the error of a file of JSON objects.
func (f *File) badLines(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooManyBadLines):
		return f.bad(0, fmt.Sprintf("more than %d lines are no rows", mostBadLines), "write one JSON object a line: jq -c '.[]' turns an array into that")
	case errors.Is(err, errTooWide), errors.Is(err, errRecordTooLong):
		return f.bad(0, err.Error(), "this is hardly a file of accounts; is it the right one?")
	}
	return f.unreadable(err)
}

// prepared finds out all that must be known before the first row.
func (f *File) prepared() (*File, error) {
	err := f.stat()
	if err == nil {
		err = f.readHead()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) stat() error {
	info, err := f.in.Stat()
	if err != nil {
		return f.unreadable(err)
	}
	f.size, f.modified = info.Size(), info.ModTime()
	return nil
}

// unchanged fails when the file was written to since it was opened.
func (f *File) unchanged() error {
	info, err := f.in.Stat()
	if err != nil {
		return f.unreadable(err)
	}
	if info.Size() != f.size || !info.ModTime().Equal(f.modified) {
		return &FileError{Path: f.name, Msg: "the file was changed while it was read",
			Hint: "run again once nobody writes to it any more"}
	}
	return nil
}

func (f *File) unreadable(err error) *FileError {
	return &FileError{Path: f.name, Msg: "cannot be read: " + err.Error(), Err: err}
}

// Close closes the file and removes its temporary copy.
func (f *File) Close() error {
	err := f.in.Close()
	if f.temporary != "" {
		err = errors.Join(err, os.Remove(f.temporary))
		f.temporary = ""
	}
	return err
}
