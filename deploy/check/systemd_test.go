package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// exposure is the most that systemd-analyze security may say, of 10.
const exposure = 2.0

// TestUnits: systemd takes every unit as it is, with the program where the tests have it, and each service is
// shut in well enough.
func TestUnits(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Fatalf("systemd-analyze is missing, install systemd: %v", err)
	}
	dir := t.TempDir()
	services, _ := filepath.Glob(filepath.Join(repository, "deploy/systemd/*.service"))
	timers, _ := filepath.Glob(filepath.Join(repository, "deploy/systemd/*.timer"))
	if len(services) == 0 || len(timers) == 0 {
		t.Fatal("no units")
	}
	var files []string
	for _, unit := range append(services, timers...) {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if command, ok := strings.CutPrefix(line, "ExecStart=accountsync "); ok {
				checkArgs(t, filepath.Base(unit), strings.Fields(command))
			}
		}
		file := filepath.Join(dir, filepath.Base(unit))
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "ExecStart=accountsync ", "ExecStart="+program+" ")), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, files...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".service") {
			checkExposure(t, file)
		}
	}
}

func checkExposure(t *testing.T, file string) {
	t.Helper()
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", file).CombinedOutput()
	m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Errorf("systemd-analyze security %s: %v\n%s", file, err, out)
		return
	}
	if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level >= exposure {
		t.Errorf("%s: exposure level %s, want under %v", filepath.Base(file), m[1], exposure)
	}
}
