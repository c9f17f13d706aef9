package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/config"
	"accountsync/diff"
	"accountsync/internal/connection"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/journal"
	"accountsync/ratelimit"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// session is one command at work on one source: everything it opened, and the
// run it carries out.
type session struct {
	*app
	conf    *config.Sync
	command *cobra.Command
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

// begin opens what a command needs before it can do anything.
func (a *app) begin(c *cobra.Command, conf *config.Sync) (s *session, err error) {
	if conf.Out != "" {
		if err := reports.CheckDir(conf.Out); err != nil {
			return nil, err
		}
	}
	s = &session{app: a, conf: conf, command: c}
	if s.api = a.api; s.api == nil {
		if s.api, err = a.connectTo(conf, nil); err != nil {
			return nil, err
		}
	}
	if s.chosen, err = conf.Selection(); err != nil {
		return nil, err
	}
	s.begun = time.Now().UTC()
	s.sent = s.api.Limiter.Record(s.begun)
	if s.store = a.store; s.store == nil {
		if s.store, err = a.openStore(conf); err != nil {
			return nil, err
		}
		s.later(func() { s.teller.after(func() { _ = s.store.Close() }) })
	}
	run := s.teller.announced(s.begun)
	s.run.Store(&run)
	s.head = &sync.Head{Run: run, Command: c.Name(), Version: version(), Started: s.begun, Tenant: s.api.Tenant(), Client: s.api.ClientID,
		API: conf.API, Settings: recorded(conf.Effective), Redacted: slices.Sorted(slices.Values(conf.Redact))}
	s.files = s.newFiles()
	s.bar = a.newProgress(conf, s.api)
	return s, nil
}

// beginOnTerms is begin for a command that takes its terms from the flags, and
// all the rest from a plan or a run that was made before.
func (a *app) beginOnTerms(c *cobra.Command) (s *session, t sync.Terms, err error) {
	conf, err := a.settings(c)
	if err != nil {
		return nil, t, err
	}
	s, err = a.begin(c, conf)
	return s, terms(conf), err
}

// recorded are the settings as they go on record.
func recorded(settings []config.Setting) (all []sync.Setting) {
	for _, s := range settings {
		all = append(all, sync.Setting{Name: s.Name, Value: s.Value, Origin: s.Origin})
	}
	return all
}

func (s *session) later(f func()) { s.closers = append(s.closers, f) }

// end closes what begin opened, the last first.
func (s *session) end() {
	for i := range s.closers {
		s.closers[len(s.closers)-1-i]()
	}
}

// source looks the source up and, for a command that writes, locks it and waits
// for its aggregations.
func (s *session) source(name string, write bool) error {
	s.log.WithLevel(news(s.conf)).Str("command", s.head.Command).Str("version", version()).Msg("a run begins")
	source, err := s.api.Source(s.stop.Draining, name)
	if err != nil {
		return fmt.Errorf("looking up the source: %w", err)
	}
	s.head.Source = source
	if !write {
		s.noteAggregations(s.stop.Draining, source)
		return nil
	}
	if err := s.lock(); err != nil {
		return err
	}
	return s.awaitAggregations(s.stop.Draining, source)
}

// put puts the run on record, with nothing planned yet.
func (s *session) put(terms sync.Terms) (err error) {
	s.head.Terms = terms
	s.head.Notes = append(s.head.Notes, s.notes...)
	s.notes = nil
	if s.record, err = s.store.Begin(s.stop.Draining, s.head); err != nil {
		return exit.OfStore(err)
	}
	return nil
}

// choose is what --only and --exclude choose, on the terms of the run.
func (s *session) choose(terms *sync.Terms) (*diff.Selector, error) {
	if !s.chosen.IsZero() {
		terms.Select = []diff.Selection{s.chosen}
	}
	return s.chosen.Selector()
}

// carryOut plans, unless the record has its plan, and carries the plan out.
func (s *session) carryOut(ctx context.Context, from sync.Planner, settings sync.Settings) error {
	s.applied = true
	settings = s.watched(settings)
	planned := settings.Planned
	settings.Planned = func(rec sync.Reader) error {
		s.shift.begin()
		if planned != nil {
			if err := planned(rec); err != nil {
				return err
			}
		}
		return s.announce(rec)
	}
	settings.Wait = func(head *sync.Head, planned []sync.Count) (bool, error) {
		return s.awaitDue(s.stop.Draining, head, planned)
	}
	return sync.Safely(func() error { return sync.Run(ctx, s.api, s.record, from, settings) })
}

// watched are the settings with who looks on, and how long the API made the
// session wait.
func (s *session) watched(settings sync.Settings) sync.Settings {
	settings.Watch, settings.Log, settings.Stop = s.bar.Watch, s.log, s.stop.Draining
	settings.Paused = func() time.Duration { return s.sent.Stats().Paused }
	return settings
}

// announce says what is about to be sent, and what it takes, to who looks on.
func (s *session) announce(rec sync.Reader) error {
	line, err := reports.Planned(s.stop.Draining, &reports.Run{Reader: rec})
	if err != nil || line == "" {
		return err
	}
	counts, err := rec.Counts(s.stop.Draining)
	if err != nil {
		return exit.OfStore(err)
	}
	requests := sync.Cost(rec.Head(), counts)
	if requests == 0 {
		return nil
	}
	if cost := s.cost(s.conf, requests); cost != "" {
		line += "; " + cost
	}
	if s.bar.Live {
		fmt.Fprintln(s.stderr, line)
	}
	s.log.WithLevel(news(s.conf)).Int("requests", requests).Msg("sending begins")
	return nil
}

// finish balances the books, concludes, puts the end on record, writes the
// reports and prints what a person needs to know. The exit status is the run's.
func (s *session) finish(runErr error) error {
	s.bar.End()
	ctx := context.WithoutCancel(s.stop.Draining)
	if s.shift.over(runErr) {
		return s.setAside(ctx)
	}
	if s.record != nil {
		*s.head = *s.record.Head()
		s.head.Notes = append(slices.Clone(s.head.Notes), s.notes...)
		runErr = s.settle(ctx, runErr)
	}
	if err := s.conclude(ctx, runErr); err != nil {
		runErr = exit.OfStore(err)
		s.head.Error, s.head.Outcome = err.Error(), sync.RunFailed
		s.head.ExitCode, s.head.Hint = exit.Diagnose(runErr)
	}
	s.keep(func() error { return s.write(ctx) })
	s.keep(func() error { return s.close(ctx) })
	s.logEnd(ctx)
	if s.files != nil {
		for _, kept := range s.files.Kept() {
			s.log.Warn().Msg(kept)
		}
		s.teller.about(s.report, s.nextCommand(ctx))
	} else {
		s.teller.about(s.report, "")
	}
	s.shift.ended(ctx, s.report)
	if err := s.print(ctx); err != nil {
		said := s.head.Error
		s.keep(func() error {
			return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing to standard output: %w", err), "")
		})
		s.keep(func() error { return s.close(ctx) })
		if said == "" {
			exit.Print(s.stderr, "", errors.New(s.head.Error))
		}
	}
	return &exit.Said{Code: s.head.ExitCode}
}

// settle holds the books of the run against each other, and hands on what the
// next run must know.
func (s *session) settle(ctx context.Context, runErr error) error {
	if !s.record.Status().Sealed {
		return runErr
	}
	if err := sync.Balance(ctx, s.record, s.head); err != nil && runErr == nil {
		runErr = err
	}
	if !s.head.Writes {
		return runErr
	}
	if err := s.handOver(ctx, runErr == nil); err != nil {
		runErr = errors.Join(runErr, exit.OfStore(err))
	}
	return runErr
}

// handOver puts on record what the next run of the source must know, however
// this one ended.
func (s *session) handOver(ctx context.Context, complete bool) error {
	tenant, source := s.head.Tenant, s.head.Source.ID
	asOf, err := s.store.AbsencesAsOf(ctx, tenant, source)
	if err != nil {
		return err
	}
	_, latest := s.api.Clocks()
	h, err := sync.HandOver(ctx, s.record, s.store.Absences(ctx, tenant, source), asOf, latest, complete)
	if err != nil {
		return err
	}
	return s.store.Learn(ctx, journal.Knowledge{Tenant: tenant, SourceID: source, Run: s.head.Run, AsOf: time.Now(), Absences: h.Absences, Accounts: h.Accounts})
}

// conclude fills in how the run ended.
func (s *session) conclude(ctx context.Context, runErr error) (err error) {
	h := s.head
	s.cause = runErr
	addRequests(h, s.earlier, s.sent, s.begun)
	h.Finished = time.Now().UTC()
	h.Outcome = sync.RunFailed
	if errors.Is(runErr, context.Canceled) {
		h.Outcome = sync.Interrupted
	}
	if s.record != nil && s.record.Status().Sealed {
		if h.Outcome, err = sync.Conclude(ctx, s.record, h, s.applied, runErr); err != nil {
			return err
		}
	}
	h.ExitCode, h.Error, h.Hint = exit.OfOutcome(h.Outcome), "", ""
	if runErr != nil {
		h.Error = exit.Text(runErr)
		h.ExitCode, h.Hint = exit.Diagnose(runErr)
	}
	if h.ExitCode == problem.Interrupted && s.resumable() {
		h.Hint = ""
	}
	switch {
	case h.Outcome != sync.Planned || runErr != nil:
	case h.Totals.Rejected > 0:
		h.ExitCode = problem.Partial
	case s.conf.DetailedExitCode:
		h.ExitCode = problem.ToDo
	}
	var bug *sync.Panic
	if errors.As(runErr, &bug) {
		fmt.Fprintf(s.stderr, "%s\n", bug.Stack)
	}
	return nil
}

// keep has a part of the run's end written down. When that fails the run ends
// with that error, and the reports that can be written say so too: the exit
// status, result.json and the record agree.
func (s *session) keep(part func() error) {
	err := part()
	if err == nil {
		return
	}
	code, hint := exit.Diagnose(err)
	switch s.head.Error {
	case "":
		s.head.Error, s.head.Hint = err.Error(), hint // print says it
	case err.Error(): // it is what ended the run
	default:
		exit.Print(s.stderr, "", err)
	}
	s.head.ExitCode = code
	_ = s.write(context.WithoutCancel(s.stop.Draining)) // what cannot be written has been said
}

// write writes the reports, as anybody may see them. After a signal it writes
// those of many operations no more: whoever sent it does not wait for them, and
// the record has all of it.
func (s *session) write(ctx context.Context) error {
	if s.operations(ctx) <= s.app.many {
		return s.writeAll(ctx)
	}
	stop := s.stop.Draining
	if stop.Err() == nil {
		if err := s.writeAll(stop); err == nil || stop.Err() == nil {
			return err
		}
	}
	run := &reports.Run{Reader: headed{s.record, s.head}, Rest: s.next("report", s.head.Run)}
	var err error
	if s.report, err = reports.Redact(ctx, run, s.head.Redacted); err == nil {
		err = s.files.WriteShort(ctx, s.report)
	}
	if err == nil && s.head.Outcome != sync.Interrupted {
		err = problem.Errorf(problem.Interrupted, "", "interrupted by signal before all reports were written")
	}
	return err
}

// writeAll writes every report.
func (s *session) writeAll(ctx context.Context) (err error) {
	run := reports.HeadOnly(s.head)
	if s.record != nil && s.record.Status().Sealed {
		run = &reports.Run{Reader: headed{s.record, s.head}, Table: s.table}
		switch {
		case s.plan != nil && s.plan.Plan != nil:
			run.Table, run.Kept = s.plan.Table, s.plan.Plan.KeptRows()
		case s.kept != nil:
			run.Kept = keptRows(s.kept.Kept)
		case s.table != nil:
			if run.Kept, err = sync.KeptRows(ctx, s.record, s.table); err != nil {
				return exit.OfStore(err)
			}
		}
	}
	if s.report, err = reports.Redact(ctx, run, s.head.Redacted); err != nil {
		return err
	}
	if s.files == nil {
		return nil
	}
	s.report.Next = func() string { return s.nextCommand(ctx) }
	return s.files.WriteAll(ctx, s.report)
}

// headed is a record with the head as the session has it.
type headed struct {
	sync.Reader
	head *sync.Head
}

func (h headed) Head() *sync.Head { return h.head }

// newFiles are the files of the session's run, nil where it is to write none.
// What the command reads is no file to write to.
func (s *session) newFiles() *reports.Files {
	if s.conf.Out == "" {
		return nil
	}
	inputs := append(slices.Clone(s.conf.Protect), s.conf.File, s.conf.Tenant.Secret.File)
	for _, name := range []string{"config", "from", "json"} {
		if f := s.command.Flag(name); f != nil {
			inputs = append(inputs, f.Value.String())
		}
	}
	return reports.NewFiles(s.conf.Out, s.head.Run, append(inputs, s.command.Flags().Args()...)...)
}

// close puts the end of the run on record. A run that got to its end makes the
// earlier ones of its source things of the past.
func (s *session) close(ctx context.Context) error {
	if s.record == nil {
		return nil
	}
	if !s.record.Status().Sealed { // it has planned nothing: there is nothing to show, and nothing to resume
		return exit.OfStore(s.record.Discard(ctx))
	}
	supersedes := s.head.Writes && s.head.Input.SHA256 != "" && slices.Contains([]sync.Outcome{sync.InSync, sync.Changed, sync.Partial}, s.head.Outcome)
	if err := s.record.End(ctx, s.head, supersedes); err != nil {
		return exit.OfStore(err)
	}
	return nil
}

// print shows plan or result table and the summary, as far as there is any.
func (s *session) print(ctx context.Context) error {
	h := s.head
	if s.conf.Quiet && h.ExitCode == problem.OK || s.report == nil || s.shift != nil {
		return nil
	}
	out := bufio.NewWriter(s.stdout)
	o := s.terminal(s.conf)
	if h.Listing.Tries > 0 && s.record != nil {
		render := reports.Plan
		if s.applied || s.report.Rest != "" {
			render = reports.Table
		}
		if err := render(ctx, out, s.report, o); err != nil {
			return err
		}
	}
	summary, err := reports.Summary(ctx, s.report)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\nReports: %s\n", summary, s.conf.Out)
	if next := s.nextCommand(ctx); next != "" {
		fmt.Fprintf(out, "Next: %s\n", next)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if h.Error != "" {
		text, err := reports.ImpersonalError(ctx, s.report) // it ends up in logs
		if err != nil {
			return err
		}
		fmt.Fprintf(s.stderr, "accountsync: error: %s\n", text)
	}
	if h.Hint != "" {
		fmt.Fprintf(s.stderr, "accountsync: hint: %s\n", h.Hint)
	}
	if rest := s.report.Rest; rest != "" {
		fmt.Fprintf(s.stderr, "accountsync: hint: of %s operations only %s and %s are written after a signal: %s writes the other reports\n",
			text.Number(s.operations(ctx)), reports.SummaryMD, reports.MetricsProm, rest)
	}
	return nil
}
