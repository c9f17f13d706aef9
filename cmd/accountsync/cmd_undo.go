package main

import (
	"accountsync/config"
	"accountsync/diff"
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
	config.ConnectFlags(c.Flags())
	config.LimitFlags(c.Flags())
	config.AllowFlags(c.Flags())
	config.SelectFlags(c.Flags())
	config.SavedFlags(c.Flags())
	config.OutputFlags(c.Flags())
	c.Flags().Bool("unmask", false, "show and save values that the run masked with --redact: without them there is no plan to apply")
	c.Flags().String("on-guard", "block", "when only the guard on removals says no: block, or skip-removals")
	return c
}

func (a *app) runUndo(c *cobra.Command, args []string) error {
	s, terms, err := a.beginOnTerms(c)
	if err != nil {
		return err
	}
	defer s.end()
	done, err := s.made(args[0])
	if err != nil {
		return err
	}
	return s.finish(s.planUndo(done, terms))
}

// planUndo plans what takes a run back, and saves it.
func (s *session) planUndo(done sync.Reader, terms sync.Terms) error {
	was := done.Head()
	s.head.Undoes = was.Run
	if err := s.source(was.Source.ID, false); err != nil {
		return err
	}
	if unmask, _ := s.command.Flags().GetBool("unmask"); !unmask {
		s.before = was.Redacted
	}
	if err := s.mask(was.AccountSchema, was.Terms.Options.Map); err != nil {
		return err
	}
	chosen, err := s.choose(&terms)
	if err != nil {
		return err
	}
	if err := s.put(terms); err != nil {
		return err
	}
	return s.planOnly(&sync.FromRun{Done: done}, sync.Settings{Policy: diff.Policy{Select: chosen}})
}
