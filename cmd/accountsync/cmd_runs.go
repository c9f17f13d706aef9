package main

import (
	"bufio"
	"errors"
	"fmt"

	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Render a past run again",
		Long: "report shows a run from the journal and writes its reports again. Rows that were kept stand in its counts,\n" +
			"and line by line only while the input is as it was.",
		Example: "  accountsync report last\n  accountsync report 20261123T02 --out /tmp/that-night",
		Args:    cobra.ExactArgs(1),
		RunE:    a.runReport,
	}
	stateFlags(c.Flags())
	outputFlags(c.Flags())
	return c
}

func (a *app) runReport(c *cobra.Command, args []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
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
	for i, source := range stored.Result.Sources {
		defer a.reopen(source, stored.Parts[i])()
	}
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
