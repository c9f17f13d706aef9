//go:build integration

package reports

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Hostile names are labels like others, also for promtool.
func TestMetricsPassPromtool(t *testing.T) {
	t.Parallel()
	r, _ := hostile(t)
	for name, r := range map[string]*fake{"hostile": r, "every state": everyState(t)} {
		check := exec.Command(promtool(t), "check", "metrics")
		check.Stdin = strings.NewReader(measured(t, r))
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// The alert rules are ones Prometheus loads, and fire when they should.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "deploy", "prometheus")
	for _, args := range [][]string{{"check", "rules", "accountsync.rules.yml"}, {"test", "rules", "accountsync.test.yml"}} {
		check := exec.Command(promtool(t), args...)
		check.Dir = dir
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func promtool(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("no promtool to check metrics and alert rules with: apt-get install -y prometheus")
	}
	return path
}
