package main

import (
	"accountsync/config"
	"accountsync/job"

	"github.com/spf13/cobra"
)

func (a *app) syncCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sync",
		Short: "Plan and apply in one: make the live accounts equal to the CSV",
		Long: "sync reads the CSV, lists the live accounts, decides, asks the guards, writes (create, then put, then\n" +
			"delete), lists again what it wrote, and reports on every row and account.\n\n" +
			"Accounts without a row are left alone unless --removal says otherwise. A rejected row, or a listing that\n" +
			"is not verified complete, holds back every removal of the run.",
		Example: "  accountsync sync --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync sync --source \"HR Contractors\" --file contractors.csv --removal delete --max-removals 25,5%\n" +
			"  accountsync sync --source 2c918086799a2d3801799a2d3b0a0000 --file failed.csv",
		Args: cobra.NoArgs,
		RunE: a.notifying(a.runSync),
	}
	config.SourceFlag(c.Flags())
	config.ConnectFlags(c.Flags())
	config.CSVFlags(c.Flags())
	config.PlanFlags(c.Flags())
	config.ApplyFlags(c.Flags())
	config.AggregationFlag(c.Flags())
	config.OutputFlags(c.Flags())
	config.NotifyFlags(c.Flags())
	config.ParallelFlag(c.Flags())
	return c
}

// runSync has job.Sync open the CSV and sign in, and sync.Run do the rest, for each
// source that is asked for.
func (a *app) runSync(c *cobra.Command, _ []string) error { return a.each(c, job.Sync) }
