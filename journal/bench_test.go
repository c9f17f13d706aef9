package journal

import (
	"bytes"
	"context"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"accountsync/sync"

	"golang.org/x/sync/errgroup"
)

// BenchmarkOperation is what the record of one operation costs: its intent and
// its outcome, durable, by one worker and by eight that share transactions.
func BenchmarkOperation(b *testing.B) {
	for _, d := range databases {
		for _, workers := range []int{1, 8} {
			b.Run("store="+d.name+"/workers="+strconv.Itoa(workers), func(b *testing.B) {
				s, err := Open(context.Background(), d.new(b))
				ok(b, err)
				defer s.Close()
				r := begin(b, s, 1, b.N)
				ops := operations(b, r, sync.Filter{})
				b.ResetTimer()
				var g errgroup.Group
				for w := range workers {
					g.Go(func() error {
						for i := w; i < len(ops); i += workers {
							op := ops[i]
							if err := r.Intend(context.Background(), op); err != nil {
								return err
							}
							op.State, op.Reason, op.Ambiguous, op.HTTP, op.Attempts = sync.Accepted, sync.Reason{}, false, 202, 1
							if err := r.Settle(context.Background(), op); err != nil {
								return err
							}
						}
						return nil
					})
				}
				if err := g.Wait(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkMillion takes a million operations in and out again: planned,
// sealed, read in their order, written as plan.json. It says what memory the
// process took at most.
func BenchmarkMillion(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	for range b.N {
		s, err := Open(context.Background(), b.TempDir())
		ok(b, err)
		ctx := context.Background()
		r, err := s.Begin(ctx, head(1))
		ok(b, err)
		step := stepper(b)
		for i := range n {
			ok(b, r.AddOperations(ctx, operation(i)))
		}
		step("add")
		ok(b, r.Seal(ctx, head(1)))
		step("seal")
		read := 0
		for _, err := range r.Operations(ctx, sync.Filter{}) {
			ok(b, err)
			read++
		}
		equal(b, read, n)
		step("read")
		ok(b, sync.WritePlan(ctx, io.Discard, r))
		step("paper")
		_, err = r.Counts(ctx)
		ok(b, err)
		step("count")
		b.ReportMetric(float64(peak())/1024, "peak-MiB")
		ok(b, s.Close())
	}
}

// stepper reports how long each step took.
func stepper(b *testing.B) func(name string) {
	last := b.Elapsed()
	return func(name string) {
		now := b.Elapsed()
		b.ReportMetric((now - last).Seconds(), name+"-s")
		last = now
	}
}

// peak is the most memory the process has held, in KiB; 0 where it cannot be told.
func peak() int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		runtime.GC()
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, is := strings.CutPrefix(string(line), "VmHWM:"); is {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return n
		}
	}
	return 0
}
