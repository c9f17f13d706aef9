package reports

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"testing"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/record"
)

// many is a record of n operations that are made when they are read: what
// reports hold of it is theirs alone.
type many struct {
	headOnly
	n     int
	state record.State
}

func manyOf(n int, state record.State) *Run {
	return &Run{Reader: many{headOnly{&head(&fake{Head: record.Head{Source: peopleSource, Input: record.Input{File: "people.csv"}}}).Head}, n, state}}
}

func (m many) Operations(_ context.Context, f record.Filter) iter.Seq2[*record.Operation, error] {
	return func(yield func(*record.Operation, error) bool) {
		for i := range m.n {
			key := fmt.Sprintf("user.%07d", i)
			op := &record.Operation{
				OperationPlan: record.OperationPlan{Seq: i, Op: diff.Put, Key: key, Native: key, Account: "acc-" + key, Line: i + 2, Offset: int64(i) * 60,
					Changes: []diff.Field{{Attribute: "city", Before: `"Austin"`, After: `"Paris"`}, {Attribute: "mail", After: account.StringValue(key + "@example.org")}}},
				OperationResult: record.OperationResult{State: m.state, Attempts: 1, HTTP: 202, Task: "task-" + key, TaskStatus: "SUCCESS"},
				Row:             record.Row{Place: int64(i) + 1},
			}
			if passes(f, op) && !yield(op, nil) {
				return
			}
		}
	}
}

func (m many) Lines(ctx context.Context, f record.Filter) iter.Seq2[*record.Line, error] {
	return mapped(m.Operations(ctx, f), record.EncodeLine)
}

func (m many) Counts(context.Context) ([]record.Count, error) {
	return []record.Count{{Op: diff.Put, State: m.state, N: m.n}}, nil
}

// What a run of a million operations needs to be written: B/op is what was
// allocated in all, peak-MiB the most that was held of it.
func BenchmarkWriteAll(b *testing.B) {
	for _, state := range []record.State{record.Verified, record.Failed} {
		b.Run(string(state), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				base := heap()
				r := &watched{many: manyOf(1_000_000, state).Reader.(many), base: base}
				if err := writeAll(b.TempDir(), &Run{Reader: r}); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(r.peak)/(1<<20), "peak-MiB")
			}
		})
	}
}

// watched looks at the heap while it is read.
type watched struct {
	many
	base, peak int64
}

func (w *watched) Lines(ctx context.Context, f record.Filter) iter.Seq2[*record.Line, error] {
	n := 0
	return mapped(w.many.Lines(ctx, f), func(l *record.Line) (*record.Line, error) {
		if n++; n%100_000 == 99_999 {
			w.peak = max(w.peak, heap()-w.base)
		}
		return l, nil
	})
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := Table(context.Background(), io.Discard, manyOf(100_000, record.Failed), Options{Width: 80}); err != nil {
			b.Fatal(err)
		}
	}
}
