package reports

import (
	"io"
	"runtime"
	"testing"

	"accountsync/sync"
)

// What a run of 100,000 operations needs to be written: B/op is what was
// allocated in all, live-B what was held at the end of the largest report.
func BenchmarkWriteAll(b *testing.B) {
	r := manyCreates(100_000, sync.Verified)
	dir := b.TempDir()
	b.ReportAllocs()
	for b.Loop() {
		if err := writeAll(dir, r); err != nil {
			b.Fatal(err)
		}
	}
}

// The heap that writing holds beside the result itself, against that result.
func BenchmarkWriteAllHeap(b *testing.B) {
	for name, render := range map[string]func(io.Writer, *sync.Result) error{"json": writeJSON, "csv": writeResultCSV, "html": writeHTML, "md": writeMarkdown} {
		b.Run(name, func(b *testing.B) {
			base := heap()
			r := manyCreates(100_000, sync.Verified)
			result := heap() - base
			for b.Loop() {
				w := &heapWatch{base: base + result}
				if err := render(w, r); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(w.peak)/float64(result), "peak/result")
			}
			runtime.KeepAlive(r)
		})
	}
}

// heapWatch discards what is written and looks at the heap on the way.
type heapWatch struct {
	base, peak int64
	writes     int
}

func (w *heapWatch) Write(p []byte) (int, error) {
	if w.writes++; w.writes%1000 == 1 {
		w.peak = max(w.peak, heap()-w.base)
	}
	return len(p), nil
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkTable(b *testing.B) {
	r := manyCreates(100_000, sync.Failed)
	b.ReportAllocs()
	for b.Loop() {
		if err := Table(io.Discard, r, Options{Width: 80}); err != nil {
			b.Fatal(err)
		}
	}
}
