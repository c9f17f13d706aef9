//go:build integration && unix

package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"accountsync/internal/pgtest"
	"accountsync/sandbox"

	"github.com/jackc/pgx/v5"
)

var (
	benchTenants  = flag.Int("tenants", 300, "of BenchmarkTenants")
	benchAccounts = flag.Int("tenant-accounts", 5000, "of BenchmarkTenants, of each tenant; one in a hundred is changed")
)

const (
	cores    = 2   // of the machine for which the figures are
	parallel = 100 // runs at the same time, of all workers
)

// BenchmarkTenants has all syncs of a fleet due at the same time, each of a
// tenant with a quota of its own, and workers carry them out. The tenants are a
// process of their own, PostgreSQL another; all share the cores of this machine.
//
//	s            until the last run had ended
//	x-bound      that as a multiple of the larger of two bounds: of the quotas, and
//	             of the CPU time of workers and servers by the cores
//	quota-s      the bound of the quotas, of so many runs at the same time
//	cpu-s        the bound of the CPU
//	worker-cpu-ms/run, server-cpu-ms/run
//	             of the workers; of tenants and PostgreSQL
//	refusals, requests/run
//	             answers 429; all others
//	x-time-of-1  of two workers: as a multiple of the time of one
func BenchmarkTenants(b *testing.B) {
	desired, _ := writeDesired(b, *benchAccounts, 100)
	alone := 0.0
	for _, way := range []struct{ workers, procs int }{{1, cores}, {1, 1}, {2, 1}} {
		b.Run(fmt.Sprintf("workers=%d/procs=%d", way.workers, way.procs), func(b *testing.B) {
			var all tenantNights
			for range b.N {
				all.add(tenantNight(b, desired, way.workers, way.procs))
			}
			n := float64(b.N)
			runs := n * float64(*benchTenants)
			b.ReportMetric(all.wall/n, "s")
			b.ReportMetric(all.quota/n, "quota-s")
			// One worker on one core is its own bound: the servers have the other.
			cpu := max((all.worker+all.server)/cores, all.worker/float64(way.workers*way.procs))
			b.ReportMetric(cpu/n, "cpu-s")
			b.ReportMetric(all.wall/max(all.quota, cpu), "x-bound")
			b.ReportMetric(all.worker/runs*1000, "worker-cpu-ms/run")
			b.ReportMetric(all.server/runs*1000, "server-cpu-ms/run")
			b.ReportMetric(all.refused/n, "refusals")
			b.ReportMetric(all.requests/runs, "requests/run")
			b.ReportMetric(0, "ns/op")
			switch {
			case way.workers == 1 && way.procs == 1:
				alone = all.wall / n
			case way.workers == 2 && alone > 0:
				b.ReportMetric(all.wall/n/alone, "x-time-of-1")
			}
		})
	}
}

// tenantNights are sums over nights, in seconds.
type tenantNights struct{ wall, quota, worker, server, refused, requests float64 }

func (a *tenantNights) add(n tenantNights) {
	a.wall, a.quota, a.worker, a.server = a.wall+n.wall, a.quota+n.quota, a.worker+n.worker, a.server+n.server
	a.refused, a.requests = a.refused+n.refused, a.requests+n.requests
}

func init() { commands["boxes"] = boxes }

// boxes serves as many tenants as its argument says, of so many accounts each,
// and prints where. At the end of its input it prints what was asked of each.
func boxes() {
	tenants, _ := strconv.Atoi(os.Args[1])
	accounts, _ := strconv.Atoi(os.Args[2])
	var all []*sandbox.Server
	for range tenants {
		seed := sandbox.Generate(accounts, 1)
		seed.Rate = &sandbox.Rate{Kind: sandbox.RateSliding}
		server := sandbox.New(seed)
		url, _, err := server.Start("127.0.0.1:0")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(url)
		all = append(all, server)
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
	}
	for _, s := range all {
		stats := s.Stats()
		fmt.Println(stats.Requests-stats.Refused, stats.Refused)
	}
}

// tenantNight carries all syncs out once.
func tenantNight(b *testing.B, desired string, workers, procs int) (n tenantNights) {
	b.Helper()
	served := exec.Command("boxes", strconv.Itoa(*benchTenants), strconv.Itoa(*benchAccounts))
	served.Stderr = os.Stderr
	in, _ := served.StdinPipe()
	out, err := served.StdoutPipe()
	if err == nil {
		err = served.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	answers := bufio.NewScanner(out)
	dir := b.TempDir()
	conf := &strings.Builder{}
	fmt.Fprintf(conf, "parallel: %d\ndefaults: {source: %q, file: %s, schedule: \"0 0 * * *\", starting-deadline: 30h, max-updates: 100%%}\nsyncs:\n", parallel/workers, sandbox.GeneratedSource, desired)
	for i := range *benchTenants {
		if !answers.Scan() {
			b.Fatal("the tenants do not start")
		}
		fmt.Fprintf(conf, "  - {name: tenant-%03d, tenant: {base-url: %q, client-id: demo, client-secret-variable: SECRET}}\n", i, answers.Text())
	}
	path := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(path, []byte(conf.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	database := pgtest.New(b)
	state := database.Database(b)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	worker := func(args ...string) *exec.Cmd {
		c := exec.Command("accountsync", append([]string{"worker", "--config", path, "--state", state, "--log-level", "error"}, args...)...)
		c.Env = append(os.Environ(), "HOME="+dir, "SECRET=demo-secret", "GOMAXPROCS="+strconv.Itoa(procs))
		c.Stderr = log
		return c
	}
	if err := worker("--migrate").Run(); err != nil {
		b.Fatal(err)
	}
	db, err := pgx.Connect(b.Context(), state)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(context.Background())
	for i := range *benchTenants {
		if _, err := db.Exec(b.Context(), `INSERT INTO fleet_syncs (sync, since, honoured) VALUES ($1, now() - '2 days'::interval, now() - '2 days'::interval)`, fmt.Sprintf("tenant-%03d", i)); err != nil {
			b.Fatal(err)
		}
	}
	before := cpuOf(b, database.Process().Pid)
	served0 := cpuOf(b, served.Process.Pid)
	began := time.Now()
	var all []*exec.Cmd
	for range workers {
		c := worker()
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Process.Kill() })
		all = append(all, c)
	}
	for left := -1; left != 0; time.Sleep(50 * time.Millisecond) {
		if err := db.QueryRow(b.Context(), `SELECT $1 - count(*) FROM fleet_runs WHERE ended IS NOT NULL`, *benchTenants).Scan(&left); err != nil {
			b.Fatal(err)
		}
	}
	n.wall = time.Since(began).Seconds()
	n.server = (cpuOf(b, served.Process.Pid) - served0 + cpuOf(b, database.Process().Pid) - before).Seconds()
	for _, c := range all {
		_ = c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil {
			b.Fatal(err)
		}
		n.worker += (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	}
	var verified, wrong int
	if err := db.QueryRow(b.Context(), `SELECT count(*) FILTER (WHERE status <> 0), count(*) FROM fleet_runs`).Scan(&wrong, &verified); err != nil || wrong > 0 || verified != *benchTenants {
		b.Fatalf("%d of %d runs did not end well: %v", wrong, verified, err)
	}
	_ = in.Close()
	var longest, together float64
	for range *benchTenants {
		var requests, refused int
		answers.Scan()
		if _, err := fmt.Sscan(answers.Text(), &requests, &refused); err != nil {
			b.Fatal(err)
		}
		least := leastTime(requests).Seconds()
		longest, together = max(longest, least), together+least
		n.refused += float64(refused)
		n.requests += float64(requests)
	}
	_ = served.Wait()
	n.quota = max(longest, together/parallel)
	return n
}

// cpuOf is the CPU time that a process and its children, dead or alive, have taken.
func cpuOf(b *testing.B, pid int) (spent time.Duration) {
	b.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		b.Skip("without /proc the CPU time of the servers is not known")
	}
	const tick = 10 * time.Millisecond // USER_HZ
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		own, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		parent, _ := strconv.Atoi(fields[1])
		if own != pid && parent != pid {
			continue
		}
		for _, f := range fields[11:13] { // utime, stime
			n, _ := strconv.Atoi(f)
			spent += time.Duration(n) * tick
		}
		if own == pid {
			for _, f := range fields[13:15] { // of children that were waited for
				n, _ := strconv.Atoi(f)
				spent += time.Duration(n) * tick
			}
		}
	}
	return spent
}
