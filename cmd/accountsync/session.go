package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/journal"
	"accountsync/ratelimit"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// session is one command at work on one source: everything it opened, and the
// result it fills.
type session struct {
	*app
	conf    config
	command *cobra.Command
	api     *connection
	journal *journal.Journal
	record  *journal.Run
	result  *sync.Result
	sent    *ratelimit.Record // what was sent for it
	begun   time.Time
	files   *reports.Files // of its run
	before  []string       // attributes that the run at hand, or the one it is about, masked before
	shown   *sync.Result   // the result as anybody may see it
	bar     *progress
	notes   []string // what the command has to say of the run
	applied bool     // something may have been sent
	closers []func()
}

// begin opens what a command needs before it can do anything.
func (a *app) begin(c *cobra.Command, conf config, keep bool) (s *session, err error) {
	if err := reports.CheckDir(conf.Out); err != nil {
		return nil, err
	}
	if _, err := aggregationZone(conf); err != nil {
		return nil, err
	}
	s = &session{app: a, conf: conf, command: c}
	if s.api = a.api; s.api == nil {
		if s.api, err = a.connect(conf); err != nil {
			return nil, err
		}
	}
	s.begun = time.Now().UTC()
	s.sent = s.api.limiter.Record(s.begun)
	if keep {
		if s.journal, err = a.openJournal(conf); err != nil {
			return nil, err
		}
		s.later(func() { _ = s.journal.Close() })
	}
	s.result = s.newResult(c.Name())
	s.files = s.newFiles()
	s.bar = a.newProgress(conf, s.api)
	return s, nil
}

// onPast carries out a command about a past run.
func (a *app) onPast(c *cobra.Command, name string, do func(*session, *journal.Stored, sync.Settings) (*sync.Run, error)) error {
	conf, settings, err := a.runSettings(c)
	if err != nil {
		return err
	}
	s, err := a.begin(c, conf, true)
	if err != nil {
		return err
	}
	defer s.end()
	stored, err := s.stored(name)
	if err != nil {
		return err
	}
	run, err := do(s, stored, settings)
	return s.finish(run, err)
}

func (s *session) later(f func()) { s.closers = append(s.closers, f) }

// end closes what begin opened, the last first.
func (s *session) end() {
	for i := range s.closers {
		s.closers[len(s.closers)-1-i]()
	}
}

// newResult is the head of a result.
func (s *session) newResult(command string) *sync.Result {
	run := s.teller.announced(s.begun)
	s.run.Store(&run)
	return &sync.Result{Schema: sync.ResultSchema, Run: run, Command: command, Version: version(),
		Started: s.begun, Tenant: s.api.tenant, API: s.conf.API, Settings: s.conf.effective, Redacted: slices.Sorted(slices.Values(s.conf.Redact))}
}

// source looks the source up and, for a command that writes, locks it.
func (s *session) source(name string, write bool) (account.Source, error) {
	s.log.WithLevel(s.conf.news()).Str("command", s.result.Command).Str("version", version()).Msg("a run begins")
	source, err := s.api.Source(s.stop.soft, name)
	if err != nil {
		return source, fmt.Errorf("looking up the source: %w", err)
	}
	if !write {
		return source, nil
	}
	unlock, err := s.lock(s.stop.soft, s.conf, s.api.tenant, source.ID, s.result.Run)
	if err == nil {
		s.later(unlock)
	}
	return source, err
}

// apply puts the run on record, sends it and verifies it.
func (s *session) apply(ctx context.Context, run *sync.Run) error {
	source := run.Source()
	record, err := s.journal.Begin(ctx, s.result, source, run.Schema(), s.conf.memory(run.KnownVersion()))
	if err != nil {
		return cannotKeep(err)
	}
	s.record, s.applied = record, true
	run.Keep(record)
	if !run.Blocked() && len(source.Operations) > 0 {
		s.announce(source)
	}
	return run.Apply(ctx, s.api)
}

// watched are the settings with who looks on, and how long the API made the
// session wait.
func (s *session) watched(settings sync.Settings) sync.Settings {
	settings.Watch, settings.Log = s.bar.watch, s.log
	settings.Paused = func() time.Duration { return s.sent.Stats().Paused }
	return settings
}

// announce says what is about to be sent, and what it takes, to who looks on.
func (s *session) announce(source *sync.Source) {
	line := reports.Planned(source)
	if cost := s.cost(s.conf, &sync.Result{Sources: []*sync.Source{source}}); cost != "" {
		line += "; " + cost
	}
	if s.bar.live {
		fmt.Fprintln(s.stderr, line)
	}
	s.log.WithLevel(s.conf.news()).Int("operations", len(source.Operations)).Int("requests", source.Cost()).Msg("sending begins")
}

// handOver puts on record what the next run of the source must know, however
// this one ended.
func (s *session) handOver(run *sync.Run, runErr error) error {
	if run == nil || s.record == nil {
		return nil
	}
	_, latest := s.api.Clocks()
	if err := s.record.HandOver(context.WithoutCancel(s.stop.soft), run.Handover(latest, runErr == nil)); err != nil {
		return cannotKeep(err)
	}
	return nil
}

// finish balances the books, concludes, puts the result on record, writes the
// reports and prints what a person needs to know. The exit status is the result's.
func (s *session) finish(run *sync.Run, runErr error) error {
	s.bar.end()
	if run != nil {
		source, books := run.Result()
		s.result.Sources = []*sync.Source{source}
		runErr = cmp.Or(runErr, books)
		runErr = errors.Join(runErr, s.handOver(run, runErr))
	}
	s.conclude(runErr)
	s.keep(s.write)
	s.keep(s.close)
	s.logEnd()
	s.result = s.shown
	for _, kept := range s.files.Kept() {
		s.log.Warn().Msg(kept)
	}
	s.teller.about(s.result, s.nextCommand())
	if err := s.print(); err != nil {
		return &problem{exitCannotWrite, fmt.Errorf("writing to standard output: %w", err), ""}
	}
	return &ended{s.result.ExitCode}
}

// keep has a part of the run's end written down. When that fails the run ends
// with that error, and the reports that can be written say so too: the exit
// status, result.json and the journal agree.
func (s *session) keep(part func() error) {
	err := part()
	if err == nil {
		return
	}
	code, hint := diagnose(err)
	switch r := s.result; r.Error {
	case "":
		r.Error, r.Hint = err.Error(), hint // print says it
	case err.Error(): // it is what ended the run
	default:
		complain(s.stderr, err)
	}
	s.result.ExitCode = code
	_ = s.write() // what cannot be written has been said
}

// write writes the reports, as anybody may see them.
func (s *session) write() error {
	s.shown = reports.Redact(s.result, s.result.Redacted)
	return s.files.WriteAll(s.shown)
}

// newFiles are the files of the session's run. What the command reads is no
// file to write to.
func (s *session) newFiles() *reports.Files {
	inputs := append(slices.Clone(s.conf.Protect), s.conf.File, s.conf.ClientSecretFile)
	for _, name := range []string{"config", "from", "json"} {
		if f := s.command.Flag(name); f != nil {
			inputs = append(inputs, f.Value.String())
		}
	}
	return reports.NewFiles(s.conf.Out, s.result.Run, append(inputs, s.command.Flags().Args()...)...)
}

// conclude fills in how the run ended.
func (s *session) conclude(runErr error) {
	r := s.result
	addRequests(r, s.sent, s.begun)
	r.Finished = time.Now().UTC()
	r.Outcome = sync.Conclude(r.Sources, s.applied, runErr)
	r.ExitCode, r.Error, r.Hint = exitOf(r.Outcome), "", ""
	if runErr != nil {
		r.Error = wording(runErr)
		r.ExitCode, r.Hint = diagnose(runErr)
	}
	switch {
	case r.Outcome != sync.Planned || runErr != nil:
	case r.Rejected() > 0:
		r.ExitCode = exitPartial
	case s.conf.DetailedExitCode:
		r.ExitCode = exitToDo
	}
	var bug *sync.Panic
	if errors.As(runErr, &bug) {
		fmt.Fprintf(s.stderr, "%s\n", bug.Stack)
	}
}

// wording is what is said of an error that ended a run.
func wording(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted: nothing new was started"
	}
	return err.Error()
}

// close puts the end of the run on record.
func (s *session) close() error {
	if s.record == nil {
		return nil
	}
	if err := s.record.End(s.result, s.result.Sources[0]); err != nil {
		return cannotKeep(err)
	}
	return nil
}

// print shows plan or result table and the summary, as far as there is any.
func (s *session) print() error {
	r := s.result
	if s.conf.Quiet && r.ExitCode == exitOK {
		return nil
	}
	out := bufio.NewWriter(s.stdout)
	if len(r.Sources) > 0 && r.Sources[0].Listing.Tries > 0 {
		if err := s.render()(out, r, s.terminal(s.conf, r)); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s\nReports: %s\n", reports.Summary(r), s.conf.Out)
	if next := s.nextCommand(); next != "" {
		fmt.Fprintf(out, "Next: %s\n", next)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if r.Error != "" {
		fmt.Fprintf(s.stderr, "accountsync: error: %s\n", reports.ImpersonalError(r)) // it ends up in logs
	}
	if r.Hint != "" {
		fmt.Fprintf(s.stderr, "accountsync: hint: %s\n", r.Hint)
	}
	return nil
}

// render is the plan for a command that only plans, else the result table.
func (s *session) render() func(out *bufio.Writer, r *sync.Result, o reports.Options) error {
	if s.applied {
		return func(out *bufio.Writer, r *sync.Result, o reports.Options) error { return reports.Table(out, r, o) }
	}
	return func(out *bufio.Writer, r *sync.Result, o reports.Options) error { return reports.Plan(out, r, o) }
}
