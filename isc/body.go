package isc

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const (
	maxBody   = 64 << 20 // bytes, unpacked; a page of 250 accounts has about 0.3 MB
	maxPacked = 16 << 20 // bytes on the wire of a packed one
	keepBody  = 4 << 20  // a buffer that grew past this is not kept for the next answer
)

var errTooLong = fmt.Errorf("the answer is longer than %d MiB", maxBody>>20)

var (
	buffers   = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	unpackers = sync.Pool{New: func() any { return new(gzip.Reader) }}
)

// readText reads the body to its end, closes it and returns it as one string,
// with the memory that is held for it. What is packed it unpacks itself: for a
// large source that is most of the work, and net/http takes half as long again.
func readText(ctx context.Context, resp *http.Response) (text string, held *memory, err error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= keepBody {
			buffers.Put(buf)
		}
	}()
	buf.Reset()
	held = &memory{ctx: ctx}
	packed := isGzip(resp.Header)
	err = readInto(buf, resp, packed, held)
	if !packed {
		return buf.String(), held, err
	}
	text, unpackErr := unpack(buf.Bytes(), held)
	if errors.Is(unpackErr, gzip.ErrHeader) { // it only says so
		return buf.String(), held, cmp.Or(err, unpackErr)
	}
	return text, held, cmp.Or(err, unpackErr)
}

func isGzip(h http.Header) bool {
	encoding := strings.ToLower(strings.TrimSpace(h.Get("Content-Encoding")))
	return encoding == "gzip" || encoding == "x-gzip"
}

// unpack is the text, or what there is of it.
func unpack(packed []byte, held *memory) (string, error) {
	if len(packed) == 0 {
		return "", nil
	}
	z := unpackers.Get().(*gzip.Reader)
	defer unpackers.Put(z)
	if err := z.Reset(bytes.NewReader(packed)); err != nil {
		return "", err
	}
	text := limited{held: held}
	text.Grow(min(unpackedSize(packed), keepBody))
	_, err := z.WriteTo(&text)
	return text.String(), err
}

// unpackedSize is how long the text says it is, at its end, which may be cut off.
func unpackedSize(packed []byte) int {
	if len(packed) < 4 {
		return 0
	}
	said := binary.LittleEndian.Uint32(packed[len(packed)-4:])
	return min(int(said), 32*len(packed), maxBody)
}

// limited is a text of up to maxBody bytes.
type limited struct {
	strings.Builder
	held *memory
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxBody {
		return 0, errTooLong
	}
	if err := l.held.grow(len(p)); err != nil {
		return 0, err
	}
	return l.Builder.Write(p)
}

func readBody(ctx context.Context, resp *http.Response) ([]byte, error) {
	var buf bytes.Buffer
	held := &memory{ctx: ctx}
	defer held.release()
	err := readInto(&buf, resp, false, held)
	return buf.Bytes(), err
}

func readInto(buf *bytes.Buffer, resp *http.Response, packed bool, held *memory) error {
	defer resp.Body.Close()
	most := int64(maxBody)
	if packed {
		most = maxPacked
	}
	if n := resp.ContentLength; n > 0 && n <= keepBody {
		buf.Grow(int(n) + bytes.MinRead) // so that ReadFrom finds room to see the end
	}
	n, err := buf.ReadFrom(&metered{io.LimitReader(resp.Body, most+1), held})
	if err == nil && n > most {
		return errTooLong
	}
	return err
}

// metered is a reader whose bytes are kept in memory.
type metered struct {
	io.Reader
	held *memory
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if growErr := m.held.grow(n); growErr != nil {
		return n, growErr
	}
	return n, err
}
