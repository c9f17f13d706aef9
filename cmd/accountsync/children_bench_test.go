package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The benchmarks of whole processes: what a child took is its own, whatever
// else the machine is busy with; ratios are of children run in turn.

// usage is what a child took, as testdata/bench/measure writes it.
type usage struct {
	Wall time.Duration `json:"wall_ns"`
	CPU  time.Duration `json:"cpu_ns"`
	Peak float64       `json:"peak_kib"` // maximum resident set of its largest process
}

// children builds programs and runs them.
type children struct{ dir string }

// newChildren builds the program itself, and those of testdata/bench named.
func newChildren(b *testing.B, tools ...string) children {
	b.Helper()
	c := children{b.TempDir()}
	args := []string{"build", "-buildvcs=false", "-o", c.dir + string(filepath.Separator), ".", "./testdata/bench/measure"}
	for _, tool := range tools {
		args = append(args, "./testdata/bench/"+tool)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		b.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return c
}

func (c children) path(name string) string { return filepath.Join(c.dir, name) }

// run runs a command to its end, which must be a success, and gives what it
// wrote to standard output and what it took.
func (c children) run(b *testing.B, environ []string, command ...string) (stdout string, used usage) {
	b.Helper()
	answer := c.path("usage.json")
	cmd := exec.Command(c.path("measure"), append([]string{answer}, command...)...)
	cmd.Env = append(os.Environ(), environ...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s: %v\n%s%s", strings.Join(command, " "), err, out.Bytes(), problems.Bytes())
	}
	text, err := os.ReadFile(answer)
	if err == nil {
		err = json.Unmarshal(text, &used)
	}
	if err != nil {
		b.Fatal(err)
	}
	return out.String(), used
}

// median is the middle one of an odd number of values, else the lower of the two.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// usages are those of one way and of the way it is compared with, in turn.
type usages struct{ own, other []usage }

func (u *usages) add(own, other usage) {
	u.own, u.other = append(u.own, own), append(u.other, other)
}

// report reports medians of what one run took, and, where there is another way
// to compare with, the medians of the ratios of each pair.
func (u *usages) report(b *testing.B, other string) {
	of := func(f func(own, other usage) float64) float64 {
		values := make([]float64, len(u.own))
		for i := range u.own {
			values[i] = f(u.own[i], u.other[i])
		}
		return median(values)
	}
	b.ReportMetric(of(func(own, _ usage) float64 { return own.Wall.Seconds() }), "s")
	b.ReportMetric(of(func(own, _ usage) float64 { return own.CPU.Seconds() }), "cpu-s")
	b.ReportMetric(of(func(own, _ usage) float64 { return own.Peak / 1024 }), "peak-MiB")
	b.ReportMetric(of(func(own, other usage) float64 { return own.Wall.Seconds() / other.Wall.Seconds() }), "x-time-of-"+other)
	b.ReportMetric(of(func(own, other usage) float64 { return own.CPU.Seconds() / other.CPU.Seconds() }), "x-cpu-of-"+other)
	b.ReportMetric(of(func(own, other usage) float64 { return own.Peak / other.Peak }), "x-peak-of-"+other)
	b.ReportMetric(0, "ns/op") // leaves it out: it counts the other way in
}
