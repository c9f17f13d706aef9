//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"accountsync/internal/problem"
	"accountsync/sandbox"
)

// nobody is a user without rights.
const nobody = 65534

// outsider is the program as a user without rights runs it, in a directory of its own.
type outsider struct {
	*sandbox.Server
	t    *testing.T
	url  string
	dir  string
	self string
}

// newOutsider needs root, to become another user, or a user without rights.
func newOutsider(t *testing.T) *outsider {
	t.Helper()
	seed := sandbox.DefaultSeed()
	o := &outsider{Server: sandbox.New(seed), t: t}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.url = server.URL
	dir, err := os.MkdirTemp("", "outsider")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o.dir, o.self = dir, filepath.Join(dir, "accountsync")
	program, err := os.Executable()
	if err == nil {
		err = copyFile(program, o.self)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "in.csv"), []byte("employeeId,city\nC1001,Bonn\n"), 0o644)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

// make makes a directory of this mode.
func (o *outsider) make(name string, mode os.FileMode) string {
	path := filepath.Join(o.dir, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		o.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// run runs a command and gives its exit status and what it printed.
func (o *outsider) run(as uint32, args ...string) (int, string) {
	o.t.Helper()
	c := exec.CommandContext(o.t.Context(), o.self, args...)
	c.Dir = o.dir
	c.Env = append(os.Environ(), "SAIL_BASE_URL="+o.url, "SAIL_CLIENT_ID=demo", "SAIL_CLIENT_SECRET=demo-secret", "HOME="+o.dir)
	if os.Geteuid() == 0 && as != 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: as, Gid: as, NoSetGroups: false}}
	}
	text, err := c.CombinedOutput()
	if c.ProcessState == nil {
		o.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(text)
}

// want holds a run against what it must come to; nothing may have been written.
func (o *outsider) want(code int, text string, wantCode int, says ...string) {
	o.t.Helper()
	if code != wantCode {
		o.t.Errorf("exit status %d, want %d\n%s", code, wantCode, text)
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			o.t.Errorf("it does not say %q:\n%s", s, text)
		}
	}
	if n := len(o.Writes()); n > 0 {
		o.t.Errorf("%d writes", n)
	}
}

// A state directory that an ordinary user cannot write: 73, a reason and a way
// out, and nothing is sent.
func TestStateThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	o := newOutsider(t)
	out := o.make("out", 0o777)
	args := func(state string) []string {
		return []string{"sync", "--source", "HR Contractors", "--file", "in.csv", "--state", state, "--out", out}
	}
	code, text := o.run(nobody, args(o.make("readonly", 0o555))...)
	o.want(code, text, problem.CannotWrite, "the journal cannot be written", "hint: nothing is sent without a journal: make it writable")
	code, text = o.run(nobody, append(args(o.make("state", 0o777))[:7], "--out", o.make("noout", 0o555))...)
	o.want(code, text, problem.CannotWrite, "cannot write reports into", ", or name another directory with --out")
	if strings.Contains(text, "make room") || !strings.Contains(text, "make it writable for user ") {
		t.Errorf("the hint leads nowhere:\n%s", text)
	}
	if err := os.Chmod(filepath.Join(o.dir, "in.csv"), 0); err != nil {
		t.Fatal(err)
	}
	code, text = o.run(nobody, args(o.make("state", 0o777))...)
	o.want(code, text, problem.NoInput, "in.csv", "permission denied", "hint: make it readable for user ")
	if err := os.Chmod(filepath.Join(o.dir, "in.csv"), 0o644); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		t.Log("not tried: the journal of another user, which takes root")
		return
	}
	theirs := o.make("theirs", 0o755)
	if code, text := o.run(0, "plan", "--source", "HR Contractors", "--file", "in.csv", "--state", theirs, "--out", out); code != 0 {
		t.Fatal(text)
	}
	for _, mode := range []os.FileMode{0o600, 0o644} {
		if err := os.Chmod(filepath.Join(theirs, "journal.db"), mode); err != nil {
			t.Fatal(err)
		}
		code, text = o.run(nobody, args(theirs)...)
		o.want(code, text, problem.CannotWrite, "the journal cannot be written", "hint: nothing is sent without a journal: make it writable")
	}
}

// A disk that is full: 73 while the plan is put on record, and nothing is sent;
// with more room the same state directory serves again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	o := newOutsider(t)
	state := o.make("state", 0o777)
	if err := syscall.Mount("none", state, "tmpfs", 0, "size=300k"); err != nil {
		t.Skipf("not tried: a small file system takes the right to mount one: %v", err)
	}
	defer func() { _ = syscall.Unmount(state, syscall.MNT_DETACH) }()
	var rows strings.Builder
	rows.WriteString("employeeId,city\n")
	for i := range 20_000 {
		fmt.Fprintf(&rows, "X%05d,a city with a long name\n", i)
	}
	if err := os.WriteFile(filepath.Join(o.dir, "big.csv"), []byte(rows.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"sync", "--source", "HR Contractors", "--state", state, "--out", o.make("out", 0o777), "--file"}
	code, text := o.run(0, append(args, "big.csv")...)
	o.want(code, text, problem.CannotWrite, "no space is left for the journal", "hint: nothing is sent without a journal: make room")
	if err := syscall.Mount("none", state, "tmpfs", syscall.MS_REMOUNT, "size=30m"); err != nil {
		t.Fatal(err)
	}
	if code, text := o.run(0, append(args, "in.csv")...); code != 0 || len(o.Writes()) != 1 {
		t.Errorf("with more room: exit status %d, %d writes\n%s", code, len(o.Writes()), text)
	}
}
