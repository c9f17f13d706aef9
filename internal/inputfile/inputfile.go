// Package inputfile opens files that people hand us: a device or a pipe among
// them may never end, or never begin.
package inputfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// writerWait is how long Open waits until somebody writes to a named pipe.
const writerWait = 30 * time.Second

// ErrEndless says that an input does not end, or never begins.
var ErrEndless = errors.New("no end of it came")

// Open opens a file to read. What is neither a regular file nor a pipe,
// such as a device or a terminal, may never end and is refused; a named pipe
// whose writer does not come is given up.
func Open(path string) (*os.File, error) { return openWithin(path, writerWait) }

func openWithin(path string, wait time.Duration) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := Readable(info.Mode()); err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	if info.Mode()&fs.ModeNamedPipe == 0 {
		return os.Open(path)
	}
	return openPipe(path, wait)
}

// Readable refuses what may have no end.
func Readable(mode fs.FileMode) error {
	switch {
	case mode.IsRegular(), mode&fs.ModeNamedPipe != 0:
		return nil
	case mode.IsDir():
		return errors.New("is a directory, not a file")
	case mode&fs.ModeCharDevice != 0:
		return errors.New("is a device or a terminal, not a file: what it says may have no end")
	}
	return errors.New("is no regular file")
}

// openPipe waits for the writer of a named pipe, which opening it does.
func openPipe(path string, wait time.Duration) (*os.File, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		file, err := os.Open(path)
		done <- opened{file, err}
	}()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.file, o.err
	case <-timer.C:
		return nil, &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("%w: nobody writes to this named pipe (waited %s)", ErrEndless, wait)}
	}
}

// ReadAll reads a small file whole: settings, a secret, a list of names.
func ReadAll(path string, most int64) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(Bounded(file, most, writerWait))
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return text, nil
}

// bounded reads at most so many bytes, and waits for each piece only so long.
type bounded struct {
	pieces chan piece
	ended  chan struct{}
	rest   []byte
	err    error
	left   int64
	most   int64
	wait   time.Duration
}

type piece struct {
	text []byte
	err  error
}

// Bounded reads r, which may hang, in a goroutine of its own. That ends
// with r, or with its next piece once the reader has failed.
func Bounded(r io.Reader, most int64, wait time.Duration) io.Reader {
	b := &bounded{pieces: make(chan piece), ended: make(chan struct{}), left: most, most: most, wait: wait}
	go func() {
		for {
			buf := make([]byte, 64<<10)
			n, err := r.Read(buf)
			select {
			case b.pieces <- piece{buf[:n], err}:
			case <-b.ended:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return b
}

func (b *bounded) Read(p []byte) (int, error) {
	for len(b.rest) == 0 && b.err == nil {
		b.next()
	}
	if len(b.rest) > 0 {
		n := copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	return 0, b.err
}

// next waits for the next piece.
func (b *bounded) next() {
	timer := time.NewTimer(b.wait)
	defer timer.Stop()
	select {
	case got := <-b.pieces:
		b.rest, b.err = got.text, got.err
		if b.left -= int64(len(got.text)); b.left < 0 {
			b.fail(fmt.Errorf("%w: it is longer than %d bytes", ErrEndless, b.most))
		}
	case <-timer.C:
		b.fail(fmt.Errorf("%w: nothing came for %s", ErrEndless, b.wait))
	}
}

func (b *bounded) fail(err error) {
	b.rest, b.err = nil, err
	close(b.ended)
}
