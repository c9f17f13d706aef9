package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"accountsync/config"
	"accountsync/internal/connection"
	"accountsync/internal/exit"
	"accountsync/internal/signals"
	"accountsync/internal/terminal"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// app is one execution of the program: what it was given, and nothing global.
type app struct {
	environ []string
	stdin   io.Reader
	stdout  io.Writer
	stderr  *terminal.Console
	log     zerolog.Logger
	stop    *signals.Stop
	api     *connection.API // shared by the syncs of a fleet; nil: each session makes its own
	run     *runID          // of the run at hand
	teller  *teller         // tells others of the command; nil: nobody is told of it
	many    int             // of more operations no reports are written after a signal

	// For a run of a fleet, which a worker carries out turn by turn.
	store *journal.Store // shared by the runs of the worker; nil: each session opens its own
	gate  *gate          // what each request passes; may be nil
	shift *shift
}

// run is the program. It returns the exit status.
func run(ctx context.Context, environ, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{environ: environ, stdin: stdin, stdout: stdout, stderr: &terminal.Console{Out: stderr}, log: zerolog.Nop(), run: &runID{}, many: 20_000}
	a.stop = signals.Listen(ctx, a.stderr)
	defer a.stop.Close()
	return a.execute(args)
}

// execute carries out one command line.
func (a *app) execute(args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := sync.Safely(func() error { return root.ExecuteContext(a.stop.Killed) })
	if said := (*exit.Said)(nil); err != nil && !errors.As(err, &said) {
		exit.Print(a.stderr, "", err)
	}
	return exit.Code(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "accountsync",
		Short: "Make the accounts of a SailPoint ISC source equal to a CSV file, and prove it",
		Long: "accountsync makes the accounts of a SailPoint Identity Security Cloud source equal to a CSV file,\n" +
			"and proves it: it lists, compares, guards, writes, lists again, and reports on every row and account.\n\n" +
			startHere,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asked, _ := c.Flags().GetBool("version"); asked {
				return a.printVersion(false)
			}
			return c.Help()
		},
	}
	root.Flags().Bool("version", false, "print the version")
	config.ConfigFlag(root.PersistentFlags())
	root.SetUsageFunc(showUsage)
	root.SetFlagErrorFunc(usageFlag)
	root.AddCommand(a.planCommand(), a.applyCommand(), a.syncCommand(), a.resumeCommand(), a.undoCommand(), a.runsCommand(), a.reportCommand(), a.showCommand(), a.exportCommand(), a.accountsCommand(), a.configCommand(), a.doctorCommand(), a.sandboxCommand(), a.demoCommand(), a.manCommand(), a.workerCommand(), a.runCommand(), a.versionCommand())
	root.AddCommand(helpTopics()...)
	strictHelp(root)
	groupCommands(root)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	root.Args = usageArgs(cobra.NoArgs)
	return root
}

// settings gathers a command's settings and sets up the log.
func (a *app) settings(c *cobra.Command) (*config.Sync, error) {
	_, conf, err := a.gather(c)
	return conf, err
}

// gather gathers a command's settings from all places and sets up the log. Who
// is to be told of the command is told that it begins, also when its settings
// are wrong: that is how it will end.
func (a *app) gather(c *cobra.Command) (all *config.Sources, conf *config.Sync, err error) {
	if all, err = config.Read(c.Flags(), nil, a.environ); err == nil {
		conf, err = all.Whole()
	}
	if err == nil {
		a.log, err = newLog(conf, a.stderr, a.run)
	}
	a.teller.listen(all)
	return all, conf, err
}

// newProgress shows how far a command is, of whose connection api is; nil: it has none.
func (a *app) newProgress(conf *config.Sync, api *connection.API) *terminal.Progress {
	live := terminal.Is(a.stderr) && !conf.NoProgress && !conf.Quiet && config.Lookup(a.environ, "CI") == "" && config.Lookup(a.environ, "TERM") != "dumb"
	var paused func() terminal.Pause
	if api != nil {
		paused = func() terminal.Pause {
			return terminal.Pause{Length: api.Limiter.PausedFor(), Asked: api.Limiter.AskedFor()}
		}
	}
	return terminal.NewProgress(a.stderr, a.log, live, paused)
}

// terminal says how tables are shown on standard output.
func (a *app) terminal(conf *config.Sync) reports.Options {
	o := reports.Options{Verbose: conf.Verbose}
	if f, ok := terminal.Of(a.stdout); ok {
		o.Color = config.Lookup(a.environ, "NO_COLOR") == "" && config.Lookup(a.environ, "TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	return o
}

// cost says in words what so many requests take.
func (a *app) cost(conf *config.Sync, requests int) string {
	quota := conf.Quota
	switch least := quota.Least(requests); {
	case requests == 0:
		return ""
	case least == 0:
		return fmt.Sprintf("about %d requests, within one window of %s", requests, quota)
	default:
		return fmt.Sprintf("about %d requests, at least %s under %s", requests, least, quota)
	}
}

// connectTo connects to the API. A connection of the same quota domain is shared.
func (a *app) connectTo(conf *config.Sync, shared *connection.API) (*connection.API, error) {
	return connection.Open(a.stop.Draining, conf, shared, connection.Options{Version: version(), Log: &a.log, Before: a.gate.before})
}
