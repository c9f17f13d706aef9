package main

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) runsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "runs",
		Short:   "List past runs, or prune them",
		Long:    "runs lists what the journal in the state directory remembers, the newest first.",
		Example: "  accountsync runs\n  accountsync runs --source \"HR Contractors\" --limit 50\n  accountsync runs prune --older 90d",
		Args:    cobra.NoArgs,
		RunE:    a.listRuns,
	}
	stateFlags(c.Flags())
	c.Flags().String("source", "", "only runs of this source, by `ID or name`")
	c.Flags().Int("limit", 20, "how many at most; 0: all")
	prune := &cobra.Command{
		Use:     "prune",
		Short:   "Forget old runs and give their space back",
		Long:    "prune forgets ended runs older than --older. The last successful run of each source is kept.",
		Example: "  accountsync runs prune --older 90d",
		Args:    cobra.NoArgs,
		RunE:    a.pruneRuns,
	}
	stateFlags(prune.Flags())
	prune.Flags().String("older", "90d", "forget runs older than this: `90d`, 12w or 36h")
	c.AddCommand(prune)
	return c
}

func (a *app) reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Render a past run again, or compare two",
		Long: "report shows a run from the journal and writes its reports again. Rows that were kept stand in its counts,\n" +
			"and line by line only while the input is as it was.",
		Example: "  accountsync report last\n  accountsync report 20261123T02 --out /tmp/that-night\n" +
			"  accountsync report --diff 20261122T02 20261123T02",
		Args: cobra.RangeArgs(1, 2),
		RunE: a.runReport,
	}
	stateFlags(c.Flags())
	outputFlags(c.Flags())
	c.Flags().Bool("diff", false, "show what two runs did differently; writes no files")
	return c
}

func (a *app) listRuns(c *cobra.Command, _ []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	j, err := a.openJournal(conf)
	if err != nil {
		return err
	}
	defer j.Close()
	limit, _ := c.Flags().GetInt("limit")
	runs, err := j.Runs(a.stop.soft, journal.Filter{Source: conf.Source, Limit: limit})
	if err != nil {
		return cannotKeep(err)
	}
	out := bufio.NewWriter(a.stdout)
	if err := reports.Runs(out, rows(runs), a.terminal(conf, nil)); err != nil {
		return err
	}
	return out.Flush()
}

// rows are the runs as a report shows them.
func rows(runs []journal.Summary) []reports.Row {
	rows := make([]reports.Row, len(runs))
	for i, r := range runs {
		rows[i] = reports.Row{Run: r.Run, Command: r.Command, Source: r.SourceName, Outcome: r.Outcome, ExitCode: r.ExitCode,
			Started: r.Started, Finished: r.Finished, Totals: r.Totals, Resumable: r.Resumable}
	}
	return rows
}

func (a *app) pruneRuns(c *cobra.Command, _ []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	text, _ := c.Flags().GetString("older")
	older, err := parseAge(text)
	if err != nil {
		return problemf(exitUsage, "", "--older: %w", err)
	}
	j, err := a.openJournal(conf)
	if err != nil {
		return err
	}
	defer j.Close()
	n, err := j.Prune(a.stop.soft, time.Now().Add(-older))
	if err != nil {
		return cannotKeep(err)
	}
	_, err = fmt.Fprintf(a.stdout, "%d runs forgotten\n", n)
	return err
}

func (a *app) runReport(c *cobra.Command, args []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	compare, _ := c.Flags().GetBool("diff")
	if compare != (len(args) == 2) {
		return problemf(exitUsage, "accountsync report RUN, or accountsync report --diff RUN RUN", "%d runs given", len(args))
	}
	j, err := a.openJournal(conf)
	if err != nil {
		return err
	}
	defer j.Close()
	stored, err := loadRun(a.stop.soft, j, args[0])
	if err != nil {
		return err
	}
	if compare {
		return a.compareRuns(j, stored, args[1], conf)
	}
	for i, source := range stored.Result.Sources {
		defer a.reopen(source, stored.Parts[i])()
	}
	stored.Result = reports.Redact(stored.Result, conf.Redact)
	if err := reports.WriteAll(conf.Out, stored.Result); err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	if err := reports.Table(out, stored.Result, a.terminal(conf, nil)); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\nReports: %s\n", reports.Summary(stored.Result), conf.Out)
	return out.Flush()
}

// compareRuns shows what two runs did differently.
func (a *app) compareRuns(j *journal.Journal, first *journal.Stored, name string, conf config) error {
	second, err := loadRun(a.stop.soft, j, name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	x, y := reports.Redact(first.Result, conf.Redact), reports.Redact(second.Result, conf.Redact)
	if err := reports.Diff(out, x, y, a.terminal(conf, nil)); err != nil {
		return err
	}
	return out.Flush()
}

// noSuchRun gives the journal's answer to a wrong name its exit status.
func noSuchRun(err error) error {
	var run *journal.RunError
	if errors.As(err, &run) {
		return &problem{exitUsage, err, run.Hint()}
	}
	return cannotKeep(err)
}

// reopen gives a source its input back, when that is still as it was.
func (a *app) reopen(source *sync.Source, part journal.Part) (end func()) {
	table, err := sync.Reopen(source.Input, readOptions(part.Settings), source.Source, part.Schema)
	if err != nil || table == nil {
		return func() {}
	}
	source.Complete(table)
	return func() { _ = table.Close() }
}

// parseAge reads 90d, 12w or a Go duration.
func parseAge(text string) (time.Duration, error) {
	for unit, hours := range map[string]int{"d": 24, "w": 7 * 24} {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, unit)); strings.HasSuffix(text, unit) && err == nil && n >= 0 {
			return time.Duration(n) * time.Duration(hours) * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q: write 90d, 12w or 36h", text)
	}
	return d, nil
}
