package main

import (
	"accountsync/config"
	"accountsync/job"

	"github.com/spf13/cobra"
)

func (a *app) applyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Carry out a saved plan, exactly that",
		Long: "apply reads a saved plan, lists the accounts it speaks of once, carries out what still holds and reports\n" +
			"the rest as stale. It writes nothing when the plan was made for another tenant or source, was edited,\n" +
			"has expired, when its input file has changed, or when more of it is stale than --max-stale.\n" +
			"--only and --exclude carry out a part of it: guards judge what is sent, the rest is withheld, and the next plan finds it again.\n" +
			"With --require-approvals it writes nothing unless so many people, its maker not among them, have signed the plan.\n" +
			"On a terminal it shows which plan that is and asks; elsewhere the file that was named is the answer.",
		Example: "  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json\n  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json --allow-removals 12\n" +
			"  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json --exclude op=delete --exclude 'key=svc-*'\n" +
			"  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json --require-approvals 2 --allowed-signers approvers.txt",
		Args: cobra.ExactArgs(1),
		RunE: a.notifying(a.runApply),
	}
	config.ConnectFlags(c.Flags())
	config.ApplyFlags(c.Flags())
	config.AggregationFlag(c.Flags())
	config.AllowFlags(c.Flags())
	config.AllowShrunkFlag(c.Flags())
	config.SelectFlags(c.Flags())
	config.ApprovalFlags(c.Flags())
	config.StaleFlags(c.Flags())
	config.OutputFlags(c.Flags())
	config.NotifyFlags(c.Flags())
	c.Flags().Bool("yes", false, "do not ask on a terminal")
	return c
}

func (a *app) runApply(c *cobra.Command, args []string) error {
	plan, conf, err := a.openPlan(c, args[0])
	if err != nil {
		return err
	}
	defer plan.Close()
	yes, _ := c.Flags().GetBool("yes")
	return job.Apply(a.env, conf, commandOf(c), plan, yes)
}
