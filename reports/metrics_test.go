package reports

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/record"
)

// measured writes the metrics of the runs one after the other into one directory.
func measured(t *testing.T, runs ...*fake) string {
	t.Helper()
	dir := t.TempDir()
	for _, r := range runs {
		if err := NewFiles(dir, r.Run).writeMetrics(&r.Head); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, MetricsProm))
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".metrics*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
	return string(text)
}

// ended is a run that ended so many hours after the first.
func ended(command string, exit, hours int) *fake {
	r := manyCreates(1, record.Verified)
	r.Command, r.ExitCode = command, exit
	r.Finished = r.Started.Add(time.Duration(hours) * time.Hour)
	return r
}

func hasMetric(t *testing.T, text, name, labels string, want string) {
	t.Helper()
	for line := range strings.Lines(text) {
		metric, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "} ")
		if strings.HasPrefix(metric, "accountsync_"+name+"{") && strings.Contains(metric, labels) {
			if value != want {
				t.Errorf("%s %s is %s instead of %s", name, labels, value, want)
			}
			return
		}
	}
	if want != "" {
		t.Errorf("there is no %s with %s in\n%s", name, labels, text)
	}
}

// A failure keeps the time of the last success; another command, too.
func TestMetricsKeepTheLastSuccess(t *testing.T) {
	t.Parallel()
	text := measured(t, ended("sync", 0, 0), ended("plan", 0, 10), ended("sync", 3, 24))
	first, last := "1.7953992e+09", "1.7954856e+09"
	hasMetric(t, text, "last_success_timestamp_seconds", `command="sync"`, first)
	hasMetric(t, text, "last_run_timestamp_seconds", `command="sync"`, last)
	hasMetric(t, text, "last_success_timestamp_seconds", `command="plan"`, "1.7954352e+09")
	hasMetric(t, text, "exit_code", `command="sync"`, "3")
	hasMetric(t, text, "exit_code", `command="plan"`, "") // only of the last run
	hasMetric(t, measured(t, ended("sync", 3, 0)), "last_success_timestamp_seconds", "", "")
}

// A run that did not get to its source keeps what is known of the source, and
// is labelled by the source it was asked for.
func TestMetricsWithoutASource(t *testing.T) {
	t.Parallel()
	failed := head()
	failed.ExitCode, failed.Outcome = 77, record.RunFailed
	failed.Settings = []record.Setting{{Name: "source", Value: "HR People"}}
	text := measured(t, ended("sync", 0, 0), failed)
	hasMetric(t, text, "exit_code", `source="HR People"`, "77")
	hasMetric(t, text, "last_success_timestamp_seconds", `source="HR People"`, "1.7953992e+09")
}

// A file that is none is written anew.
func TestMetricsOverADamagedFile(t *testing.T) {
	t.Parallel()
	for _, damaged := range []string{"", "accountsync_last_run", "\x00{", `accountsync_last_success_timestamp_seconds{other="x"} 1` + "\n"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, MetricsProm), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := NewFiles(dir, "r1").writeMetrics(&ended("sync", 0, 0).Head); err != nil {
			t.Fatalf("%q: %v", damaged, err)
		}
	}
}

// The rules speak of metrics there are.
func TestAlertRulesNameOurMetrics(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile(filepath.Join("..", "deploy", "prometheus", "accountsync.rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	text := measured(t, ended("sync", 0, 0), everyState(t))
	for _, word := range strings.FieldsFunc(string(rules), func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		if strings.HasPrefix(word, "accountsync_") && !strings.Contains(text, "# TYPE "+word+" ") {
			t.Errorf("the rules speak of %s, which is not written", word)
		}
	}
}

// Each kind of operation in each state is there, also those that do not occur:
// an alert on a metric that comes and goes does not work.
func TestMetricsAreComplete(t *testing.T) {
	t.Parallel()
	text := measured(t, manyCreates(3, record.Failed))
	for _, op := range diff.Ops {
		for _, state := range record.States {
			want := "0"
			if op == diff.Create && state == record.Failed {
				want = "3"
			}
			hasMetric(t, text, "operations", `op="`+string(op)+`",source="HR People",state="`+string(state)+`"`, want)
		}
	}
}
