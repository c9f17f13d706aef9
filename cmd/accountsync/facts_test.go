package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"accountsync/sandbox"
)

// TestFactsNameWhatIsUsed holds the operations of docs/api-facts.md against what
// the program does: each command that the page says uses an operation is run,
// and the operation is seen to be asked for; none is said to be used by nothing.
func TestFactsNameWhatIsUsed(t *testing.T) {
	t.Parallel()
	seed, err := staff()
	if err != nil {
		t.Fatal(err)
	}
	box := sandbox.New(seed)
	url, stop, err := box.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop(context.Background()) }()
	dir := t.TempDir()
	environ := []string{"HOME=" + dir, "SAIL_BASE_URL=" + url, "SAIL_CLIENT_ID=" + seed.Clients[0].ID, "SAIL_CLIENT_SECRET=" + seed.Clients[0].Secret}
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sent := []string{"--out", filepath.Join(dir, "out"), "--verify", "off"}
	patched := write("patched.csv", "id,city\ne05,Bonn\n")
	// The operations, a command that uses each, and how the page names the command.
	for _, c := range []struct{ name, operation, used, args string }{
		{"list", "GET /accounts", "every command", "plan --source Staff --file testdata/desired.csv"},
		{"get", "GET /accounts/*", "accounts get", "accounts get --source Directory 70000000000000000000000000000001"},
		{"entitlements", "GET /accounts/*/entitlements", "accounts entitlements", "accounts entitlements --source Staff e01"},
		{"create", "POST /accounts", "sync", "sync --source Staff --file testdata/desired.csv"},
		{"put", "PUT /accounts/*", "sync", ""},
		{"patch", "PATCH /accounts/*", "--update-with patch", "sync --source Staff --update-with patch --file " + patched},
		{"disable", "POST /accounts/*/disable", "accounts disable", "accounts disable --source Staff e04 --yes --allow-removals 1"},
		{"enable", "POST /accounts/*/enable", "accounts enable", "accounts enable --source Staff e04 --force-provisioning"},
		{"unlock", "POST /accounts/*/unlock", "accounts unlock", "accounts unlock --source Staff e05 --force-provisioning"},
		{"reload", "POST /accounts/*/reload", "accounts reload", "accounts reload --source Directory CN=Ada"},
		{"delete", "DELETE /accounts/*", "accounts delete", "accounts delete --source Staff e10 --yes --allow-removals 1"},
	} {
		var said bytes.Buffer
		if args := strings.Fields(c.args); len(args) > 0 {
			if args[0] == "sync" || args[0] == "accounts" && !slices.Contains([]string{"get", "entitlements"}, args[1]) {
				args = append(args, sent...)
			} else if args[0] == "plan" {
				args = append(args, sent[:2]...)
			}
			run(t.Context(), environ, args, strings.NewReader(""), &said, &said)
		}
		if !slices.ContainsFunc(box.Requests(), func(r sandbox.Request) bool { return r.Operation == c.operation }) {
			t.Errorf("%s: %s was not asked for by %q:\n%s", c.name, c.operation, c.args, said.String())
		}
		row := factsRow(t, c.name)
		method, path, _ := strings.Cut(strings.Replace(c.operation, "*", "{id}", 1), " ")
		if !strings.Contains(row[1], "`"+method+" "+path) && c.name != "disable" { // of which the row of enable tells
			t.Errorf("%s: the page has %q, the program sends %s", c.name, row[1], c.operation)
		}
		if !strings.Contains(row[3], c.used) {
			t.Errorf("%s: used by %q says the page, and not by %q", c.name, row[3], c.used)
		}
	}
}

// factsRow are the cells of an operation in the page's table: sure, operation, fact, used by.
func factsRow(t *testing.T, name string) []string {
	t.Helper()
	for _, line := range strings.Split(files(t, "docs/api-facts.md")["docs/api-facts.md"], "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) == 4 && regexp.MustCompile(`(^|, )`+name+`, `).MatchString(cells[1]) {
			if regexp.MustCompile(`(?i)nothing|never|not yet|^$`).MatchString(cells[3]) {
				t.Errorf("%s is used by %q?", name, cells[3])
			}
			return cells
		}
	}
	t.Fatalf("no row for %s", name)
	return nil
}

// TestCronLineRuns runs the README's example as cron would: with cron's PATH,
// without anybody's variables, the secret in its file.
func TestCronLineRuns(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)^0 2 \* \* \* (.*)$`).FindStringSubmatch(files(t, "README.md")["README.md"])
	if line == nil {
		t.Fatal("no line for cron")
	}
	seed := sandbox.DefaultSeed()
	box := sandbox.New(seed)
	url, stop, err := box.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop(context.Background()) }()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	contractors, err := os.ReadFile(filepath.Join(repository, "samples", "contractors.csv"))
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "accountsync"))
	}
	for name, content := range map[string]string{"secret": seed.Clients[0].Secret + "\n", "contractors.csv": string(contractors)} {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	command := strings.NewReplacer("https://acme.api.identitynow.com", url, "YOUR-CLIENT-ID", seed.Clients[0].ID, "/usr/local/bin/accountsync", dir+"/accountsync",
		"/etc/accountsync/", dir+"/", "/srv/accountsync/", dir+"/", "/var/lib/accountsync/", dir+"/").Replace(line[1])
	cron := exec.CommandContext(t.Context(), "/bin/sh", "-c", command)
	cron.Dir, cron.Env = "/", []string{"HOME=" + dir, "LOGNAME=root", "SHELL=/bin/sh", "PATH=/usr/bin:/bin"}
	out, err := cron.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v; mail from cron:\n%s", err, out)
	}
	if len(box.Writes()) == 0 || !exists(filepath.Join(dir, "reports", "report.html")) {
		t.Errorf("%d writes, and no report", len(box.Writes()))
	}
}
