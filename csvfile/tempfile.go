package csvfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"accountsync/internal/inputfile"

	"golang.org/x/text/transform"
)

// isUTF16 reports whether the head of a file carries the byte order mark of UTF-16.
func isUTF16(head []byte) bool {
	return !isUTF32(head) && (bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")))
}

func isUTF32(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xFF\xFE\x00\x00")) || bytes.HasPrefix(head, []byte("\x00\x00\xFE\xFF"))
}

// newTemporary makes a temporary file that only its owner can read. Its name is
// gone where the system allows that; elsewhere it is to be removed in the end.
func newTemporary(pattern string) (file *os.File, name string, err error) {
	if file, err = os.CreateTemp("", pattern); err != nil { // mode 0600
		return nil, "", err
	}
	if os.Remove(file.Name()) != nil { // some systems keep an open file's name until it is closed
		name = file.Name()
	}
	return file, name, nil
}

// countingWriter counts what is written to a buffer.
type countingWriter struct {
	*bufio.Writer
	n int64
}

func newCountingWriter(w io.Writer) *countingWriter {
	return &countingWriter{Writer: bufio.NewWriterSize(w, 64<<10)}
}

// WriteString implements io.StringWriter.
func (w *countingWriter) WriteString(s string) (int, error) {
	w.n += int64(len(s))
	return w.Writer.WriteString(s)
}

// copyTo copies what r holds to a temporary file, by way of the decoder where
// there is one, and takes the hash of the original bytes on the way.
func (f *File) copyTo(r io.Reader, decoder transform.Transformer) (*os.File, error) {
	file, name, err := newTemporary("accountsync-*.csv")
	if err != nil {
		return nil, fmt.Errorf("cannot copy %s to a temporary file: %w", f.name, err)
	}
	f.temporary = name
	h := sha256.New()
	r = io.TeeReader(r, h)
	if decoder != nil {
		r = transform.NewReader(r, decoder)
	}
	if _, err := io.Copy(file, r); err != nil {
		f.in = file
		f.Close()
		if file := (*FileError)(nil); errors.As(err, &file) {
			return nil, file
		}
		if errors.Is(err, inputfile.ErrEndless) {
			return nil, missingInput(f.name, err)
		}
		return nil, fmt.Errorf("cannot copy %s to a temporary file: %w", f.name, err)
	}
	f.sum = hex.EncodeToString(h.Sum(nil))
	return file, nil
}
