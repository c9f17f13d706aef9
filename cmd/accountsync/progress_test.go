package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"accountsync/internal/problem"
	"accountsync/sandbox"

	"github.com/creack/pty"
)

// onTerminal runs the program with a terminal as standard error and gives what
// it wrote there.
func onTerminal(t *testing.T, columns uint16, environ, args []string) (stdout, screen string) {
	t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	seen := make(chan string)
	go func() {
		b, _ := io.ReadAll(terminal) // ends with an error once the other side is closed
		seen <- string(b)
	}()
	var out bytes.Buffer
	code := run(t.Context(), environ, args, strings.NewReader(""), &out, tty)
	tty.Close()
	screen = <-seen
	if code != problem.OK {
		t.Fatalf("exit status %d\n%s\n%s", code, &out, screen)
	}
	return out.String(), screen
}

func TestLiveLine(t *testing.T) {
	t.Parallel()
	seed := sandbox.Generate(1500, 1)
	seed.Latency.List = sandbox.Duration(150 * time.Millisecond)
	seed.Faults = []sandbox.Rule{{Method: "GET", Path: "/accounts", Nth: 3, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: "1"}}}
	url, end, err := sandbox.New(seed).Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end(t.Context()) })
	dir := t.TempDir()
	environ := []string{"SAIL_BASE_URL=" + url, "SAIL_CLIENT_ID=demo", "SAIL_CLIENT_SECRET=demo-secret", "TERM=xterm"}
	args := []string{"export", "--source", sandbox.GeneratedSource, "--file", filepath.Join(dir, "a.csv"), "--state", dir, "--workers", "1", "--force"}

	t.Run("wide", func(t *testing.T) {
		_, screen := onTerminal(t, 100, environ, args)
		for _, want := range []string{`listing +\[=*> *\] [0-9,]+ of 1,500`, "waiting 1s as the API asked", `WRN.*the API asks to wait 1s \(Retry-After\): every worker waits.*\n`, "exported 1500 accounts"} {
			if !regexp.MustCompile(want).MatchString(screen) {
				t.Errorf("the screen lacks %q:\n%q", want, screen)
			}
		}
	})
	t.Run("a sync says what it is about to send", func(t *testing.T) {
		desired := filepath.Join(dir, "desired.csv")
		if err := os.WriteFile(desired, []byte("employeeId,city\nX1,Rome\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, screen := onTerminal(t, 120, environ, []string{"sync", "--source", sandbox.GeneratedSource, "--file", desired, "--state", dir, "--out", dir})
		if want := "Generated: 1 to create; 0 unchanged, 0 rejected, 1,500 orphan; about 4 requests, within one window of 100/10s"; !strings.Contains(screen, want) {
			t.Errorf("the screen lacks %q:\n%q", want, screen)
		}
	})
	t.Run("narrow", func(t *testing.T) {
		_, screen := onTerminal(t, 30, environ, args)
		for line := range strings.SplitSeq(regexp.MustCompile("\x1b\\[[0-9]*[A-Z]").ReplaceAllString(screen, ""), "\n") {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); strings.HasPrefix(line, "listing") && n > 30 {
				t.Errorf("a line of %d characters: %q", n, line)
			}
		}
	})
	for _, without := range []string{"CI=true", "TERM=dumb", "ACCOUNTSYNC_NO_PROGRESS=true"} {
		t.Run(without, func(t *testing.T) {
			if _, screen := onTerminal(t, 100, append(environ[:4:4], without), args); strings.Contains(screen, "\x1b[1A") || strings.Contains(screen, "listing") {
				t.Errorf("a live line all the same: %q", screen)
			}
		})
	}
}
