package job

import (
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/config"
	"accountsync/diff"
	"accountsync/internal/connection"
	"accountsync/internal/exit"
	"accountsync/internal/terminal"
	"accountsync/journal"
	"accountsync/ratelimit"
	"accountsync/reports"
	"accountsync/sync"
)

// Job is one command at work on one source: everything it opened, and the run it
// carries out.
type Job struct {
	env     *Env
	conf    *config.Sync
	command Command
	api     *connection.API
	store   *journal.Store
	head    *sync.Head   // of its run
	record  *journal.Run // nil while the run is not on record
	report  *reports.Run // the run as anybody may see it, once it has ended
	table   account.Table
	plan    *sync.FromFile     // what it plans from, if that is a file
	kept    *sync.FromRequests // or requests
	sent    *ratelimit.Record  // what was sent for it
	earlier sync.Requests      // what an earlier part of the run sent
	begun   time.Time
	files   *reports.Files // of its run
	before  []string       // attributes that the run at hand, or the one it is about, masked before
	chosen  diff.Selection // of --only and --exclude
	bar     *terminal.Progress
	notes   []string // what the command has to say of the run
	applied bool     // something may have been sent
	cause   error    // what ended the run early; nil: nothing did
	closers []func()
}

// open opens what a command needs before it can do anything.
func open(env *Env, conf *config.Sync, command Command) (j *Job, err error) {
	if conf.Out != "" {
		if err := reports.CheckDir(conf.Out); err != nil {
			return nil, err
		}
	}
	j = &Job{env: env, conf: conf, command: command}
	if j.api, err = env.Connect(conf); err != nil {
		return nil, err
	}
	if j.chosen, err = conf.Selection(); err != nil {
		return nil, err
	}
	j.begun = time.Now().UTC()
	j.sent = j.api.Limiter.Record(j.begun)
	if j.store = env.Store; j.store == nil {
		if j.store, err = env.OpenStore(conf); err != nil {
			return nil, err
		}
		j.onClose(func() { env.Notifier.after(func() { _ = j.store.Close() }) })
	}
	run := env.Notifier.announced(j.begun)
	env.RunID.Store(&run)
	j.head = &sync.Head{Run: run, Command: command.Name, Version: env.Version, Started: j.begun, Tenant: j.api.Tenant(), Client: j.api.ClientID,
		API: conf.API, Settings: recorded(conf.Effective), Redacted: slices.Sorted(slices.Values(conf.Redact))}
	j.files = j.newFiles()
	j.bar = env.Progress(conf, j.api)
	return j, nil
}

// recorded are the settings as they go on record.
func recorded(settings []config.Setting) (all []sync.Setting) {
	for _, s := range settings {
		all = append(all, sync.Setting{Name: s.Name, Value: s.Value, Origin: s.Origin})
	}
	return all
}

func (j *Job) onClose(f func()) { j.closers = append(j.closers, f) }

// close closes what open opened, the last first.
func (j *Job) close() {
	for i := range j.closers {
		j.closers[len(j.closers)-1-i]()
	}
}

// source looks the source up and, for a command that writes, locks it and waits
// for its aggregations.
func (j *Job) source(name string, write bool) error {
	j.env.Log.WithLevel(news(j.conf)).Str("command", j.head.Command).Str("version", j.env.Version).Msg("a run begins")
	source, err := j.api.Source(j.env.Stop.Draining, name)
	if err != nil {
		return fmt.Errorf("looking up the source: %w", err)
	}
	j.head.Source = source
	if !write {
		j.noteAggregations(j.env.Stop.Draining, source)
		return nil
	}
	if err := j.lock(); err != nil {
		return err
	}
	return j.awaitAggregations(j.env.Stop.Draining, source)
}

// put puts the run on record, with nothing planned yet.
func (j *Job) put(terms sync.Terms) (err error) {
	j.head.Terms = terms
	j.head.Notes = append(j.head.Notes, j.notes...)
	j.notes = nil
	if j.record, err = j.store.Begin(j.env.Stop.Draining, j.head); err != nil {
		return exit.OfStore(err)
	}
	return nil
}

// choose is what --only and --exclude choose, on the terms of the run.
func (j *Job) choose(terms *sync.Terms) (*diff.Selector, error) {
	if !j.chosen.IsZero() {
		terms.Select = []diff.Selection{j.chosen}
	}
	return j.chosen.Selector()
}

// carryOut plans, unless the record has its plan, and carries the plan out.
func (j *Job) carryOut(from sync.Planner, settings sync.Settings) error {
	j.applied = true
	settings = j.watched(settings)
	planned := settings.Planned
	settings.Planned = func(rec sync.Reader) error {
		j.env.Turn.begin()
		if planned != nil {
			if err := planned(rec); err != nil {
				return err
			}
		}
		return j.announce(rec)
	}
	settings.Wait = func(head *sync.Head, planned []sync.Count) (bool, error) {
		return j.awaitDue(j.env.Stop.Draining, head, planned)
	}
	return sync.Safely(func() error { return sync.Run(j.env.Stop.Killed, j.api, j.record, from, settings) })
}

// watched are the settings with who looks on, and how long the API made the
// session wait.
func (j *Job) watched(settings sync.Settings) sync.Settings {
	settings.Watch, settings.Log, settings.Stop = j.bar.Watch, j.env.Log, j.env.Stop.Draining
	settings.Guarded = ratelimit.WithCheck
	settings.Paused = func() time.Duration { return j.sent.Stats().Paused }
	return settings
}

// announce says what is about to be sent, and what it takes, to who looks on.
func (j *Job) announce(rec sync.Reader) error {
	line, err := reports.Planned(j.env.Stop.Draining, &reports.Run{Reader: rec})
	if err != nil || line == "" {
		return err
	}
	counts, err := rec.Counts(j.env.Stop.Draining)
	if err != nil {
		return exit.OfStore(err)
	}
	requests := sync.Cost(rec.Head(), counts)
	if requests == 0 {
		return nil
	}
	if cost := cost(j.conf, requests); cost != "" {
		line += "; " + cost
	}
	if j.bar.Live {
		fmt.Fprintln(j.env.Stderr, line)
	}
	j.env.Log.WithLevel(news(j.conf)).Int("requests", requests).Msg("sending begins")
	return nil
}
