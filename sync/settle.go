package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"

	"golang.org/x/sync/errgroup"
)

const (
	firstLook = 500 * time.Millisecond
	slowLook  = 10 * time.Second
	resends   = 2
	// strangerAfter is how long a task id may be unknown to the API before the
	// list alone decides.
	strangerAfter = 10 * time.Second
)

// settle waits until what was sent shows in the live list, or the time for it
// is over. Only the list counts: a 202, even with a task that ends SUCCESS, is
// no proof.
func (r *Run) settle(ctx context.Context, api Writer, ops []*Operation) {
	open := pending(ops)
	if !r.settings.Verify || len(open) == 0 {
		return
	}
	s := settling{Run: r, api: api, deadline: time.Now().Add(r.settings.VerifyTimeout), total: len(open)}
	for pause := firstLook; len(open) > 0 && s.wait(ctx, pause); {
		before := len(open)
		s.askTasks(ctx, open)
		s.look(ctx, s.due(open))
		if open = s.close(open); len(open) == before { // nothing ended: look less often
			pause = min(2*pause, slowLook)
		}
	}
	s.look(ctx, open)
	s.leave(ctx, s.close(open))
}

// close puts on record what is settled and gives what is still open.
func (s *settling) close(ops []*Operation) []*Operation {
	open := pending(ops)
	still := make(map[*Operation]bool, len(open))
	for _, op := range open {
		still[op] = true
	}
	for _, op := range ops {
		if !still[op] {
			s.record(op)
		}
	}
	return open
}

// settling is one round of verification.
type settling struct {
	*Run
	api      Writer
	deadline time.Time
	total    int
	blind    bool  // the task status cannot be read: the list alone decides
	unread   error // why the last look told nothing of what it did not show; nil: it did
}

// wait sleeps for d and reports whether to look again.
func (s *settling) wait(ctx context.Context, d time.Duration) bool {
	left := time.Until(s.deadline)
	if left <= 0 || s.halt.interrupted(ctx) {
		return false
	}
	timer := time.NewTimer(min(d, left))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.settings.Stop.Done():
	case <-ctx.Done():
	}
	return !s.halt.interrupted(ctx)
}

// askTasks polls the tasks that have not ended, many at a time.
func (s *settling) askTasks(ctx context.Context, open []*Operation) {
	byTask := map[string]*Operation{}
	var ids []string
	for _, op := range open {
		if op.Task != "" && !op.taskDone && !op.Lost {
			byTask[op.Task] = op
			ids = append(ids, op.Task)
		}
	}
	if s.blind || len(ids) == 0 {
		return
	}
	tasks, err := s.api.Tasks(ctx, ids)
	if err != nil && ctx.Err() == nil {
		s.blind = true
		s.note("The task status could not be read, so the account list alone decided what is done: %v", err)
	}
	for _, task := range tasks {
		if op := byTask[task.ID]; op != nil && task.Done() {
			s.ended(op, task)
		}
	}
}

// ended notes how a task ended.
func (s *settling) ended(op *Operation, task account.Task) {
	op.taskDone, op.TaskStatus = true, task.Status
	if task.Failed() {
		op.State, op.Error = Failed, strings.TrimSuffix("the task ended "+task.Status+": "+task.Message, ": ")
		s.halt.failed.Add(1)
	}
}

// due are the operations for which the list can have news.
func (s *settling) due(open []*Operation) (due []*Operation) {
	for _, op := range pending(open) {
		if s.blind || op.taskDone || op.Lost || op.Task == "" || time.Since(op.sentAt) > strangerAfter {
			due = append(due, op)
		}
	}
	return due
}

// look lists what was touched and settles what shows.
func (s *settling) look(ctx context.Context, due []*Operation) {
	if len(due) == 0 || ctx.Err() != nil {
		return
	}
	var follow []followUp
	v := view{Run: s.Run, missing: missing, seen: func(op *Operation, a *account.Account) {
		if body := s.seen(op, a); body != nil {
			follow = append(follow, followUp{op, body})
		}
	}}
	if s.unread = v.list(ctx, s.api, due); s.unread != nil && ctx.Err() == nil {
		// Not the error: the API may repeat the filter, which names accounts.
		s.settings.Log.Warn().Int("http", status(s.unread)).Msg("listing again what was written failed, trying again")
	}
	s.follow(ctx, follow)
	s.resend(ctx, due)
	s.settings.watch(Progress{Step: "verifying", Done: s.total - len(pending(due)), Total: s.total, Failed: int(s.halt.failed.Load())})
}

// seen settles the operation when its account shows it. It gives the body of
// the put that completes a create.
func (s *settling) seen(op *Operation, a *account.Account) []account.Attribute {
	if op.Op == diff.Reload {
		s.reloaded(op, a)
		return nil
	}
	op.shows = shown(s.schema, op, a)
	if op.Op == diff.Create {
		op.Account = strings.Clone(a.ID)
	}
	if op.shows == "" {
		verify(op)
		return nil
	}
	if op.Op != diff.Create || op.completed {
		return nil
	}
	unmet := diff.Unmet(s.schema, op.Changes, a)
	if _, deferred := createBody(op); !subset(names(unmet), deferred) {
		return nil
	}
	op.State, op.Lost, op.completed = Accepted, false, true // it is there: only what it could not carry is missing
	return diff.Overlay(account.CloneAttributes(a.Attributes), unmet, s.identity(op))
}

// missing settles the operation on an account that the list does not show.
func missing(op *Operation) {
	switch op.Op {
	case diff.Delete:
		verify(op)
	case diff.Reload:
		outdate(op, "the account is no longer there")
	default:
		op.shows = "the account is not there"
	}
}

// verify marks an operation as seen to be done.
func verify(op *Operation) {
	op.State, op.Reason, op.Error, op.Lost, op.shows = Verified, "", "", false, ""
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// followUp is a put that completes a create.
type followUp struct {
	op   *Operation
	body []account.Attribute
}

// follow puts what a create could not carry.
func (s *settling) follow(ctx context.Context, ops []followUp) {
	var g errgroup.Group
	g.SetLimit(s.settings.Workers)
	for _, f := range ops {
		g.Go(func() error {
			if err := Safely(func() error { s.complete(ctx, f); return nil }); err != nil {
				s.halt.bug(err)
			}
			return nil
		})
	}
	_ = g.Wait()
}

// complete puts what one create could not carry.
func (s *settling) complete(ctx context.Context, f followUp) {
	receipt, err := s.api.Put(ctx, f.op.Account, f.body)
	if err != nil {
		s.refused(ctx, f.op, err)
		return
	}
	f.op.Attempts += receipt.Attempts
	f.op.HTTP, f.op.Task, f.op.TaskStatus, f.op.taskDone = receipt.HTTPStatus, receipt.Task, "", false
	f.op.sentAt = time.Now()
	s.record(f.op)
}

// resend sends again what got no answer and does not show.
func (s *settling) resend(ctx context.Context, due []*Operation) {
	var again []*Operation
	for _, op := range due {
		if op.State == Failed && op.Lost && op.resent < resends && time.Since(op.sentAt) > s.settings.LostAfter {
			op.resent++
			again = append(again, op)
		}
	}
	s.send(ctx, s.api, again)
}

// leave says of what is still open when the time is over what is known.
func (s *settling) leave(ctx context.Context, open []*Operation) {
	for _, op := range open {
		switch {
		case op.Lost && s.unread != nil:
			op.Error = "no answer came, and " + s.unreadable() + ": " + op.Error
			s.halt.failed.Add(1)
		case op.Lost:
			op.Error = "no answer came, and the list does not show it: " + op.Error
			s.halt.failed.Add(1)
		case s.halt.interrupted(ctx):
			op.Reason = "interrupted before it could be verified"
		case s.unread != nil:
			op.Reason = "taken by the API, but " + s.unreadable()
		case op.Op.Phase() == diff.Disable.Phase():
			op.Reason = fmt.Sprintf("taken by the API, but after %s %s: on a flat-file source a manual task may be waiting for the source owner", s.settings.VerifyTimeout, op.shows)
		case op.taskDone:
			op.State = Failed
			op.Error = fmt.Sprintf("the task ended %s, but after %s the list shows otherwise: %s", op.TaskStatus, s.settings.VerifyTimeout, op.shows)
			s.halt.failed.Add(1)
		default:
			op.Reason = fmt.Sprintf("taken by the API, not seen after %s: %s", s.settings.VerifyTimeout, op.shows)
		}
		s.record(op)
	}
}

// unreadable says that the last look told nothing. It does not repeat what the
// API said, which may name accounts.
func (s *settling) unreadable() string {
	if code := status(s.unread); code > 0 {
		return fmt.Sprintf("the list could not be read again (HTTP %d)", code)
	}
	return "the list could not be read again"
}
