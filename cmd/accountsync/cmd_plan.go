package main

import (
	"accountsync/config"
	"accountsync/job"

	"github.com/spf13/cobra"
)

func (a *app) planCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what a sync would do, and save it for apply; writes nothing to the API",
		Long: "plan reads the CSV, lists the live accounts and shows what a sync would create, put and delete,\n" +
			"and what the guards say of it. It is handed a client that cannot write. The plan is saved as\n" +
			"plan-RUN.json, to be reviewed and then applied as it stands.",
		Example: "  accountsync plan --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync plan --source \"HR Contractors\" --file contractors.csv --removal delete --detailed-exitcode\n" +
			"  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json",
		Args: cobra.NoArgs,
		RunE: a.notifying(a.runPlan),
	}
	config.SourceFlag(c.Flags())
	config.ConnectFlags(c.Flags())
	config.CSVFlags(c.Flags())
	config.PlanFlags(c.Flags())
	config.OutputFlags(c.Flags())
	config.SavedFlags(c.Flags())
	config.ApprovalFlags(c.Flags())
	config.MakerFlag(c.Flags())
	config.NotifyFlags(c.Flags())
	config.ParallelFlag(c.Flags())
	c.Flags().Bool("detailed-exitcode", false, "exit with 2 when there is something to do")
	return c
}

func (a *app) runPlan(c *cobra.Command, _ []string) error { return a.each(c, job.Plan) }
