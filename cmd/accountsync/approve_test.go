package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/internal/problem"
	"accountsync/sandbox"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
)

// cmdApprovers makes SSH keys, NAME and NAME.pub, and the list of their owners,
// approvers.txt, in which NAME is NAME@example.com:
//
//	approvers NAME[:PASSPHRASE]...
func cmdApprovers(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(makeApprovers(ts.MkAbs("."), args...))
}

// makeApprovers makes SSH keys in a directory, and the list of their owners.
func makeApprovers(dir string, names ...string) error {
	var list []byte
	for _, name := range names {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		name, passphrase, locked := strings.Cut(name, ":")
		block, err := ssh.MarshalPrivateKey(private, name)
		if locked {
			block, err = ssh.MarshalPrivateKeyWithPassphrase(private, name, []byte(passphrase))
		}
		if err != nil {
			return err
		}
		key, err := ssh.NewPublicKey(public)
		if err != nil {
			return err
		}
		line := ssh.MarshalAuthorizedKey(key)
		list = append(append(list, name+"@example.com "...), line...)
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".pub"), line, 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "approvers.txt"), list, 0o600)
}

// TestNothingChangedIsAppliedByTheProgram changes a plan that was approved, its
// signatures and the list of signers in a few hundred ways: the program sends
// nothing. The package approval does it in ten thousand.
func TestNothingChangedIsAppliedByTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seed, err := staff()
	if err == nil {
		err = makeApprovers(dir, "alice", "bob")
	}
	if err != nil {
		t.Fatal(err)
	}
	box := sandbox.New(seed)
	server := httptest.NewServer(box)
	defer server.Close()
	environ := []string{"HOME=" + dir, "SAIL_BASE_URL=" + server.URL, "SAIL_CLIENT_ID=" + seed.Clients[0].ID, "SAIL_CLIENT_SECRET=" + seed.Clients[0].Secret}
	list, out := filepath.Join(dir, "approvers.txt"), filepath.Join(dir, "out")
	accountsync := func(args ...string) (status int, said string) {
		var text bytes.Buffer
		status = run(t.Context(), environ, args, strings.NewReader(""), &text, &text)
		return status, text.String()
	}
	must := func(args ...string) {
		t.Helper()
		if status, said := accountsync(args...); status != 0 {
			t.Fatalf("%v: exit status %d\n%s", args, status, said)
		}
	}
	must("plan", "--source", "Staff", "--file", "testdata/desired.csv", "--removal", "delete", "--out", out, "--require-approvals", "2", "--allowed-signers", list, "--made-by", "carol")
	plans, _ := filepath.Glob(filepath.Join(out, "plan-*.json"))
	must("approve", plans[0], "--key", filepath.Join(dir, "alice"))
	must("approve", plans[0], "--key", filepath.Join(dir, "bob"))
	files, _ := filepath.Glob(plans[0] + "*")
	files = append(files, list)
	if len(files) != 4 {
		t.Fatalf("files: %v", files)
	}
	refusals := map[int]int{}
	for i := range 240 {
		file := files[i%len(files)]
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(content)
		switch at := (i * 7919) % (len(content) - 1); i / len(files) % 3 {
		case 0:
			changed[at] ^= 1 << (i % 7)
		case 1:
			changed = append(changed[:at], changed[at+1:]...)
		case 2:
			changed = changed[:at]
		}
		if strings.HasSuffix(file, ".sig") && strings.ReplaceAll(string(changed), "\n", "") == strings.ReplaceAll(string(content), "\n", "") {
			continue // a line broken elsewhere
		}
		if err := os.WriteFile(file, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		status, said := accountsync("apply", plans[0], "--allowed-signers", list, "--out", out)
		refusals[status]++
		if status == 0 || len(box.Writes()) > 0 {
			t.Fatalf("exit status %d, %d writes with %s as\n%q\n%s", status, len(box.Writes()), file, changed, said)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if refusals[problem.Blocked] == 0 || refusals[problem.Stale] == 0 || refusals[problem.Config] == 0 {
		t.Errorf("refused with %v", refusals)
	}
	must("apply", plans[0], "--allowed-signers", list, "--out", out)
	if len(box.Writes()) == 0 {
		t.Error("unchanged, it is not applied")
	}
}

// TestNobodyChoosesWhoMustApprove: of a file with several syncs the one of the
// plan's source says how many must approve it, whatever name a plan that somebody
// wrote gives to its source.
func TestNobodyChoosesWhoMustApprove(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seed, err := staff()
	if err == nil {
		err = makeApprovers(dir, "alice")
	}
	if err != nil {
		t.Fatal(err)
	}
	box := sandbox.New(seed)
	server := httptest.NewServer(box)
	defer server.Close()
	environ := []string{"HOME=" + dir, "SAIL_BASE_URL=" + server.URL, "SAIL_CLIENT_ID=" + seed.Clients[0].ID, "SAIL_CLIENT_SECRET=" + seed.Clients[0].Secret}
	accountsync := func(want int, args ...string) {
		t.Helper()
		var text bytes.Buffer
		if status := run(t.Context(), environ, append(args, "--out", filepath.Join(dir, "out")), strings.NewReader(""), &text, &text); status != want {
			t.Fatalf("%v: exit status %d, want %d\n%s", args, status, want, text.String())
		}
	}
	settings := filepath.Join(dir, "fleet.yaml")
	text := "syncs:\n- {source: Directory, file: directory.csv}\n- {source: Staff, file: staff.csv, require-approvals: 1, allowed-signers: '" + filepath.Join(dir, "approvers.txt") + "'}\n"
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	accountsync(0, "plan", "--source", "Staff", "--file", "testdata/desired.csv")
	plans, _ := filepath.Glob(filepath.Join(dir, "out", "plan-*.json"))
	accountsync(problem.Blocked, "apply", plans[0], "--config", settings)
	content, err := os.ReadFile(plans[0])
	if err != nil {
		t.Fatal(err)
	}
	body := bytes.ReplaceAll(content[:bytes.LastIndex(content, []byte(`  "sha256"`))], []byte(`"Staff"`), []byte(`"Directory"`))
	if err := os.WriteFile(plans[0], fmt.Appendf(body, "  \"sha256\": \"%x\"\n}\n", sha256.Sum256(body)), 0o600); err != nil {
		t.Fatal(err)
	}
	accountsync(problem.Stale, "apply", plans[0], "--config", settings)
	if n := len(box.Writes()); n > 0 {
		t.Errorf("%d writes", n)
	}
}

// TestPlanOfARenamedSource: a plan names its source by id and name; where the
// source has another name by now, apply says so and writes nothing.
func TestPlanOfARenamedSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seed, err := staff()
	if err != nil {
		t.Fatal(err)
	}
	seed.Sources[0].ID = "5c0ffee0000000000000000000000001"
	box := sandbox.New(seed)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { box.ServeHTTP(w, r) }))
	defer server.Close()
	environ := []string{"HOME=" + dir, "SAIL_BASE_URL=" + server.URL, "SAIL_CLIENT_ID=" + seed.Clients[0].ID, "SAIL_CLIENT_SECRET=" + seed.Clients[0].Secret}
	accountsync := func(args ...string) (status int, said string) {
		var text bytes.Buffer
		status = run(t.Context(), environ, append(args, "--out", filepath.Join(dir, "out")), strings.NewReader(""), &text, &text)
		return status, text.String()
	}
	if status, said := accountsync("plan", "--source", "Staff", "--file", "testdata/desired.csv"); status != 0 {
		t.Fatalf("exit status %d\n%s", status, said)
	}
	plans, _ := filepath.Glob(filepath.Join(dir, "out", "plan-*.json"))
	seed.Sources[0].Name = "Personnel"
	box = sandbox.New(seed)
	status, said := accountsync("apply", plans[0])
	for _, want := range []string{`was named "Staff" when the plan was made, and is named "Personnel" now`, "nothing was written: plan again"} {
		if status != problem.Stale || !strings.Contains(said, want) {
			t.Errorf("exit status %d, want %d and %q\n%s", status, problem.Stale, want, said)
		}
	}
	if n := len(box.Writes()); n > 0 {
		t.Errorf("%d writes", n)
	}
}
