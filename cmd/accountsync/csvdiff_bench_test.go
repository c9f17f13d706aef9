package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkCSVDiff holds a CSV of a million rows of 12 columns against another
// that differs in 1 % of them and has another order: what is to be created, put
// and deleted. Each way is a whole process, run in turn with DuckDB, and all
// must come to the same answer. A way whose tool is missing is skipped.
func BenchmarkCSVDiff(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	kids := newChildren(b, "csvdiff")
	desired, live, want := writeCSVPair(b, n)
	duckDB := append(duckDB(b), desired, live)
	for _, way := range []struct {
		name    string
		command []string
	}{
		{"ours", []string{kids.path("csvdiff"), desired, live}},
		{"duckdb", duckDB},
		{"sort-comm", []string{"sh", "testdata/bench/sortcomm.sh", desired, live}},
		{"python", []string{"python3", "testdata/bench/diff.py", desired, live}},
	} {
		b.Run("way="+way.name, func(b *testing.B) {
			if _, err := exec.LookPath(way.command[0]); err != nil {
				b.Skip(err)
			}
			run := func(command []string) usage {
				out, used := kids.run(b, nil, command...)
				if strings.TrimSpace(out) != want {
					b.Fatalf("%s says %q, want %q", command[0], out, want)
				}
				return used
			}
			var all usages
			for b.Loop() {
				all.add(run(way.command), run(duckDB))
			}
			all.report(b, "duckdb")
		})
	}
}

// duckDB is the command line of the DuckDB way, but for the two files.
func duckDB(b *testing.B) []string {
	b.Helper()
	if _, err := os.Stat("testdata/bench/duckdb/node_modules"); err != nil {
		b.Skip("DuckDB is not there: npm ci --ignore-scripts --prefix cmd/accountsync/testdata/bench/duckdb")
	}
	return []string{"node", "testdata/bench/duckdb/diff.mjs"}
}

// writeCSVPair writes the two files. Of 400 rows the live one lacks one, the
// desired one lacks another, and two are not alike.
func writeCSVPair(b *testing.B, n int) (desired, live, want string) {
	b.Helper()
	dir := b.TempDir()
	desired, live = filepath.Join(dir, "desired.csv"), filepath.Join(dir, "live.csv")
	writeLines(b, desired, func(w io.Writer) {
		for i := range n {
			if i%400 != 3 {
				writeCSVRow(w, i, "")
			}
		}
	})
	const step = 7_368_787 // prime: takes every row once, in another order
	writeLines(b, live, func(w io.Writer) {
		for i := range n {
			switch i := i * step % n; {
			case i%400 == 1:
			case i%200 == 0:
				writeCSVRow(w, i, "Else")
			default:
				writeCSVRow(w, i, "")
			}
		}
	})
	return desired, live, fmt.Sprintf("create %d put %d delete %d", n/400, n/200, n/400)
}

func writeCSVRow(w io.Writer, i int, more string) {
	fmt.Fprintf(w, "E%07d,user%07d,Given%d,Family%d,user%d@example.com,Dept %d,Title %d,City %d%s,%d,%t,20%02d-0%d-1%d,g%d;g%d\n",
		i, i, i%997, i%8999, i, i%40, i%60, i%200, more, 100000+i, i%9 != 0, i%25, 1+i%9, i%10, i%50, 50+i%70)
}

func writeLines(b *testing.B, path string, rows func(io.Writer)) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,name,givenName,familyName,mail,department,title,city,badge,active,hired,groups")
	rows(w)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
}
