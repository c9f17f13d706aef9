package job

import (
	"fmt"
	"reflect"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Resume takes a run up again where its record ends, and reports on it.
func Resume(env *Env, conf *config.Sync, command Command, run string) error {
	j, err := open(env, conf, command)
	if err != nil {
		return err
	}
	defer j.close()
	err = j.takeUp(run)
	if err == nil {
		err = j.carryOut(nil, sync.Settings{})
	} else if j.record == nil {
		return err
	}
	return j.finish(err)
}

// takeUp makes a run that was left this job's own: same id, same books. What
// it decides on is read once the source is locked.
func (j *Job) takeUp(name string) error {
	left, err := j.made(name)
	if err != nil {
		return err
	}
	run := left.Head().Run
	j.head.Run = run
	j.env.RunID.Store(&j.head.Run)
	if err := j.source(left.Head().Source.ID, true); err != nil {
		return err
	}
	source := j.head.Source
	if left, err = j.store.Read(j.env.Stop.Draining, run); err != nil {
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
	if err := rules(j.conf).Kept(left.Head()); err != nil {
		return err
	}
	if j.record, err = j.store.TakeUp(j.env.Stop.Draining, run); err != nil {
		return exit.OfStore(err)
	}
	before := j.record.Head()
	head := *before
	j.before, j.earlier = before.Redacted, before.Requests
	head.Source, head.Client = source, j.head.Client
	head.Notes = append(head.Notes, j.notes...)
	head.Notes = append(head.Notes, override(j.command, &head.Terms, terms(j.conf))...)
	j.notes = nil
	head.Outcome, head.Error, head.Hint, head.ExitCode = "", "", "", 0
	j.head = &head
	if err := j.mask(head.AccountSchema, head.Terms.Options.Map); err != nil {
		return err
	}
	j.files = j.newFiles()
	table, err := sync.Reopen(head.Input, head.Terms.Options, source, head.AccountSchema)
	if err != nil {
		j.env.Log.Warn().Err(err).Msg("input file changed; resuming from the record; no failed.csv")
	}
	j.input(table)
	if err := j.record.SetHead(j.env.Stop.Draining, j.head); err != nil {
		return exit.OfStore(err)
	}
	return nil
}

// override lays what the command line says over the terms of a run that is taken
// up again, and says so: how it sends and verifies, and no more.
func override(command Command, t *sync.Terms, now sync.Terms) (said []string) {
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
		if value, given := command.Given(o.flag); given {
			before := *t
			o.set()
			if reflect.DeepEqual(before, *t) {
				continue
			}
			said = append(said, fmt.Sprintf("Resumed with --%s %s in place of what the run began with.", o.flag, value))
		}
	}
	return said
}
