package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
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

// newChildren builds the program itself, and those of testdata/bench named, static
// as in releases.
func newChildren(b *testing.B, tools ...string) children {
	b.Helper()
	c := children{b.TempDir()}
	args := []string{"build", "-buildvcs=false", "-o", c.dir + string(filepath.Separator), ".", "./testdata/bench/measure"}
	for _, tool := range tools {
		args = append(args, "./testdata/bench/"+tool)
	}
	build := exec.Command("go", args...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
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

// usages are those of one way and of the way it is compared with, in turn.
type usages struct{ own, other []usage }

func (u *usages) add(own, other usage) {
	u.own, u.other = append(u.own, own), append(u.other, other)
}

// report reports the best time and CPU time and the highest peak of a run, and
// each as a multiple of the same of the other way: whatever else the machine is
// busy with only ever adds to them.
func (u *usages) report(b *testing.B, other string) {
	metrics := []struct {
		unit, of string
		value    func([]usage) float64
	}{
		{"s", "x-time-of-", func(all []usage) float64 { return best(all, func(u usage) float64 { return u.Wall.Seconds() }) }},
		{"cpu-s", "x-cpu-of-", func(all []usage) float64 { return best(all, func(u usage) float64 { return u.CPU.Seconds() }) }},
		{"peak-MiB", "x-peak-of-", func(all []usage) float64 { return -best(all, func(u usage) float64 { return -u.Peak / 1024 }) }},
	}
	for _, m := range metrics {
		b.ReportMetric(m.value(u.own), m.unit)
		b.ReportMetric(m.value(u.own)/m.value(u.other), m.of+other)
	}
	b.ReportMetric(0, "ns/op") // leaves it out: it counts the other way in
}

// best is the least of the values.
func best(all []usage, value func(usage) float64) float64 {
	least := math.Inf(1)
	for _, u := range all {
		least = min(least, value(u))
	}
	return least
}
