package main

import (
	"context"

	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) syncCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sync",
		Short: "Plan and apply in one: make the live accounts equal to the CSV",
		Long: "sync reads the CSV, lists the live accounts, decides, asks the guards, writes (create, then put, then\n" +
			"delete), lists again what it wrote, and reports on every row and account.\n\n" +
			"Accounts without a row are left alone unless --removal says otherwise. A rejected row, or a listing that\n" +
			"is not proven complete, holds back every removal of the run.",
		Example: "  accountsync sync --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync sync --source \"HR Contractors\" --file contractors.csv --removal delete --max-removals 25,5%\n" +
			"  accountsync sync --source 2c918086799a2d3801799a2d3b0a0000 --file failed.csv",
		Args: cobra.NoArgs,
		RunE: a.telling(a.runSync),
	}
	sourceFlag(c.Flags())
	connectFlags(c.Flags())
	csvFlags(c.Flags())
	planFlags(c.Flags())
	applyFlags(c.Flags())
	aggregationFlag(c.Flags())
	outputFlags(c.Flags())
	tellFlags(c.Flags())
	return c
}

// syncOne tells the story of a run: settle what was asked, plan, apply, report.
// What it learned is reported whatever ended it.
func (a *app) runSync(c *cobra.Command, _ []string) error { return a.each(c, a.syncOne) }

func (a *app) syncOne(c *cobra.Command, conf config) error {
	settings, err := a.syncing(c, conf)
	if err != nil {
		return err
	}
	defer settings.File.Close()
	s, err := a.begin(c, conf, true)
	if err != nil {
		return err
	}
	defer s.end()
	run, err := s.plan(settings, true)
	if err == nil {
		err = s.safely(c.Context(), func(ctx context.Context) error { return s.apply(ctx, run) })
	}
	return s.finish(run, err)
}

var _ sync.Writer = (*connection)(nil)
