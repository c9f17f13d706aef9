//go:build integration && unix

package fleet

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"accountsync/internal/pgtest"

	"github.com/rs/zerolog"
)

// idle carries out runs that have nothing to do.
type idle struct{}

func (idle) Work(context.Context, Task) Result           { return Result{Ended: true} }
func (idle) Evict(_ context.Context, _ string) (_ error) { return nil }

// BenchmarkDispatch is what a run costs beside its own work: to be put in line,
// found, claimed and released. The CPU of the server is left out.
func BenchmarkDispatch(b *testing.B) {
	const runs = 300
	url := pgtest.Database(b)
	if err := Migrate(b.Context(), url); err != nil {
		b.Fatal(err)
	}
	var syncs []Sync
	for i := range runs {
		syncs = append(syncs, Sync{Name: fmt.Sprint("sync-", i), Domain: fmt.Sprint("domain-", i%100), Deadline: time.Hour})
	}
	var spent time.Duration
	for range b.N {
		ended := make(chan struct{}, runs)
		f, err := Open(b.Context(), Config{URL: url, Syncs: syncs, Runner: idle{}, Parallel: 16, Log: zerolog.Nop(), Ended: func(string, string, int) { ended <- struct{}{} }})
		if err != nil {
			b.Fatal(err)
		}
		before := cpu(b)
		ctx, stop := context.WithCancel(b.Context())
		stopped := make(chan error, 1)
		go func() { stopped <- f.Run(ctx) }()
		for _, s := range syncs {
			if _, err := f.Ask(ctx, s.Name); err != nil {
				b.Fatal(err)
			}
		}
		for range runs {
			<-ended
		}
		spent += cpu(b) - before
		stop()
		if err := <-stopped; err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N*runs), "cpu-ms/run")
	b.ReportMetric(0, "ns/op")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
