package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// feedOf feeds the bytes in blocks of that size.
func feedOf(data []byte, size int) *feed {
	n := len(data)/size + 2
	f := &feed{full: make(chan block, n), free: make(chan []byte, n)}
	for len(data) > size {
		f.full <- block{data: data[:size:size]}
		data = data[size:]
	}
	f.full <- block{data: data, err: io.EOF}
	return f
}

// taken is all there is to know of a record.
type taken struct {
	Cells  []string
	Line   int
	Offset int64
	Err    string
}

// FuzzRecords takes any bytes, in blocks of any size: what encoding/csv makes
// of them is what records makes of them, line by line.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a,b\r\n\r\n1,2\r\r\n\n3", "a,\"b\n\nc\",d\r\n1,2\n\"3\"\"\",4\n5,6", "1,2\n3\"4,5\n6,7\n\"8\"9\n1,2\n", "1\n\"2", ",,\n,\n\r", "1;2\n", "1§2\n3§4\n"} {
		f.Add([]byte(seed), ',', 5)
		f.Add([]byte(seed), '§', 1<<10)
	}
	f.Fuzz(func(t *testing.T, data []byte, comma rune, size int) {
		file := &File{comma: comma}
		if (Options{Delimiter: comma}).Check() != nil || comma == 0 || size < 1 {
			return
		}
		peer := file.csvReader(bytes.NewReader(data))
		ours := file.newRecords(feedOf(data, size))
		for n, ended := 0, false; !ended; n++ {
			var want, got taken
			var err error
			want.Offset, got.Offset = peer.InputOffset(), ours.offset()
			want.Cells, err = peer.Read()
			if err == nil {
				want.Line, _ = peer.FieldPos(0)
			} else {
				want.Cells, want.Err = nil, err.Error()
			}
			got.Cells, got.Line, err = ours.next()
			if err != nil {
				got.Cells, got.Line, got.Err = nil, 0, err.Error()
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("record %d of %q in blocks of %d: %s", n, data, size, d)
			}
			ended = want.Err != "" && !errors.As(err, new(*csv.ParseError))
		}
	})
}
