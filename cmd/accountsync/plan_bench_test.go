package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"accountsync/sandbox"
)

// BenchmarkPlan plans a million rows against as many live accounts, listed over
// real HTTP from the sandbox in a process of its own: the whole program, its
// reports included, in turn with a program that does the same listing and
// comparison as one would without thought (testdata/bench/naive).
func BenchmarkPlan(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	kids := newChildren(b, "naive")
	plain, gzipped := serve(b, kids, n, true), serve(b, kids, n, false)
	for _, change := range []struct {
		name    string
		every   int // one row of so many differs from its account
		environ []string
	}{{"changed=none", n + 1, plain}, {"changed=1%", 100, plain}, {"changed=none/gzipped", n + 1, gzipped}} {
		b.Run(change.name, func(b *testing.B) {
			desired, puts := writeDesired(b, n, change.every)
			out := b.TempDir()
			ours := []string{kids.path("accountsync"), "plan", "--source", sandbox.GeneratedSource, "--file", desired,
				"--rate", "100000/1s", "--out", out, "--quiet", "--log-level", "error"}
			naive := []string{kids.path("naive"), sandbox.GeneratedSource, desired}
			var all usages
			for b.Loop() {
				_, own := kids.run(b, change.environ, ours...)
				checkPlan(b, out, n-puts, puts)
				_, other := kids.run(b, change.environ, naive...)
				all.add(own, other)
			}
			all.report(b, "naive")
		})
	}
}

// serve starts a sandbox with n generated accounts, whose pages are gzipped or
// not, and gives the variables that lead to it.
func serve(b *testing.B, kids children, n int, noGzip bool) (environ []string) {
	b.Helper()
	seed := sandbox.Generate(n, 1)
	seed.Rate, seed.Settings.NoGzip = &sandbox.Rate{Kind: sandbox.RateOff}, noGzip
	text, err := json.Marshal(seed)
	path := filepath.Join(b.TempDir(), "seed.json")
	if err := errors.Join(err, os.WriteFile(path, text, 0o600)); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(kids.path("accountsync"), "sandbox", "--seed", path, "--addr", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // what is measured is done
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if base, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "export SAIL_BASE_URL="); ok {
			return []string{"SAIL_BASE_URL=" + base, "SAIL_CLIENT_ID=" + seed.Clients[0].ID, "SAIL_CLIENT_SECRET=" + seed.Clients[0].Secret}
		}
	}
	b.Fatal("the sandbox did not say where it listens")
	return nil
}

// writeDesired writes the generated accounts as a desired-state CSV in which
// one row of so many differs, and gives how many do.
func writeDesired(b *testing.B, n, every int) (path string, puts int) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "desired.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	buffer := bufio.NewWriter(f)
	w := csv.NewWriter(buffer)
	_ = w.Write(sandbox.GeneratedColumns()) // Flush keeps the error
	for i := range n {
		row := sandbox.GeneratedRow(1, i)
		if i%every == every-1 {
			row[6] = "Elsewhere"
			puts++
		}
		_ = w.Write(row)
	}
	w.Flush()
	if err := errors.Join(w.Error(), buffer.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return path, puts
}

// checkPlan makes sure that the plan is what it has to be.
func checkPlan(b *testing.B, dir string, kept, puts int) {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	var result struct {
		Sources []struct {
			Listing struct{ Proven bool }
			Totals  struct {
				Kept int
				Put  struct{ Planned int }
			}
		}
	}
	if err := errors.Join(err, json.Unmarshal(text, &result)); err != nil {
		b.Fatal(err)
	}
	if s := result.Sources[0]; s.Totals.Kept != kept || s.Totals.Put.Planned != puts || !s.Listing.Proven {
		b.Fatalf("kept %d, put %d, proven %t; want %d, %d, true", s.Totals.Kept, s.Totals.Put.Planned, s.Listing.Proven, kept, puts)
	}
}
