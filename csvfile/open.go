// Package csvfile reads and writes a desired-state CSV.
package csvfile

import (
	"accountsync/internal/inputfile"
	"bufio"
	"errors"
	"io"
	"os"
	"time"

	"github.com/gocarina/gocsv"
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

	in         *os.File // can be sought and holds UTF-8
	size       int64
	modified   time.Time
	temporary  string // to be removed on Close; empty when there is nothing to remove
	sum        string // SHA-256 of the original bytes, known from the start only for a copied file
	transcoded bool

	start      int64 // where the header begins, after a byte order mark and the lines before it
	skipped    int   // lines before start
	comma      rune
	header     []string // as the file spells it
	headerLine int
	partial    bool                // the header is that of a failed.csv of ours
	match      *gocsv.Unmarshaller // the header, renamed by Options.Map, against the reserved columns
}

// Open opens a desired-state CSV, "-" being standard input, finds its encoding
// and delimiter and reads its header. What cannot be sought or is UTF-16 is
// copied to a temporary file that only its owner can read.
//
// Errors about the input are of type *FileError.
func Open(path string, opt Options) (*File, error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	if path == "-" {
		if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return nil, missingInput("stdin", inputfile.Readable(info.Mode()))
		}
		return openStream(os.Stdin, path, "stdin", opt)
	}
	in, err := openPath(path)
	if err != nil {
		return nil, err
	}
	return openFile(in, path, opt)
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
func openFile(in *os.File, path string, opt Options) (*File, error) {
	info, err := in.Stat()
	if err != nil {
		in.Close()
		return nil, missingInput(path, err)
	}
	head := make([]byte, 4)
	n := 0
	if info.Mode().IsRegular() {
		n, _ = in.ReadAt(head, 0)
	}
	if !info.Mode().IsRegular() || isUTF16(head[:n]) {
		defer in.Close()
		return openStream(in, path, path, opt)
	}
	f := &File{path: path, name: path, opt: opt, in: in}
	return f.prepared()
}

// openStream copies r to a temporary file and opens that.
func openStream(r io.Reader, path, name string, opt Options) (*File, error) {
	br := bufio.NewReaderSize(inputfile.Bounded(r, streamMost, pipeSilence), 64<<10)
	head, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, missingInput(name, err)
	}
	f := &File{path: path, name: name, opt: opt, transcoded: isUTF16(head)}
	if err := f.spool(br); err != nil {
		return nil, err
	}
	return f.prepared()
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
