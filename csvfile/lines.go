package csvfile

import (
	"bytes"
	"io"
	"slices"
	"sync"
)

// lineStep is the distance, in bytes, between the places whose line is known.
const lineStep = 4096

// lineIndex knows the line of any place in a file, by the line ends counted
// before every lineStep bytes of it. The zero value knows where line 1 begins.
type lineIndex struct {
	mu     sync.RWMutex
	before []int64 // line ends before byte (i+1)*lineStep
}

// expect makes room for what add is to count in so many bytes.
func (x *lineIndex) expect(size int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.before = slices.Grow(x.before, max(0, int(size/lineStep)-len(x.before)))
}

// add counts the line ends of the bytes at offset, which are multiples of
// lineStep save at the end of the file. What is known already is left alone.
func (x *lineIndex) add(offset int64, data []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for len(data) >= lineStep {
		if offset == int64(len(x.before))*lineStep {
			n := int64(bytes.Count(data[:lineStep], newline))
			if len(x.before) > 0 {
				n += x.before[len(x.before)-1]
			}
			x.before = append(x.before, n)
		}
		offset, data = offset+lineStep, data[lineStep:]
	}
}

var newline = []byte("\n")

// line is the line, from 1, of the byte at offset. It reads what lies between
// there and the last place it knows.
func (x *lineIndex) line(r io.ReaderAt, offset int64) (int, error) {
	at, n := x.known(offset)
	buf := make([]byte, min(lineStep, offset-at))
	for at < offset {
		part := buf[:min(int64(len(buf)), offset-at)]
		if _, err := r.ReadAt(part, at); err != nil {
			return 0, err
		}
		n += int64(bytes.Count(part, newline))
		at += int64(len(part))
	}
	return int(n) + 1, nil
}

// known is the last known place up to offset and the line ends before it.
func (x *lineIndex) known(offset int64) (at, newlines int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	i := min(offset/lineStep, int64(len(x.before)))
	if i == 0 {
		return 0, 0
	}
	return i * lineStep, x.before[i-1]
}
