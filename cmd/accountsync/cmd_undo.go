package main

import (
	"accountsync/journal"
	"accountsync/sync"

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
	connectFlags(c.Flags())
	limitFlags(c.Flags())
	allowFlags(c.Flags())
	savedFlags(c.Flags())
	outputFlags(c.Flags())
	c.Flags().Bool("unmask", false, "show and save values that the run masked with --redact: without them there is no plan to apply")
	c.Flags().String("on-guard", "block", "when only the guard on removals says no: block, or skip-removals")
	return c
}

func (a *app) runUndo(c *cobra.Command, args []string) error {
	return a.onPast(c, args[0], (*session).planUndo)
}

// planUndo plans what takes a run back, and saves it.
func (s *session) planUndo(stored *journal.Stored, settings sync.Settings) (*sync.Run, error) {
	settings = s.watched(settings)
	settings.Undoes = stored.Result.Run
	part := stored.Result.Sources[0]
	source, err := s.source(part.Source.ID, false)
	if err != nil {
		return nil, err
	}
	part.Source = source
	if unmask, _ := s.command.Flags().GetBool("unmask"); !unmask {
		s.before = stored.Result.Redacted
	}
	if err := s.mask(stored.Parts[0].Schema, readOptions(stored.Parts[0].Settings).Map); err != nil {
		return nil, err
	}
	run, err := sync.Undo(s.stop.soft, s.api, part, stored.Parts[0].Schema, settings)
	if err == nil {
		err = s.save(run)
	}
	return run, err
}
