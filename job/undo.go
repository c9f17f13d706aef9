package job

import (
	"accountsync/config"
	"accountsync/diff"
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
	if err != nil {
		return err
	}
	return j.finish(j.planUndo(done, terms(conf), unmask))
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
