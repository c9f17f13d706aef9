package csvfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"unicode/utf8"
)

// The file is read in blocks that stay in the processor's cache while all is
// done to them.
const (
	blockSize = 64 << 10 // a multiple of lineStep
	blocks    = 4
)

// feed reads a file ahead of the CSV parser. A second goroutine does all that
// is done to plain bytes (hash, line ends, suspicious bytes), so that the one
// that parses only parses.
type feed struct {
	full chan block
	free chan []byte
	quit chan struct{}

	current    []byte
	unused     []byte // the rest of the block that current is in
	end        int64  // offset after the last block taken
	suspicious int64  // bytes before this offset may be NUL or invalid UTF-8; those after it are neither
	sum        string // SHA-256 of the file, once it has ended
	err        error
}

// block is a stretch of the file as it went from one goroutine to the other.
type block struct {
	data       []byte
	suspicious bool
	sum        string
	err        error // after data
}

// newFeed starts reading the file. stop must be called.
func (f *File) newFeed(lines *lineIndex) *feed {
	d := &feed{full: make(chan block, blocks), free: make(chan []byte, blocks), quit: make(chan struct{})}
	for range blocks {
		d.free <- make([]byte, blockSize)
	}
	lines.expect(f.size)
	w := &feeder{r: f.in, lines: lines, replaced: f.transcoded != ""}
	if f.sum == "" {
		w.hash = sha256.New()
	}
	go w.run(d)
	return d
}

// stop ends the other goroutine and waits for it.
func (f *feed) stop() {
	close(f.quit)
	for range f.full {
	}
}

// offset is the place in the file of what comes next.
func (f *feed) offset() int64 { return f.end - int64(len(f.current)) }

// more makes sure that current holds something, or says why it cannot.
func (f *feed) more() error {
	for len(f.current) == 0 {
		if f.err != nil {
			return f.err
		}
		f.take()
	}
	return nil
}

// skip passes over the first n bytes of the file.
func (f *feed) skip(n int64) error {
	for {
		if err := f.more(); err != nil {
			return err
		}
		part := min(n, int64(len(f.current)))
		f.current = f.current[part:]
		if n -= part; n == 0 {
			return nil
		}
	}
}

// take takes the next block.
func (f *feed) take() {
	if f.unused != nil {
		f.free <- f.unused
	}
	b := <-f.full
	f.current, f.unused = b.data, b.data[:cap(b.data)]
	f.err, f.sum = b.err, b.sum
	f.end += int64(len(b.data))
	if b.suspicious {
		f.suspicious = f.end
	}
}

// feeder is the goroutine behind a feed.
type feeder struct {
	r        io.ReaderAt
	lines    *lineIndex
	hash     hash.Hash // nil where the file's is known
	replaced bool      // the file was transcoded: U+FFFD stands for what could not be
	cut      []byte    // an incomplete character at the end of the block before
}

func (w *feeder) run(f *feed) {
	defer close(f.full)
	for offset := int64(0); ; {
		var buf []byte
		select {
		case buf = <-f.free:
		case <-f.quit:
			return
		}
		b := w.read(buf, offset)
		offset += int64(len(b.data))
		f.full <- b // has room for every buffer there is
		if b.err != nil {
			return
		}
	}
}

// read fills a block from offset on.
func (w *feeder) read(buf []byte, offset int64) block {
	n, err := w.r.ReadAt(buf, offset)
	b := block{data: buf[:n], err: err}
	w.lines.add(offset, b.data)
	b.suspicious = w.isSuspicious(b.data, err != nil)
	if w.hash != nil {
		w.hash.Write(b.data)
	}
	if w.hash != nil && err == io.EOF {
		b.sum = hex.EncodeToString(w.hash.Sum(nil))
	}
	return b
}

// isSuspicious reports whether NUL or invalid UTF-8 is among the data, or was
// cut at the end of the block before.
func (w *feeder) isSuspicious(data []byte, last bool) bool {
	bad := bytes.IndexByte(data, 0) >= 0 || w.replaced && bytes.Contains(data, replacement)
	if len(w.cut) > 0 {
		n := min(utf8.UTFMax, len(data))
		r, size := utf8.DecodeRune(append(w.cut, data[:n]...))
		if r == utf8.RuneError || size <= len(w.cut) {
			bad = true
		}
		data = data[min(max(size-len(w.cut), 0), len(data)):]
	}
	w.cut = w.cut[:0]
	if !last {
		whole := len(data) - incompleteTail(data)
		w.cut = append(w.cut, data[whole:]...)
		data = data[:whole]
	}
	return bad || !utf8.Valid(data)
}

var replacement = []byte("\uFFFD")

// incompleteTail is the number of bytes at the end of data that may be the
// beginning of a character.
func incompleteTail(data []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(data); n++ {
		if c := data[len(data)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(data[len(data)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
