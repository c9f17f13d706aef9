package journal

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

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
// the record of the API's answer, the record that it shows. With pace the
// workers get their turn as under a quota, without it as fast as the disk goes.
func BenchmarkOperation(b *testing.B) {
	for _, workers := range []int{1, 16} {
		for _, pace := range []time.Duration{0, 10 * time.Millisecond} {
			b.Run(fmt.Sprintf("workers=%d/pace=%s", workers, pace), func(b *testing.B) { benchmarkOperation(b, workers, pace) })
		}
	}
}

func benchmarkOperation(b *testing.B, workers int, pace time.Duration) {
	j := openJournal(b, b.TempDir())
	s := newSource(b.N)
	r, err := j.Begin(context.Background(), head(1), s, accountSchema, settings)
	ok(b, err)
	var g errgroup.Group
	g.SetLimit(workers)
	b.ResetTimer()
	began := cpu()
	for _, op := range s.Operations {
		time.Sleep(pace)
		g.Go(func() error {
			send(b, r, op)
			verify(b, r, op)
			return nil
		})
	}
	ok(b, g.Wait())
	ok(b, r.Close())
	b.StopTimer()
	used := cpu() - began
	commits := j.writer.commits
	b.ReportMetric(float64(commits)/float64(b.N), "commits/op")
	b.ReportMetric(float64(used)/float64(b.N)/1e3, "cpu-µs/op")
}

func BenchmarkBegin(b *testing.B) {
	const rows = 100_000
	s := newSource(rows)
	b.ReportAllocs()
	for b.Loop() {
		j := openJournal(b, b.TempDir())
		began := time.Now()
		_, err := j.Begin(context.Background(), head(1), s, accountSchema, settings)
		ok(b, err)
		b.ReportMetric(rows/time.Since(began).Seconds(), "rows/s")
	}
}
