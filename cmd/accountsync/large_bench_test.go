package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"accountsync/sandbox"
)

// BenchmarkLarge plans a million creates, or puts, with all reports, applies
// the plan, and stops that by SIGINT after some seconds of writes. The sandbox
// is a process of its own, without limits. What counts:
//
//	plan-cpu-s, plan-peak-MiB    what the plan took
//	first-write-s                from the start of apply to its first write
//	apply-peak-MiB               what apply took, up to the end of its reports
//	end-s                        from the signal, or the last answer after it, to the end of the process
//	writes                       sent until then
func BenchmarkLarge(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 5_000
	}
	kids := newChildren(b)
	for _, way := range []struct {
		name         string
		live         int
		every        int // one row of so many differs from its account
		create, puts int
	}{{"creates", 2, n + 1, n - 2, 0}, {"puts", n, 1, 0, n}} {
		b.Run("plan="+way.name, func(b *testing.B) {
			environ := serve(b, kids, way.live, true)
			desired, _ := writeDesired(b, n, way.every)
			for b.Loop() {
				out, state := b.TempDir(), b.TempDir()
				proxy, seen := watchWrites(b, environ[0])
				environ := append(environ[1:len(environ):len(environ)], proxy, "XDG_STATE_HOME="+state)
				_, plan := kids.run(b, environ, kids.path("accountsync"), "plan", "--source", sandbox.GeneratedSource, "--file", desired,
					"--allow-updates", strconv.Itoa(way.puts), "--rate", "100000/1s", "--out", out, "--quiet", "--log-level", "error")
				if got := countPlanned(b, out); got != way.create+way.puts {
					b.Fatalf("%d operations are planned, want %d", got, way.create+way.puts)
				}
				b.ReportMetric(plan.CPU.Seconds(), "plan-cpu-s")
				b.ReportMetric(plan.Peak/1024, "plan-peak-MiB")
				saved, err := filepath.Glob(filepath.Join(out, "plan-*.json"))
				if err != nil || len(saved) != 1 {
					b.Fatalf("saved plans: %q, %v", saved, err)
				}
				applyAndStop(b, kids, environ, seen, way.puts, saved[0])
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// countPlanned is how many operations a plan's result says there are.
func countPlanned(b *testing.B, dir string) (n int) {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	var result struct {
		Sources []struct {
			Totals struct{ Create, Put struct{ Planned int } }
		}
	}
	if err := errors.Join(err, json.Unmarshal(text, &result)); err != nil {
		b.Fatal(err)
	}
	return result.Sources[0].Totals.Create.Planned + result.Sources[0].Totals.Put.Planned
}

// applyAndStop applies a saved plan and stops it after some seconds of writes.
func applyAndStop(b *testing.B, kids children, environ []string, w *writes, puts int, plan string) {
	b.Helper()
	answer := kids.path("apply.json")
	cmd := exec.Command(kids.path("measure"), answer, kids.path("accountsync"), "apply", plan,
		"--allow-updates", strconv.Itoa(puts), "--rate", "100000/1s", "--out", b.TempDir(), "--quiet", "--log-level", "error")
	cmd.Env = append(os.Environ(), environ...)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for w.first.Load() == 0 {
		select {
		case err := <-ended:
			b.Fatalf("apply ended before its first write: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	time.Sleep(3 * time.Second)
	stopped := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		b.Fatal(err)
	}
	<-ended // interrupted: no success
	over := time.Now()
	var used usage
	text, err := os.ReadFile(answer)
	if err := errors.Join(err, json.Unmarshal(text, &used)); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Unix(0, w.first.Load()).Sub(began).Seconds(), "first-write-s")
	b.ReportMetric(used.Peak/1024, "apply-peak-MiB")
	b.ReportMetric(over.Sub(time.Unix(0, max(stopped.UnixNano(), w.last.Load()))).Seconds(), "end-s")
	b.ReportMetric(float64(w.n.Load()), "writes")
}

// writes are the writes that went through a proxy.
type writes struct {
	n, first, last atomic.Int64 // how many; when the first came and the last was answered
}

// watchWrites puts a proxy in front of a sandbox, and gives the variable that
// leads to it.
func watchWrites(b *testing.B, box string) (environ string, w *writes) {
	b.Helper()
	base, err := url.Parse(strings.TrimPrefix(box, "SAIL_BASE_URL="))
	if err != nil {
		b.Fatal(err)
	}
	w = &writes{}
	proxy := httptest.NewServer(w.through(httputil.NewSingleHostReverseProxy(base)))
	b.Cleanup(proxy.Close)
	return "SAIL_BASE_URL=" + proxy.URL, w
}

func (w *writes) through(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		write := req.Method != http.MethodGet && strings.Contains(req.URL.Path, "/accounts")
		if write {
			w.n.Add(1)
			w.first.CompareAndSwap(0, time.Now().UnixNano())
		}
		next.ServeHTTP(rw, req)
		if write {
			w.last.Store(time.Now().UnixNano())
		}
	})
}
