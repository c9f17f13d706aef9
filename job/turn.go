package job

import (
	"context"
	"errors"
	"time"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/signals"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"
)

// errSetAside ends a turn of a run that goes on later.
var errSetAside = errors.New("the run gave way; it goes on later")

// Turn is a worker's turn of work on a run of a fleet. A command line has none:
// all methods do nothing then.
type Turn struct {
	Mine  func() bool   // the run has not gone to another worker
	Slice time.Duration // how long it may send
	Stop  *signals.Stop // of the turn
	Said  string        // the error that ended the run, fit for others
	slice *time.Timer
}

// begin begins the slice: the plan is on record, and sending begins.
func (t *Turn) begin() {
	if t != nil && t.slice == nil {
		t.slice = time.AfterFunc(t.Slice, func() { t.Stop.Drain(errSetAside) })
	}
}

// Close ends the turn and its slice.
func (t *Turn) Close() {
	if t.slice != nil {
		t.slice.Stop()
	}
	t.Stop.Close()
}

// GoesOn reports whether the run goes on in another turn, after one that ended
// so: whatever interrupts a run of a fleet, also before it is on record or while
// its reports are written, it goes on.
func (t *Turn) GoesOn(err error) bool {
	return t != nil && (!t.Mine() || errors.Is(err, errSetAside) || errors.Is(err, context.Canceled) || exit.Code(err) == problem.Interrupted)
}

// ended takes note of how the run ended.
func (t *Turn) ended(ctx context.Context, r *reports.Run) {
	if t == nil || r == nil || r.Head().Error == "" {
		return
	}
	if text, err := reports.ImpersonalError(ctx, r); err == nil {
		t.Said = text
	}
}

// setAside leaves the run to another turn, as one that was killed, but for what
// it has sent so far.
func (j *Job) setAside(ctx context.Context) error {
	switch {
	case !j.env.Turn.Mine() || j.record == nil:
	case !j.record.Status().Sealed:
		_ = j.record.Discard(ctx) // else the next turn does
	default:
		head := j.record.Head()
		addRequests(head, j.earlier, j.sent, j.begun)
		if err := j.record.SetHead(ctx, head); err != nil {
			j.env.Log.Warn().Err(err).Msg("the requests of this turn could not be put on record")
		}
	}
	return errSetAside
}

// TakeTurn begins a sync under the id of a run, or goes on with it. Others are
// told of its beginning and its end, not of its turns.
func TakeTurn(env *Env, conf *config.Sync, run string) error {
	command := Command{Name: "sync", Given: func(string) (string, bool) { return "", false },
		Repeat: func(name string, args ...string) []string { return append([]string{"accountsync", name}, args...) }}
	resume, err := left(env.Stop.Draining, env.Store, run)
	if err != nil {
		return err
	}
	n := env.newNotifier(command.Name)
	n.run, n.hook, n.ping = run, conf.Webhook, conf.Ping
	env.Notifier = n
	env.RunID.Store(&n.run)
	one := func() error {
		if err := conf.RereadTable(); err != nil {
			return err
		}
		return Sync(env, conf, command)
	}
	if resume {
		one = func() error { return Resume(env, conf, command, run) }
	} else {
		n.start()
	}
	if err = sync.Safely(one); !env.Turn.GoesOn(err) {
		n.end(conf.Name, err)
	}
	return err
}

// left reports whether the run is on record, to go on with. One that had ended
// when its worker died needs nothing more, unless it was interrupted, be it while its
// reports were written; one that had no plan yet begins anew.
func left(ctx context.Context, store *journal.Store, run string) (bool, error) {
	rec, err := store.Read(ctx, run)
	if unknown := (*journal.RunError)(nil); errors.As(err, &unknown) {
		return false, nil
	}
	if err != nil {
		return false, exit.OfStore(err)
	}
	head, status := rec.Head(), rec.Status()
	switch {
	case !status.Sealed:
		return false, exit.OfStore(rec.Discard(ctx))
	case status.Ended && !exit.Passes(head.ExitCode) && head.ExitCode != problem.Interrupted:
		return false, &exit.Said{Code: head.ExitCode}
	}
	return true, nil
}
