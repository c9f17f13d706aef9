// Package job carries one command out on one source: from its settings to the
// record of a run, the run itself, its reports and its exit status.
package job

import (
	"fmt"
	"io"
	"net/http"

	"accountsync/config"
	"accountsync/internal/connection"
	"accountsync/internal/exit"
	"accountsync/internal/signals"
	"accountsync/internal/terminal"
	"accountsync/journal"
	"accountsync/reports"

	"github.com/rs/zerolog"
	"golang.org/x/term"
)

// Env is what jobs are given by the program, or by the worker, that has them
// carried out.
type Env struct {
	Version string
	Environ []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  *terminal.Console
	Stop    *signals.Stop
	Log     zerolog.Logger

	RunID    *RunID    // of the run at hand, for the log
	Notifier *Notifier // tells others of the command; nil: nobody is told of it
	Many     int       // of more operations no reports are written after a signal

	API *connection.API // shared by the syncs of a quota domain; nil: each job opens its own

	// For the runs of a fleet, which a worker carries out turn by turn.
	Store  *journal.Store                            // shared by the runs of the worker; nil: each job opens its own
	Before func(http.RoundTripper) http.RoundTripper // what each request passes; may be nil
	Turn   *Turn                                     // nil on a command line
}

// NewEnv is what jobs are given on a command line. They log nothing until a log
// is made of their settings.
func NewEnv(version string, environ []string, stdin io.Reader, stdout io.Writer, stderr *terminal.Console, stop *signals.Stop) *Env {
	const many = 20_000
	return &Env{Version: version, Environ: environ, Stdin: stdin, Stdout: stdout, Stderr: stderr, Stop: stop, Log: zerolog.Nop(), RunID: &RunID{}, Many: many}
}

// Command is the command line that a job carries out, as far as a job has to
// know it.
type Command struct {
	Name  string   // as the record has it
	Reads []string // files it names to be read: none to write to
	// Given is the value of a flag that stands on the command line.
	Given func(flag string) (value string, given bool)
	// Repeat are the words of a command line that asks of another command the same
	// as this one did.
	Repeat func(name string, args ...string) []string
}

// OpenStore opens the durable record of runs.
func (e *Env) OpenStore(conf *config.Sync) (*journal.Store, error) {
	state, err := conf.StateDir(e.Environ)
	if err != nil {
		return nil, err
	}
	s, err := journal.Open(e.Stop.Draining, state)
	if err != nil {
		return nil, exit.OfStore(err)
	}
	return s, nil
}

// Connect connects to the API, or gives the connection that is shared.
func (e *Env) Connect(conf *config.Sync) (api *connection.API, err error) {
	if e.API != nil {
		return e.API, nil
	}
	return e.connect(conf)
}

// connect connects to the API. A connection of the same quota domain shares its limiter.
func (e *Env) connect(conf *config.Sync) (*connection.API, error) {
	return connection.Open(e.Stop.Draining, conf, e.API, connection.Options{Version: e.Version, Log: &e.Log, Before: e.Before})
}

// Progress shows how far a command is, whose requests go to the API; nil: it sends none.
func (e *Env) Progress(conf *config.Sync, api *connection.API) *terminal.Progress {
	live := terminal.Is(e.Stderr) && !conf.NoProgress && !conf.Quiet && config.Lookup(e.Environ, "CI") == "" && config.Lookup(e.Environ, "TERM") != "dumb"
	var paused func() terminal.Pause
	if api != nil {
		paused = func() terminal.Pause {
			return terminal.Pause{Length: api.Limiter.PausedFor(), Asked: api.Limiter.AskedFor()}
		}
	}
	return terminal.NewProgress(e.Stderr, e.Log, live, paused)
}

// Terminal says how tables are shown on standard output.
func (e *Env) Terminal(conf *config.Sync) reports.Options {
	o := reports.Options{Verbose: conf.Verbose}
	if f, ok := terminal.Of(e.Stdout); ok {
		o.Color = config.Lookup(e.Environ, "NO_COLOR") == "" && config.Lookup(e.Environ, "TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	return o
}

// cost says in words what so many requests take.
func cost(conf *config.Sync, requests int) string {
	quota := conf.Quota
	switch least := quota.MinDuration(requests); {
	case requests == 0:
		return ""
	case least == 0:
		return fmt.Sprintf("about %d requests, within one window of %s", requests, quota)
	default:
		return fmt.Sprintf("about %d requests, at least %s under %s", requests, least, quota)
	}
}
