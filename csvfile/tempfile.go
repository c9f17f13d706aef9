package csvfile

import (
	"accountsync/internal/inputfile"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// isUTF16 reports whether the head of a file carries the byte order mark of UTF-16.
func isUTF16(head []byte) bool {
	return !isUTF32(head) && (bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")))
}

func isUTF32(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xFF\xFE\x00\x00")) || bytes.HasPrefix(head, []byte("\x00\x00\xFE\xFF"))
}

// spool copies r to a temporary file, as UTF-8, and takes the hash of the
// original bytes on the way.
func (f *File) spool(r io.Reader) (err error) {
	if f.in, err = os.CreateTemp("", "accountsync-*.csv"); err != nil { // mode 0600
		return fmt.Errorf("cannot copy %s to a temporary file: %w", f.name, err)
	}
	if os.Remove(f.in.Name()) != nil { // some systems keep an open file's name until it is closed
		f.temporary = f.in.Name()
	}
	h := sha256.New()
	r = io.TeeReader(r, h)
	if f.transcoded {
		r = transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	}
	if _, err := io.Copy(f.in, r); err != nil {
		f.Close()
		if errors.Is(err, inputfile.ErrEndless) {
			return missingInput(f.name, err)
		}
		return fmt.Errorf("cannot copy %s to a temporary file: %w", f.name, err)
	}
	f.sum = hex.EncodeToString(h.Sum(nil))
	return nil
}
