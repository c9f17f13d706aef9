package job

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/reports"
	"accountsync/sync"
)

// Apply carries out a saved plan. On a terminal it asks, unless yes was said
// beforehand.
func Apply(env *Env, conf *config.Sync, command Command, plan *sync.PlanFile, yes bool) error {
	j, err := open(env, conf, command)
	if err != nil {
		return err
	}
	defer j.close()
	err = j.load(plan, terms(conf))
	if err == nil {
		err = j.carryOut(nil, sync.Settings{Planned: func(rec sync.Reader) error { return j.confirmPlan(&plan.Head, rec, yes) }})
	}
	return j.finish(err)
}

// load checks that the plan is for this tenant, source and time, and makes it
// this job's run: its operations and its terms, but for what the command
// line says of how to carry it out.
func (j *Job) load(plan *sync.PlanFile, terms sync.Terms) error {
	made := &plan.Head
	j.head.Writes, j.head.Applies, j.head.Undoes = true, made.Run, made.Undoes
	j.before = made.Redacted
	approved, err := j.approved(plan, terms)
	if err != nil {
		return err
	}
	if err := j.source(made.Source.ID, true); err != nil {
		return err
	}
	if err := planFits(made, time.Now(), j.api.Tenant()); err != nil {
		return err
	}
	if err := sameSource(made.Source, j.head.Source); err != nil {
		return err
	}
	if err := j.mask(made.AccountSchema, made.Terms.Options.Map); err != nil {
		return err
	}
	table, err := sync.Reopen(made.Input, made.Terms.Options, j.head.Source, made.AccountSchema)
	if err != nil {
		return err
	}
	j.input(table)
	now := *j.head
	head := *made // what was planned and seen, under this run's name
	head.Run, head.Command, head.Version, head.Started, head.Client, head.API = now.Run, now.Command, now.Version, now.Started, now.Client, now.API
	head.Source, head.Settings, head.Redacted, head.Writes, head.Applies = now.Source, now.Settings, now.Redacted, true, made.Run
	head.Approved = approved
	head.Expires, head.Finished = time.Time{}, time.Time{}
	head.Outcome, head.ExitCode, head.Error, head.Hint = "", 0, "", ""
	head.Requests, head.Latency, head.Timeline = sync.Requests{}, nil, nil
	head.Terms = carriedOut(made.Terms, terms)
	if !j.chosen.IsZero() {
		head.Terms.Select = append(slices.Clone(made.Terms.Select), j.chosen)
	}
	j.head = &head
	if err := j.put(head.Terms); err != nil {
		return err
	}
	err = plan.Into(j.env.Stop.Draining, j.record, &head, j.chosen)
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

// sameSource says why a plan of a source must not be applied to what is there
// now, nil when it may. By both its id and its name the settings were chosen, and
// who must approve: a plan that somebody wrote could name others.
func sameSource(planned, now account.Source) error {
	switch {
	case planned.ID != now.ID:
		return fmt.Errorf("%w: it was made for source %q (%s), this is %q (%s)", sync.ErrStale, planned.Name, planned.ID, now.Name, now.ID)
	case planned.Name != now.Name:
		return fmt.Errorf("%w: source %s was named %q when the plan was made, and is named %q now", sync.ErrStale, now.ID, planned.Name, now.Name)
	}
	return nil
}

// confirmPlan shows which plan it is, and asks, where somebody sits at a
// terminal. Elsewhere the file that was named is the answer.
func (j *Job) confirmPlan(plan *sync.Head, rec sync.Reader, yes bool) error {
	counts, err := rec.Counts(j.env.Stop.Draining)
	if err != nil {
		return exit.OfStore(err)
	}
	if yes || sync.Cost(rec.Head(), counts) == 0 || !terminal.CanAsk(j.env.Stdin, j.env.Stderr) {
		return nil
	}
	what := plan.Command + " " + plan.Run
	if plan.Undoes != "" {
		what += " (takes back " + plan.Undoes + ")"
	}
	planned, err := reports.Planned(j.env.Stop.Draining, &reports.Run{Reader: rec})
	if err != nil {
		return err
	}
	return j.ask(fmt.Sprintf("%s, made %s ago, %s\n%s\nApply it?", text.Visible(what), age(plan.Started), text.Visible(j.api.Tenant()), planned))
}

// age is how long ago something was, as exact as a person needs it.
func age(since time.Time) time.Duration {
	d := time.Since(since)
	if d > time.Minute {
		return d.Round(time.Minute)
	}
	return d.Round(time.Second)
}

// input gives the run its input back, as long as the job lasts.
func (j *Job) input(table *csvfile.Table) {
	if table != nil {
		j.table = table
		j.onClose(func() { _ = table.Close() })
	}
}
