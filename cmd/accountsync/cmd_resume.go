package main

import (
	"fmt"
	"reflect"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) resumeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "resume RUN",
		Short: "Finish a run that was killed, interrupted, or failed in part",
		Long: "resume takes a run up again where its record ends. Operations whose answer never came are looked up\n" +
			"before anything is sent; what somebody else changed in the meantime is stale. The result holds the books\n" +
			"of the whole run. RUN is its id, a unique beginning of it, or last.",
		Example: "  accountsync resume last\n  accountsync resume 20261123T020000Z-7f3a",
		Args:    cobra.ExactArgs(1),
		RunE:    a.telling(a.runResume),
	}
	config.ConnectFlags(c.Flags())
	config.ApplyFlags(c.Flags())
	config.AggregationFlag(c.Flags())
	config.StaleFlags(c.Flags())
	config.OutputFlags(c.Flags())
	config.NotifyFlags(c.Flags())
	return c
}

func (a *app) runResume(c *cobra.Command, args []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	return a.resumeOne(c, conf, args[0])
}

// resumeOne takes a run up again, and reports on it.
func (a *app) resumeOne(c *cobra.Command, conf *config.Sync, run string) error {
	s, err := a.begin(c, conf)
	if err != nil {
		return err
	}
	defer s.end()
	err = s.takeUp(c, run, terms(conf))
	if err == nil {
		err = s.carryOut(c.Context(), nil, sync.Settings{})
	} else if s.record == nil {
		return err
	}
	return s.finish(err)
}

// takeUp makes a run that was left this session's own: same id, same books. What
// it decides on is read once the source is locked.
func (s *session) takeUp(c *cobra.Command, name string, terms sync.Terms) error {
	left, err := s.made(name)
	if err != nil {
		return err
	}
	run := left.Head().Run
	s.head.Run = run
	s.run.Store(&s.head.Run)
	if err := s.source(left.Head().Source.ID, true); err != nil {
		return err
	}
	source := s.head.Source
	if left, err = s.store.Read(s.stop.Draining, run); err != nil {
		return exit.OfStore(err)
	}
	switch status := left.Status(); {
	case !left.Head().Writes:
		return problem.Errorf(problem.Stale, "accountsync apply carries out a saved plan", "run %s only planned", run)
	case !status.Sealed:
		return problem.Errorf(problem.Stale, "nothing was sent: run the command again", "run %s ended before it had its plan on record", run)
	case status.SupersededBy != "":
		return problem.Errorf(problem.Stale, "plan again: "+text.ShellLine("accountsync", "plan", "--source", source.Name, "--file", left.Head().Input.File),
			"run %s is superseded by run %s of the same source, so that its plan is out of date", run, status.SupersededBy)
	}
	if s.record, err = s.store.TakeUp(s.stop.Draining, run); err != nil {
		return exit.OfStore(err)
	}
	before := s.record.Head()
	head := *before
	s.before, s.earlier = before.Redacted, before.Requests
	head.Source, head.Client = source, s.head.Client
	head.Notes = append(head.Notes, s.notes...)
	head.Notes = append(head.Notes, override(c, &head.Terms, terms)...)
	s.notes = nil
	head.Outcome, head.Error, head.Hint, head.ExitCode = "", "", "", 0
	s.head = &head
	if err := s.mask(head.AccountSchema, head.Terms.Options.Map); err != nil {
		return err
	}
	s.files = s.newFiles()
	table, err := sync.Reopen(head.Input, head.Terms.Options, source, head.AccountSchema)
	if err != nil {
		s.log.Warn().Err(err).Msg("input file changed; resuming from the record; no failed.csv")
	}
	s.input(table)
	if err := s.record.SetHead(s.stop.Draining, s.head); err != nil {
		return exit.OfStore(err)
	}
	return nil
}

// override lays what the command line says over the terms of a run that is taken
// up again, and says so: how it sends and verifies, and no more.
func override(c *cobra.Command, t *sync.Terms, now sync.Terms) (said []string) {
	for _, o := range []struct {
		flag string
		set  func()
	}{
		{"workers", func() { t.Workers = now.Workers }},
		{"rate", func() { t.Rate = now.Rate }},
		{"verify", func() { t.Verify = now.Verify }},
		{"verify-timeout", func() { t.VerifyTimeout = now.VerifyTimeout }},
		{"lost-after", func() { t.LostAfter = now.LostAfter }},
		{"max-errors", func() { t.MaxErrors = now.MaxErrors }},
		{"canary", func() { t.Canary = now.Canary }},
	} {
		if f := c.Flags().Lookup(o.flag); f != nil && f.Changed {
			before := *t
			o.set()
			if reflect.DeepEqual(before, *t) {
				continue
			}
			said = append(said, fmt.Sprintf("Resumed with --%s %s in place of what the run began with.", o.flag, f.Value))
		}
	}
	return said
}
