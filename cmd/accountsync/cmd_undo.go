package main

import (
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) undoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "undo RUN",
		Short: "Plan what takes a run back; applies nothing",
		Long: "undo makes a plan that brings back what a run changed: a create becomes a delete, a put a put, a delete\n" +
			"a create. Only attributes the run changed are put back; what others changed since is stale and left alone.\n" +
			"A deleted account comes back without its account id, correlation and history. Review the plan, then apply it.",
		Example: "  accountsync undo last\n  accountsync apply accountsync-out/plan.json",
		Args:    cobra.ExactArgs(1),
		RunE:    a.runUndo,
	}
	connectFlags(c.Flags())
	limitFlags(c.Flags())
	allowFlags(c.Flags())
	savedFlags(c.Flags())
	outputFlags(c.Flags())
	c.Flags().String("on-guard", "block", "when only the guard on removals says no: block, or skip-removals")
	return c
}

func (a *app) runUndo(c *cobra.Command, args []string) error {
	s, settings, err := a.open(c)
	if err != nil {
		return err
	}
	defer s.end()
	stored, err := s.stored(args[0])
	if err != nil {
		return err
	}
	settings.Undoes, settings.Watch, settings.Log = stored.Result.Run, s.bar.watch, s.log
	source, err := s.source(stored.Result.Sources[0].Source.ID, false)
	if err != nil {
		return err
	}
	stored.Result.Sources[0].Source = source
	run, err := sync.Undo(s.stop.soft, s.api, stored.Result.Sources[0], stored.Parts[0].Schema, settings)
	if err == nil {
		err = s.save(run)
	}
	return s.finish(run, err)
}
