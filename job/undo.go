package job

import (
	"accountsync/config"
	"accountsync/diff"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/journal"
	"accountsync/sync"
)

// Undo plans what takes a run back, and saves the plan. Unmask lets it hold values
// that the run masked.
func Undo(env *Env, conf *config.Sync, command Command, run string, unmask bool) error {
	j, err := open(env, conf, command)
	if err != nil {
		return err
	}
	defer j.close()
	done, err := j.made(run)
	if err == nil && run == journal.Last {
		err = j.changedSomething(done)
	}
	if err != nil {
		return err
	}
	return j.finish(j.planUndo(done, terms(conf), unmask))
}

// changedSomething refuses to take back a run that was not named and changed
// nothing, where an earlier one of its source did: that is the one meant.
func (j *Job) changedSomething(done *journal.Run) error {
	head := done.Head()
	runs, err := j.store.Runs(j.env.Stop.Draining, journal.RunFilter{Tenant: head.Tenant, Source: head.Source.ID, Writes: true})
	if err != nil {
		return exit.OfStore(err)
	}
	for i, earlier := range runs {
		switch {
		case earlier.Totals.Changed() == 0:
		case i == 0 || earlier.Run == head.Run:
			return nil
		default:
			return problem.Errorf(problem.Usage, "take back the last run of the source that did: "+text.ShellLine("accountsync", "undo", earlier.Run), "run %s changed nothing", head.Run)
		}
	}
	return nil
}

// planUndo plans what takes a run back, and saves it.
func (j *Job) planUndo(done sync.Reader, terms sync.Terms, unmask bool) error {
	was := done.Head()
	j.head.Undoes, j.head.MadeBy = was.Run, j.makers()
	if err := j.source(was.Source.ID, false); err != nil {
		return err
	}
	if !unmask {
		j.before = was.Redacted
	}
	if err := j.mask(was.AccountSchema, was.Terms.Options.Map); err != nil {
		return err
	}
	chosen, err := j.choose(&terms)
	if err != nil {
		return err
	}
	if terms.Approvals, err = rules(j.conf).Asked(); err != nil {
		return err
	}
	if err := j.put(terms); err != nil {
		return err
	}
	return j.planOnly(&sync.FromRun{Done: done}, sync.Settings{Policy: diff.Policy{Select: chosen}})
}
