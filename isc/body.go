package isc

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const (
	maxBody  = 64 << 20 // bytes, unpacked; a page of 250 accounts has about 0.3 MB
	keepBody = 4 << 20  // a buffer that grew past this is not kept for the next answer
)

var errTooLong = fmt.Errorf("the answer is longer than %d MiB", maxBody>>20)

var (
	buffers   = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	unpackers = sync.Pool{New: func() any { return new(gzip.Reader) }}
)

// readText reads the body to its end, closes it and returns it as one string.
// What is packed it unpacks itself: for a large source that is most of the
// work, and net/http takes half as long again.
func readText(resp *http.Response) (string, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= keepBody {
			buffers.Put(buf)
		}
	}()
	buf.Reset()
	err := readInto(buf, resp)
	if !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return buf.String(), err
	}
	text, unpackErr := unpack(buf.Bytes())
	return text, cmp.Or(err, unpackErr)
}

// unpack is the text, or what there is of it.
func unpack(packed []byte) (string, error) {
	if len(packed) == 0 {
		return "", nil
	}
	z := unpackers.Get().(*gzip.Reader)
	defer unpackers.Put(z)
	if err := z.Reset(bytes.NewReader(packed)); err != nil {
		return "", err
	}
	var text limited
	text.Grow(unpackedSize(packed))
	_, err := z.WriteTo(&text)
	return text.String(), err
}

// unpackedSize is how long the text says it is, at its end, which may be cut off.
func unpackedSize(packed []byte) int {
	said := binary.LittleEndian.Uint32(packed[len(packed)-4:])
	return min(int(said), 32*len(packed), maxBody)
}

// limited is a text of up to maxBody bytes.
type limited struct{ strings.Builder }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxBody {
		return 0, errTooLong
	}
	return l.Builder.Write(p)
}

func readBody(resp *http.Response) ([]byte, error) {
	var buf bytes.Buffer
	err := readInto(&buf, resp)
	return buf.Bytes(), err
}

func readInto(buf *bytes.Buffer, resp *http.Response) error {
	defer resp.Body.Close()
	if n := resp.ContentLength; n > 0 && n <= maxBody {
		buf.Grow(int(n) + bytes.MinRead) // so that ReadFrom finds room to see the end
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && n > maxBody {
		return errTooLong
	}
	return err
}
