package main

import (
	"context"
	"strconv"

	"accountsync/account"
	"accountsync/journal"
	"accountsync/sync"

	"github.com/go-json-experiment/json"
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
	connectFlags(c.Flags())
	applyFlags(c.Flags())
	aggregationFlag(c.Flags())
	staleFlags(c.Flags())
	outputFlags(c.Flags())
	tellFlags(c.Flags())
	return c
}

func (a *app) runResume(c *cobra.Command, args []string) error {
	return a.onPast(c, args[0], func(s *session, stored *journal.Stored, settings sync.Settings) (*sync.Run, error) {
		run, err := s.takeUp(stored, settings)
		if err == nil {
			err = s.safely(c.Context(), func(ctx context.Context) error { return s.goOn(ctx, run) })
		}
		return run, err
	})
}

// stored reads a run of this tenant back from the journal.
func (s *session) stored(name string) (*journal.Stored, error) {
	stored, err := loadRun(s.stop.soft, s.journal, name)
	if err != nil {
		return nil, err
	}
	if stored.Result.Tenant != s.api.tenant {
		return nil, problemf(exitStale, "set SAIL_BASE_URL to the run's tenant", "run %s was made for tenant %s, this is %s",
			stored.Result.Run, stored.Result.Tenant, s.api.tenant)
	}
	return stored, nil
}

// loadRun reads a run back, or says which there are.
func loadRun(ctx context.Context, j *journal.Journal, name string) (*journal.Stored, error) {
	stored, err := j.Load(ctx, name)
	if err != nil {
		return nil, noSuchRun(err)
	}
	return stored, nil
}

// takeUp makes the stored run this session's own: same id, same books.
func (s *session) takeUp(stored *journal.Stored, settings sync.Settings) (*sync.Run, error) {
	before := stored.Result
	s.result.Run, s.result.Started, s.result.Requests, s.result.Timeline = before.Run, before.Started, before.Requests, before.Timeline
	s.before = before.Redacted
	if err := s.mask(stored.Parts[0].Schema, readOptions(stored.Parts[0].Settings).Map); err != nil {
		return nil, err
	}
	s.run.Store(&s.result.Run)
	s.files = s.newFiles()
	source, part := stored.Result.Sources[0], stored.Parts[0]
	if !part.Begun {
		return nil, problemf(exitStale, "nothing was sent: run the command again", "run %s ended before it had its plan on record", stored.Result.Run)
	}
	found, err := s.source(source.Source.ID, true)
	if err != nil {
		return nil, err
	}
	if err := s.awaitAggregations(s.stop.soft, found); err != nil {
		return nil, err
	}
	table, err := sync.Reopen(source.Input, readOptions(part.Settings), found, part.Schema)
	if err != nil {
		s.log.Warn().Err(err).Msg("the input is not as it was; the run goes on from its record, and failed.csv is not written")
	}
	if s.record, err = s.journal.Resume(s.stop.soft, stored.Result.Run, source.Source.ID); err != nil {
		return nil, cannotKeep(err)
	}
	_ = json.Unmarshal([]byte(part.Settings["told"]), &settings.Tell) // an older record has none
	settings.Known.Version, _ = strconv.ParseInt(part.Settings[knownSetting], 10, 64)
	settings = s.watched(settings)
	run := sync.Continue(source, part.Schema, settings)
	run.Keep(s.record)
	s.complete(run, table)
	s.tellNotes(run)
	s.applied = true
	return run, nil
}

// goOn sends what is left of a run.
func (s *session) goOn(ctx context.Context, run *sync.Run) error {
	if run.Blocked() {
		return nil
	}
	err := s.awaitDue(s.stop.soft, run)
	s.tellNotes(run)
	if err != nil {
		return err
	}
	if err := run.Recheck(s.stop.soft, s.api); err != nil {
		return err
	}
	return run.Apply(ctx, s.api)
}

// readOptions is how the input was read, as the journal remembers it.
func readOptions(memory map[string]string) (o account.Options) {
	_ = json.Unmarshal([]byte(memory["options"]), &o) // an older record has none: the usual options serve
	return o
}
