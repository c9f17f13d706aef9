package main

import (
	"accountsync/config"
	"accountsync/job"

	"github.com/spf13/cobra"
)

func (a *app) undoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "undo RUN",
		Short: "Plan what takes a run back; applies nothing",
		Long: "undo makes a plan that brings back what a run changed: a create becomes a delete, a put a put, a delete\n" +
			"a create. Only attributes the run changed are put back; what others changed since is stale and left alone.\n" +
			"What the run masked stays masked; a plan that would hold such values is saved with --unmask only.\n" +
			"A deleted account comes back without its account id, correlation and history. Review the plan, then apply it.",
		Example: "  accountsync undo last\n  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json",
		Args:    cobra.ExactArgs(1),
		RunE:    a.runUndo,
	}
	config.ConnectFlags(c.Flags())
	config.LimitFlags(c.Flags())
	config.AllowFlags(c.Flags())
	config.SelectFlags(c.Flags())
	config.SavedFlags(c.Flags())
	config.ApprovalFlags(c.Flags())
	config.MakerFlag(c.Flags())
	config.OutputFlags(c.Flags())
	c.Flags().Bool("unmask", false, "show and save values that the run masked with --redact: without them there is no plan to apply")
	c.Flags().String("on-guard", "block", "when only the guard on removals says no: block, or skip-removals")
	return c
}

func (a *app) runUndo(c *cobra.Command, args []string) error {
	conf, err := a.settingsOf(c, args[0])
	if err != nil {
		return err
	}
	unmask, _ := c.Flags().GetBool("unmask")
	return job.Undo(a.env, conf, commandOf(c), args[0], unmask)
}
