package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountsync/config"
	"accountsync/internal/problem"

	"github.com/spf13/pflag"
)

// read reads a directory's main.yaml as sync would.
func read(t *testing.T, files map[string]string, environ ...string) ([]*config.Sync, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.ConfigFlag(flags)
	config.SyncFlags(flags)
	if err := flags.Parse([]string{"--config", "main.yaml"}); err != nil {
		t.Fatal(err)
	}
	all, err := config.Read(flags, nil, environ)
	if err != nil {
		return nil, err
	}
	return all.Syncs()
}

func TestIncludesDefaultsAndOrigins(t *testing.T) {
	syncs, err := read(t, map[string]string{
		"main.yaml":   "removal: report\ninclude: d/*.yaml\ndefaults:\n  canary: 1\n  schedule: 0 2 * * *\n  schedule-zone: Europe/Berlin\nsyncs:\n  - source: Main\n",
		"d/b.yaml":    "syncs:\n  - name: b\n    source: Same\n",
		"d/a.yaml":    "defaults: {canary: 5}\nsyncs:\n  - name: a\n    source: Same\n    removal: delete\n",
		"d/notes.txt": "no settings",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range syncs {
		got = append(got, s.Name+" "+string(s.Removal)+" "+s.Origin)
	}
	if want := "Main report main.yaml:8, a delete d/a.yaml:3, b report d/b.yaml:2"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
	if syncs[1].Canary != 5 || syncs[2].Canary != 1 {
		t.Errorf("canary %d and %d: the defaults of one file reach another, or not its own", syncs[1].Canary, syncs[2].Canary)
	}
	winter := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	if next := syncs[0].Schedule.Next(winter); next.UTC().Format("01-02 15:04") != "01-11 01:00" {
		t.Errorf("due at %s", next)
	}
	for _, e := range syncs[1].Effective {
		if e.Name == "canary" && (e.Value != "5" || e.Origin != "d/a.yaml:1") || e.Value == "-" || e.Value == "" {
			t.Errorf("shown: %+v", e)
		}
	}
}

func TestAllErrorsAtOnceWithTheirLines(t *testing.T) {
	_, err := read(t, map[string]string{"main.yaml": "syncs:\n  - source: A\n    schedule: 61 2 * * *\n    workers: many\n  - source: B\n    rate: fast\n    tenant:\n      client-id: x\n      base-url: https://a.example\n"})
	if code := problem.Each(err)[0].(*problem.Error).Code; code != problem.Config {
		t.Errorf("exit status %d", code)
	}
	for _, want := range []string{"main.yaml:3: schedule:", `main.yaml:4: invalid workers "many": write a whole number`, `main.yaml:6: invalid rate "fast": write 100/10s`, "main.yaml:8: the tenant names a client id, and not where its secret comes from"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	_, err = read(t, map[string]string{"main.yaml": "colour: blue\nallow-empty: true\ninclude: none/*.yaml\nsyncs:\n  - source: A\n    base-url: x\n    source: B\n"})
	for _, want := range []string{`main.yaml:1: unknown setting "colour"`, "main.yaml:2: --allow-empty counts on the command line only", "main.yaml:3: include: no file matches", "main.yaml:6: base-url is the setting of a tenant", "main.yaml:7: source is given twice"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	tenant := func(secret string) map[string]string {
		return map[string]string{"main.yaml": "syncs:\n  - source: A\n    tenant:\n      base-url: https://a.example\n      client-id: x\n      " + secret + "\n", "file": "s3cret\r\n"}
	}
	for _, c := range []struct{ setting, want, wrong string }{
		{"client-secret-file: file", "s3cret", ""},
		{"client-secret-variable: MINE", "s3cret", ""},
		{"client-secret-variable: OTHER", "", "the variable OTHER"},
		{`client-secret-command: [printf, "%s\n", "s3 $MINE"]`, "s3 $MINE", ""},
		{`client-secret-command: 'printf "$MINE"'`, "s3cret", ""},
		{`client-secret-command: 'echo s3cret; echo locked out >&2; exit 3'`, "", "locked out"},
		{`client-secret-command: 'true'`, "", "it printed nothing"},
	} {
		syncs, err := read(t, tenant(c.setting), "MINE=s3cret", "PATH="+os.Getenv("PATH"))
		if err != nil {
			t.Fatal(c.setting, err)
		}
		got, err := syncs[0].Tenant.ReadSecret(t.Context())
		if got != c.want || (err == nil) != (c.wrong == "") || err != nil && (!strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%s: %q, %v", c.setting, got, err)
		}
		for _, e := range syncs[0].Effective {
			if strings.Contains(e.Value, "s3cret") || strings.Contains(e.Value, "$MINE") {
				t.Errorf("%s: shown: %+v", c.setting, e)
			}
		}
	}
	_, err := read(t, map[string]string{"main.yaml": "syncs:\n  - {source: A, tenant: {base-url: https://a.example, client-id: x, client-secret-file: f}}\n  - {source: B, tenant: {base-url: https://b.example, client-id: x, client-secret-file: f}}\n"}, "ACCOUNTSYNC_CLIENT_SECRET_FILE=all")
	if err == nil || !strings.Contains(err.Error(), "would be sent to 2 tenants") {
		t.Errorf("one secret for two tenants: %v", err)
	}
}
