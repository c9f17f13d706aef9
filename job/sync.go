package job

import (
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/config"
	"accountsync/diff"
	"accountsync/internal/exit"
	"accountsync/reports"
	"accountsync/sync"
)

// Sync plans from a desired-state file, carries the plan out and reports on it,
// whatever ended the run.
func Sync(env *Env, conf *config.Sync, command Command) error {
	return fromFile(env, conf, command, true, (*Job).carryOut)
}

// Plan plans from a desired-state file, saves the plan and reports on it.
func Plan(env *Env, conf *config.Sync, command Command) error {
	return fromFile(env, conf, command, false, (*Job).planOnly)
}

// fromFile begins a run that plans from a desired-state file, has it done, and
// reports on it.
func fromFile(env *Env, conf *config.Sync, command Command, writes bool, do func(*Job, sync.Planner, sync.Settings) error) error {
	terms := terms(conf)
	note := conf.ColumnsNote()
	if note != "" {
		env.Log.Info().Msg(note)
	}
	file, policy, err := desired(env.Stop.Draining, conf, &terms)
	if err != nil {
		return err
	}
	defer file.Close()
	if writes {
		err = rules(conf).Refuse("accountsync " + command.Name)
	} else {
		terms.Approvals, err = rules(conf).Asked()
	}
	if err != nil {
		return err
	}
	j, err := open(env, conf, command)
	if err != nil {
		return err
	}
	defer j.close()
	j.head.Writes, j.head.MadeBy = writes, j.makers()
	if note != "" {
		j.notes = append(j.notes, note)
	}
	j.plan = &sync.FromFile{File: file}
	settings, err := j.prepare(terms, policy)
	if err == nil {
		err = do(j, j.plan, settings)
	}
	return j.finish(err)
}

// prepare looks the source up, recalls what earlier runs know of it, and puts the
// run on record.
func (j *Job) prepare(terms sync.Terms, policy diff.Policy) (settings sync.Settings, err error) {
	settings.Policy = policy
	if err := j.source(j.conf.Source, j.head.Writes); err != nil {
		return settings, err
	}
	if err := j.remember(&settings); err != nil {
		return settings, err
	}
	if settings.Policy.Select, err = j.choose(&terms); err != nil {
		return settings, err
	}
	settings.OnSchema = func(schema account.Schema) ([]string, error) {
		err := j.mask(schema, terms.Options.Map)
		return j.head.Redacted, err
	}
	return settings, j.put(terms)
}

// planOnly plans with a client that cannot write, and saves the plan.
func (j *Job) planOnly(from sync.Planner, settings sync.Settings) error {
	j.head.Expires = j.head.Started.Add(j.conf.Expires)
	err := sync.Safely(func() error {
		return sync.Plan(j.env.Stop.Draining, sync.ReadAPI(j.api), j.record, from, j.watched(settings))
	})
	if err != nil {
		return err
	}
	if err := j.noteDue(j.env.Stop.Draining, j.record); err != nil {
		return err
	}
	return j.save()
}

// save writes the plan, under the name of its run.
func (j *Job) save() error {
	ctx := j.env.Stop.Draining
	head := *j.record.Head()
	head.Expires = j.head.Started.Add(j.conf.Expires)
	head.Notes, j.notes = append(slices.Clone(head.Notes), j.notes...), nil
	if err := j.record.SetHead(ctx, &head); err != nil {
		return exit.OfStore(err)
	}
	holds, err := reports.Holds(ctx, &reports.Run{Reader: j.record}, j.record.Head().Redacted)
	switch {
	case err != nil:
		return exit.OfStore(err)
	case holds:
		j.env.Log.Warn().Msg("the plan is not saved: it would have to hold values that are masked (see --redact; of an undo, --unmask)")
		return nil
	}
	return j.files.WritePlan(ctx, j.record)
}

// clockDoubt says why nothing that depends on days may be done, "" when the
// clocks agree well enough.
func clockDoubt(earliest, latest time.Time) string {
	const bearable = 5 * time.Minute
	if differ := latest.Sub(earliest); differ > bearable {
		return fmt.Sprintf("this machine's clock and the dates of the API's answers differ by %s, so no account is removed because of its days", differ.Round(time.Second))
	}
	return ""
}
