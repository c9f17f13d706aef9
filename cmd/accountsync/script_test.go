package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"accountsync/internal/schematest"
	"accountsync/internal/text"
	"accountsync/sandbox"

	"github.com/rogpeppe/go-internal/testscript"
)

// What a script finds: a HOME of its own, no SAIL_ or ACCOUNTSYNC_ variable,
// and two inputs for the source Staff of testdata/staff.json. live.csv holds
// what is live; desired.csv asks for one create (e11), two puts (e01, e02) and,
// with --removal delete, one delete (e10). It has no column note.

// setUp prepares the directory and the environment of a script.
func setUp(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Values[boxKey{}] = &box{}
	env.Defer(func() {
		if err := published(env.WorkDir); err != nil {
			env.T().Fatal(err)
		}
	})
	for _, name := range []string{"live.csv", "desired.csv"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), b, 0o600); err != nil {
			return err
		}
	}
	return os.MkdirAll(home, 0o700)
}

// published holds every result.json and saved plan of a directory against the
// published schemas. A file named edited-plan.json and its like is not one of ours.
func published(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		name, ours := strings.CutSuffix(entry.Name(), ".json")
		name, _, _ = strings.Cut(name, "-")
		if err != nil || !ours || name != "result" && name != "plan" {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := schematest.Check(name, f); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

// box is a script's sandbox, and the background command it signalled last.
type box struct {
	*sandbox.Server
	seed      *sandbox.Seed
	signalled *exec.Cmd
}

type boxKey struct{}

func boxOf(ts *testscript.TestScript) *box {
	b := ts.Value(boxKey{}).(*box)
	if b.Server == nil {
		ts.Fatalf("start a sandbox first")
	}
	return b
}

// staff is the tenant of most tests.
func staff() (*sandbox.Seed, error) { return sandbox.LoadSeed(filepath.Join("testdata", "staff.json")) }

// cmdSandbox starts a sandbox over HTTP and signs the script in to it:
//
//	sandbox [seed.json [client]]
//
// What the seed leaves out is that of testdata/staff.json; - is no seed. The
// client is the seed's first one, or the one named. BOX becomes its host:port.
func cmdSandbox(ts *testscript.TestScript, _ bool, args []string) {
	seed, err := staff()
	ts.Check(err)
	if len(args) > 0 && args[0] != "-" {
		given, err := sandbox.LoadSeed(ts.MkAbs(args[0]))
		ts.Check(err)
		seed = over(given, seed)
	}
	b := ts.Value(boxKey{}).(*box)
	b.seed, b.Server = seed, sandbox.New(seed)
	url, stop, err := b.Start("127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = stop(ctx) // the script is over
	})
	client := seed.Clients[0]
	for _, c := range seed.Clients {
		if len(args) > 1 && c.ID == args[1] {
			client = c
		}
	}
	ts.Setenv("BOX", strings.TrimPrefix(url, "http://"))
	ts.Setenv("SAIL_BASE_URL", url)
	ts.Setenv("SAIL_CLIENT_ID", client.ID)
	ts.Setenv("SAIL_CLIENT_SECRET", client.Secret)
}

// over lays a seed over another.
func over(s, base *sandbox.Seed) *sandbox.Seed {
	if s.Sources == nil {
		s.Sources, s.Identities = base.Sources, base.Identities
	}
	if s.Clients == nil {
		s.Clients = base.Clients
	}
	if s.TaskDelay == 0 {
		s.TaskDelay = base.TaskDelay
	}
	return s
}

// cmdImpostor starts a server that no authority vouches for, in the tenant's place.
func cmdImpostor(ts *testscript.TestScript, _ bool, _ []string) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	ts.Defer(server.Close)
	ts.Setenv("SAIL_BASE_URL", server.URL)
}

// cmdExits runs a command and asserts its exact exit status:
//
//	exits STATUS COMMAND [ARGUMENT...]
//
// After plan and undo PLAN is the plan that was saved.
func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	before := plans(ts)
	exited(ts, want, ts.Exec(args[1], args[2:]...))
	ts.Check(published(ts.Getenv("WORK")))
	plan := "no-plan-was-saved.json"
	for _, path := range plans(ts) {
		if !slices.Contains(before, path) {
			plan = path
		}
	}
	if len(args) > 2 && args[1] == "accountsync" && (args[2] == "plan" || args[2] == "undo") {
		ts.Setenv("PLAN", plan)
	}
}

// plans are the saved plans of a script, by their paths.
func plans(ts *testscript.TestScript) (paths []string) {
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, entry fs.DirEntry, err error) error {
		if matched, _ := filepath.Match("plan-*.json", entry.Name()); matched {
			path, _ = filepath.Rel(ts.Getenv("WORK"), path)
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

// cmdFollow does what the last command printed: it takes the first group of the
// expression from its standard output, as a shell would read it, puts it behind
// the command, and asserts the exit status:
//
//	follow STATUS EXPRESSION [COMMAND [ARGUMENT...]]
func cmdFollow(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	printed := matched(ts, args[1], ts.ReadFile("stdout"))
	command := make([]string, 0, len(args))
	for _, word := range args[2:] {
		command = append(command, text.ShellWord(word))
	}
	exited(ts, want, ts.Exec("sh", "-c", strings.Join(append(command, printed), " ")))
}

func exited(ts *testscript.TestScript, want int, err error) {
	code := 0
	if exit := (*exec.ExitError)(nil); err != nil {
		if !asExit(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit status %d, want %d", code, want)
	}
}

// cmdSignal sends a signal to the one background command: signal INT|TERM.
func cmdSignal(ts *testscript.TestScript, _ bool, args []string) {
	running := ts.BackgroundCmds()
	if len(running) != 1 {
		ts.Fatalf("%d commands in the background, want 1", len(running))
	}
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	ts.Check(running[0].Process.Signal(signals[args[0]]))
	ts.Value(boxKey{}).(*box).signalled = running[0]
}

// cmdStatus asserts the exit status of the command that was signalled, after
// wait: status STATUS.
func cmdStatus(ts *testscript.TestScript, _ bool, args []string) {
	state := ts.Value(boxKey{}).(*box).signalled.ProcessState
	if got := strconv.Itoa(state.ExitCode()); got != args[0] {
		ts.Fatalf("exit status %s (%v), want %s", got, state, args[0])
	}
}

// cmdPort sets a variable to a loopback port that is free: port NAME.
func cmdPort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	ts.Check(l.Close())
	ts.Setenv(args[0], port)
}

// cmdDeadPort sets a variable to a loopback port on which nobody listens, nor can
// while the script runs: deadport NAME. A connection goes out from it.
func cmdDeadPort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	c, err := net.Dial("tcp", l.Addr().String())
	ts.Check(err)
	ts.Defer(func() { _, _ = c.Close(), l.Close() })
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	ts.Setenv(args[0], port)
}

// cmdListening waits until somebody listens: listening HOST:PORT.
func cmdListening(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, "nobody listens on "+args[0], func() bool {
		c, err := net.Dial("tcp", args[0])
		if err == nil {
			_ = c.Close() // it was only to see
		}
		return err == nil
	})
}

// cmdExistsSoon waits until a file is there: exists-soon FILE.
func cmdExistsSoon(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	eventually(ts, "there is no "+path, func() bool { return exists(path) })
}

// eventually looks until it is so, 20 s at most.
func eventually(ts *testscript.TestScript, otherwise string, so func() bool) {
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("%s", otherwise)
		}
	}
}
