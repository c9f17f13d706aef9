package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) planCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what a sync would do; writes nothing to the API",
		Long: "plan reads the CSV, lists the live accounts and shows what a sync would create, put and delete,\n" +
			"and what the guards say of it. It is handed a client that cannot write.",
		Example: "  accountsync plan --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync plan --source \"HR Contractors\" --file contractors.csv --removal delete --detailed-exitcode",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runSync(c, false) },
	}
	connectFlags(c.Flags())
	csvFlags(c.Flags())
	planFlags(c.Flags())
	outputFlags(c.Flags())
	c.Flags().Bool("detailed-exitcode", false, "exit with 2 when there is something to do")
	return c
}

func (a *app) syncCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sync",
		Short: "Plan and apply in one: make the live accounts equal to the CSV",
		Long: "sync reads the CSV, lists the live accounts, decides, asks the guards, writes (create, then put, then\n" +
			"delete), lists again what it wrote, and reports on every row and account.\n\n" +
			"Accounts without a row are left alone unless --removal delete. A rejected row, or a listing that is not\n" +
			"proven complete, holds back every removal of the run.",
		Example: "  accountsync sync --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync sync --source \"HR Contractors\" --file contractors.csv --removal delete --max-removals 25,5%\n" +
			"  accountsync sync --source 2c918086799a2d3801799a2d3b0a0000 --file failed.csv",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runSync(c, true) },
	}
	connectFlags(c.Flags())
	csvFlags(c.Flags())
	planFlags(c.Flags())
	applyFlags(c.Flags())
	outputFlags(c.Flags())
	return c
}

// runSync tells the story of a run: settle what was asked, plan, apply, report.
// What it learned is reported whatever ended it.
func (a *app) runSync(c *cobra.Command, apply bool) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	settings, err := a.syncSettings(conf, c.Flags())
	if err != nil {
		return err
	}
	defer settings.File.Close()
	if err := reports.CheckDir(conf.Out); err != nil {
		return err
	}
	api, err := a.connect(conf)
	if err != nil {
		return err
	}
	result := a.newResult(c.Name(), api, conf)
	bar := a.newProgress(conf, result.Run)
	settings.Watch = bar.watch
	source, runErr := a.carryOut(c.Context(), api, conf.Source, settings, apply)
	bar.end()
	if source != nil {
		result.Sources = append(result.Sources, source)
	}
	return a.finish(conf, result, api, runErr, apply)
}

// carryOut plans and, when asked, applies. A plan is handed a client that
// cannot write.
func (a *app) carryOut(ctx context.Context, api *connection, name string, s sync.Settings, apply bool) (source *sync.Source, err error) {
	found, err := api.Source(s.Stop, name)
	if err != nil {
		return nil, fmt.Errorf("looking up the source: %w", err)
	}
	planned, err := sync.Prepare(s.Stop, sync.Reader(api), found, s)
	if err == nil && apply {
		err = planned.Apply(ctx, api)
	}
	source, books := planned.Result()
	return source, errors.Join(err, books)
}

// newResult is the head of a result.
func (a *app) newResult(command string, api *connection, conf config) *sync.Result {
	now := time.Now().UTC()
	run := now.Format("20060102T150405Z") + "-" + strings.ToLower(rand.Text()[:4])
	a.log = a.log.With().Str("run", run).Logger()
	return &sync.Result{Schema: sync.ResultSchema, Run: run, Command: command, Version: version(),
		Started: now, Tenant: api.tenant, API: conf.API}
}

// syncSettings turns flags into what package sync takes.
func (a *app) syncSettings(conf config, flags *pflag.FlagSet) (s sync.Settings, err error) {
	switch {
	case conf.Source == "":
		return s, problemf(exitUsage, "--source takes the source's id or name", "--source is not given")
	case conf.File == "":
		return s, problemf(exitUsage, "--file takes the desired-state CSV", "--file is not given")
	case conf.Workers < 1:
		return s, problemf(exitUsage, "", "--workers %d: at least 1", conf.Workers)
	case conf.Verify != "" && conf.Verify != "auto" && conf.Verify != "off":
		return s, problemf(exitUsage, "", "--verify %q: write auto or off", conf.Verify)
	case conf.Removal != string(diff.RemovalReport) && conf.Removal != string(diff.RemovalDelete):
		return s, problemf(exitUsage, "", "--removal %q: write report or delete", conf.Removal)
	}
	s = sync.Settings{Removal: diff.Removal(conf.Removal), Workers: conf.Workers,
		Verify: conf.Verify != "off", VerifyTimeout: conf.VerifyTimeout, Stop: a.stop.soft, Log: a.log}
	if s.Limits, s.Allow, err = conf.limits(flags); err != nil {
		return s, err
	}
	if conf.MaxErrors != "" {
		if s.MaxErrors, err = diff.ParseLimit(conf.MaxErrors); err != nil {
			return s, problemf(exitUsage, "", "--max-errors: %w", err)
		}
	}
	options, err := conf.options()
	if err != nil {
		return s, err
	}
	s.File, err = account.Open(conf.File, options)
	return s, err
}

// finish concludes the result, writes the reports and prints what a person
// needs to know. The exit status is the result's.
func (a *app) finish(conf config, r *sync.Result, api *connection, runErr error, applied bool) error {
	stats := api.limiter.Stats()
	r.Requests = sync.Requests{Total: stats.Total, Throttled: stats.Throttled, Retried: stats.Retried, PausedMS: stats.Paused.Milliseconds()}
	r.Finished = time.Now().UTC()
	a.conclude(r, runErr, applied)
	if !applied && conf.DetailedExitCode && r.ExitCode == exitOK && r.Outcome == sync.Planned {
		r.ExitCode = exitToDo
	}
	if err := reports.WriteAll(conf.Out, r); err != nil {
		complain(a.stderr, err)
		r.ExitCode, _ = diagnose(err)
	}
	if err := a.print(conf, r, applied); err != nil {
		return &problem{exitCannotWrite, fmt.Errorf("writing to standard output: %w", err), ""}
	}
	return &ended{r.ExitCode}
}

// conclude sets outcome and exit status.
func (a *app) conclude(r *sync.Result, runErr error, applied bool) {
	r.Outcome = sync.Conclude(r.Sources, applied, runErr)
	r.ExitCode = exitOf(r.Outcome)
	if runErr != nil {
		r.Error = runErr.Error()
		r.ExitCode, r.Hint = diagnose(runErr)
	}
}

// print shows plan, result table and summary, as far as there is any.
func (a *app) print(conf config, r *sync.Result, applied bool) error {
	if conf.Quiet && r.ExitCode == exitOK {
		return nil
	}
	render := reports.Table
	if !applied {
		render = reports.Plan
	}
	out := bufio.NewWriter(a.stdout)
	if len(r.Sources) > 0 && r.Sources[0].Table != nil {
		if err := render(out, r, a.terminal(conf, r)); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s\nReports: %s\n", reports.Summary(r), conf.Out)
	if next := a.nextCommand(conf, r); next != "" {
		fmt.Fprintf(out, "Next: %s\n", next)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if r.Error != "" {
		fmt.Fprintf(a.stderr, "accountsync: error: %s\n", r.Error)
	}
	if r.Hint != "" {
		fmt.Fprintf(a.stderr, "accountsync: hint: %s\n", r.Hint)
	}
	return nil
}

// nextCommand is the command to type next, when something is left to do.
func (a *app) nextCommand(conf config, r *sync.Result) string {
	failed := filepath.Join(conf.Out, reports.FailedCSV)
	switch {
	case r.Outcome == sync.Planned:
		return a.again(conf, "sync", conf.File)
	case (r.ExitCode == exitPartial || r.ExitCode == exitBudget) && exists(failed):
		return a.again(conf, "sync", failed)
	}
	return ""
}

// again is the command line for another run on the same source.
func (a *app) again(conf config, command, file string) string {
	line := fmt.Sprintf("accountsync %s --source %s --file %s", command, quote(conf.Source), quote(file))
	if conf.Removal != string(diff.RemovalReport) {
		line += " --removal " + conf.Removal
	}
	return line
}

// quote makes a word safe for a shell.
func quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n\"'`$&|;<>()*?[]{}~#!\\") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
