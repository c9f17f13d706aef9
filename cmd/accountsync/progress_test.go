package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/sandbox"
	accountsync "accountsync/sync"

	"github.com/creack/pty"
	"github.com/rs/zerolog"
)

func TestPaceInWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pace
		check := func(held pause, want string) {
			t.Helper()
			if got := p.text(held); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		p.at(time.Now(), accountsync.Progress{Step: "listing", Done: 250})
		check(pause{}, "250")
		time.Sleep(10 * time.Second)
		p.at(time.Now(), accountsync.Progress{Step: "listing", Done: 1250, Total: 20_000})
		check(pause{}, "1,250 of 20,000, 3m8s left, 100/s")
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 1, Total: 200})
		time.Sleep(10 * time.Second)
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 101, Total: 200, Failed: 2})
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 99, Total: 200, Failed: 1}) // a slower worker's
		check(pause{10 * time.Minute, 10 * time.Minute}, "101 of 200, 2 failed, waiting 10m as the API asked (Retry-After), 10s left, 10/s")
		check(pause{length: 6500 * time.Millisecond}, "101 of 200, 2 failed, pausing 7s after a refusal, 10s left, 10/s")
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 200, Total: 200, Failed: 2})
		check(pause{}, "200 of 200, 2 failed, 20/s")
	})
}

func TestWaitsInFewLetters(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{time.Second: "1s", 1500 * time.Millisecond: "2s", 10 * time.Minute: "10m", 90 * time.Second: "1m30s",
		time.Hour: "1h", time.Hour + time.Second: "1h0m1s", time.Hour + time.Minute: "1h1m", 10 * time.Second: "10s", 20 * time.Hour: "20h"} {
		if got := shortly(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

// Off a terminal, long work leaves a line in the log every 30 s.
func TestProgressIsLoggedEvery30Seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := (&app{stderr: &console{out: &out}, log: zerolog.New(&out)}).newProgress(&config.Sync{}, nil)
		for i := range 71 {
			p.watch(accountsync.Progress{Step: "sending", Done: 10 * i, Total: 1000, Failed: i / 50})
			time.Sleep(time.Second)
		}
		p.end()
		want := `{"level":"info","step":"sending","done":300,"total":1000,"failed":0,"per_second":10,"left":"1m10s","message":"progress"}
{"level":"info","step":"sending","done":600,"total":1000,"failed":1,"per_second":10,"left":"40s","message":"progress"}
`
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", &out, want)
		}
	})
}

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
