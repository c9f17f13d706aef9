//go:build unix

package journal

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"accountsync/sync"

	"golang.org/x/sync/errgroup"
)

// cpu is the CPU time of this process, the kernel's share included.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOperation is the life of one operation in the journal: its intent,
// the record of the API's answer, the record that it shows. With a pace the
// operations come as under a quota of 100 a second; then the same without a
// journal is the figure to take off, because waking up costs CPU time too.
func BenchmarkOperation(b *testing.B) {
	for _, pace := range []time.Duration{0, 10 * time.Millisecond} {
		for _, ahead := range []int{0, 1, DefaultAhead} {
			if ahead == 0 && pace == 0 {
				continue
			}
			b.Run(fmt.Sprintf("pace=%s/ahead=%d", pace, ahead), func(b *testing.B) { benchmarkOperation(b, pace, ahead) })
		}
	}
}

func benchmarkOperation(b *testing.B, pace time.Duration, ahead int) {
	const workers = 16
	s := newSource(b.N)
	var r sync.Journal = sync.NoJournal{}
	if ahead > 0 {
		j := openDurable(b, b.TempDir())
		j.Ahead = ahead
		run, err := j.Begin(context.Background(), head(1), s, accountSchema, settings)
		ok(b, err)
		defer func() { ok(b, run.Close()) }()
		r = run
	}
	var g errgroup.Group
	g.SetLimit(workers)
	tick := time.NewTicker(max(pace, 1))
	defer tick.Stop()
	b.ResetTimer()
	began := cpu()
	for _, op := range s.Operations {
		if pace > 0 {
			<-tick.C
		}
		g.Go(func() error {
			send(b, r, op)
			verify(b, r, op)
			return nil
		})
	}
	ok(b, g.Wait())
	b.ReportMetric(float64(cpu()-began)/float64(b.N)/1e3, "cpu-µs/op")
}

// BenchmarkBegin puts 100,000 operations of about 1 KB on record.
func BenchmarkBegin(b *testing.B) {
	const rows = 100_000
	s := newSource(rows)
	b.ReportAllocs()
	var took, used time.Duration
	for b.Loop() {
		j := openDurable(b, b.TempDir())
		began, busy := time.Now(), cpu()
		_, err := j.Begin(context.Background(), head(1), s, accountSchema, settings)
		ok(b, err)
		took, used = took+time.Since(began), used+cpu()-busy
	}
	n := float64(b.N * rows)
	b.ReportMetric(n/took.Seconds(), "rows/s")
	b.ReportMetric(float64(used)/1e3/n, "cpu-µs/op")
}
