package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/exit"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/reports"
	"accountsync/sync"

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
			"On a terminal it shows which plan that is and asks; elsewhere the file that was named is the answer.",
		Example: "  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json\n  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json --allow-removals 12\n" +
			"  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json --exclude op=delete --exclude 'key=svc-*'",
		Args: cobra.ExactArgs(1),
		RunE: a.telling(a.runApply),
	}
	config.ConnectFlags(c.Flags())
	config.ApplyFlags(c.Flags())
	config.AggregationFlag(c.Flags())
	config.AllowFlags(c.Flags())
	config.AllowShrunkFlag(c.Flags())
	config.SelectFlags(c.Flags())
	config.StaleFlags(c.Flags())
	config.OutputFlags(c.Flags())
	config.NotifyFlags(c.Flags())
	c.Flags().Bool("yes", false, "do not ask on a terminal")
	return c
}

func (a *app) runApply(c *cobra.Command, args []string) error {
	s, terms, err := a.beginOnTerms(c)
	if err != nil {
		return err
	}
	defer s.end()
	plan, err := past.OpenPlan(args[0])
	if err != nil {
		return err // of which a monitor is told by now
	}
	defer plan.Close()
	err = s.load(plan, terms)
	if err == nil {
		err = s.carryOut(c.Context(), nil, sync.Settings{Planned: func(rec sync.Reader) error { return s.confirmPlan(c, &plan.Head, rec) }})
	}
	return s.finish(err)
}

// load checks that the plan is for this tenant, source and time, and makes it
// this session's run: its operations and its terms, but for what the command
// line says of how to carry it out.
func (s *session) load(plan *sync.PlanFile, terms sync.Terms) error {
	made := &plan.Head
	s.head.Writes, s.head.Applies, s.head.Undoes = true, made.Run, made.Undoes
	s.before = made.Redacted
	if err := s.source(made.Source.ID, true); err != nil {
		return err
	}
	if err := planFits(made, time.Now(), s.api.Tenant()); err != nil {
		return err
	}
	if err := s.mask(made.AccountSchema, made.Terms.Options.Map); err != nil {
		return err
	}
	table, err := sync.Reopen(made.Input, made.Terms.Options, s.head.Source, made.AccountSchema)
	if err != nil {
		return err
	}
	s.input(table)
	now := *s.head
	head := *made // what was planned and seen, under this run's name
	head.Run, head.Command, head.Version, head.Started, head.Client, head.API = now.Run, now.Command, now.Version, now.Started, now.Client, now.API
	head.Source, head.Settings, head.Redacted, head.Writes, head.Applies = now.Source, now.Settings, now.Redacted, true, made.Run
	head.Expires, head.Finished = time.Time{}, time.Time{}
	head.Outcome, head.ExitCode, head.Error, head.Hint = "", 0, "", ""
	head.Requests, head.Latency, head.Timeline = sync.Requests{}, nil, nil
	head.Terms = carriedOut(made.Terms, terms)
	if !s.chosen.IsZero() {
		head.Terms.Select = append(slices.Clone(made.Terms.Select), s.chosen)
	}
	s.head = &head
	if err := s.put(head.Terms); err != nil {
		return err
	}
	err = plan.Into(s.stop.Draining, s.record, &head, s.chosen)
	if errors.Is(err, sync.ErrUnmatched) {
		return problem.Errorf(problem.Usage, "the plan is as it was made: see its keys with "+text.ShellLine("accountsync", "show", plan.Path()), "%w; nothing was sent", err)
	}
	return exit.OfStore(err)
}

// carriedOut are the terms of a plan with those of the run that carries it out:
// how it sends and verifies, and what it lets through.
func carriedOut(planned, now sync.Terms) sync.Terms {
	t := planned
	t.Workers, t.Rate, t.Verify, t.VerifyTimeout, t.LostAfter = now.Workers, now.Rate, now.Verify, now.VerifyTimeout, now.LostAfter
	t.MaxErrors, t.MaxStale, t.Canary, t.SkipRemovals, t.Reload = now.MaxErrors, now.MaxStale, now.Canary, now.SkipRemovals, now.Reload
	t.Allow = now.Allow
	return t
}

// planFits says why a plan must not be applied now, nil when it may.
func planFits(p *sync.Head, now time.Time, tenant string) error {
	switch {
	case p.Tenant != tenant:
		return fmt.Errorf("%w: it was made for tenant %s, this is %s", sync.ErrStale, p.Tenant, tenant)
	case now.After(p.Expires):
		return fmt.Errorf("%w: it expired at %s", sync.ErrStale, p.Expires.Format(time.RFC3339))
	case now.Before(p.Started.Add(-time.Hour)):
		return fmt.Errorf("%w: it was made at %s, in the future: check the clock", sync.ErrStale, p.Started.Format(time.RFC3339))
	}
	return nil
}

// confirmPlan shows which plan it is, and asks, where somebody sits at a
// terminal. Elsewhere the file that was named is the answer.
func (s *session) confirmPlan(c *cobra.Command, plan *sync.Head, rec sync.Reader) error {
	counts, err := rec.Counts(s.stop.Draining)
	if err != nil {
		return exit.OfStore(err)
	}
	if yes, _ := c.Flags().GetBool("yes"); yes || sync.Cost(rec.Head(), counts) == 0 || !s.canAsk(c) {
		return nil
	}
	what := plan.Command + " " + plan.Run
	if plan.Undoes != "" {
		what += " (takes back " + plan.Undoes + ")"
	}
	planned, err := reports.Planned(s.stop.Draining, &reports.Run{Reader: rec})
	if err != nil {
		return err
	}
	return s.ask(fmt.Sprintf("%s, made %s ago, %s\n%s\nApply it?", text.Visible(what), age(plan.Started), text.Visible(s.api.Tenant()), planned))
}

// age is how long ago something was, as exact as a person needs it.
func age(since time.Time) time.Duration {
	d := time.Since(since)
	if d > time.Minute {
		return d.Round(time.Minute)
	}
	return d.Round(time.Second)
}

// input gives the run its input back, as long as the session lasts.
func (s *session) input(table *csvfile.Table) {
	if table != nil {
		s.table = table
		s.later(func() { _ = table.Close() })
	}
}
