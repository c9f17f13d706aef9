package account

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"unicode/utf8"
)

// The file is read in pieces that stay in the processor's cache while all is
// done to them, and handed over in blocks. Blocks of this size also make the
// garbage collector run half as often while the rows are parsed.
const (
	pieceSize = 64 << 10 // a multiple of lineStep
	blockSize = 16 * pieceSize
	blocks    = 3
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

// newFeed starts reading the size bytes of r. stop must be called.
func newFeed(r io.ReaderAt, size int64, lines *lineIndex, replaced bool) *feed {
	f := &feed{full: make(chan block, blocks), free: make(chan []byte, blocks), quit: make(chan struct{})}
	for range blocks {
		f.free <- make([]byte, min(blockSize, (size/pieceSize+1)*pieceSize))
	}
	go (&feeder{r: r, lines: lines, hash: sha256.New(), replaced: replaced}).run(f)
	return f
}

// stop ends the other goroutine and waits for it.
func (f *feed) stop() {
	close(f.quit)
	for range f.full {
	}
}

// Read implements io.Reader.
func (f *feed) Read(p []byte) (int, error) {
	for len(f.current) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.next()
	}
	n := copy(p, f.current)
	f.current = f.current[n:]
	return n, nil
}

// next takes the next block.
func (f *feed) next() {
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
	hash     hash.Hash
	replaced bool   // the file was transcoded: U+FFFD stands for what could not be
	cut      []byte // an incomplete character at the end of the block before
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

// read fills a block from offset on, piece by piece.
func (w *feeder) read(buf []byte, offset int64) block {
	var b block
	for n := 0; n < len(buf) && b.err == nil; n = len(b.data) {
		var got int
		got, b.err = w.r.ReadAt(buf[n:n+pieceSize], offset+int64(n))
		piece := buf[n : n+got]
		w.hash.Write(piece)
		w.lines.add(offset+int64(n), piece)
		b.suspicious = w.isSuspicious(piece, b.err != nil) || b.suspicious
		b.data = buf[:n+got]
	}
	if b.err == io.EOF {
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
