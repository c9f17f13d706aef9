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
	// lookEvery is how often the accounts of what was sent are looked at while
	// more is being sent: a failed task is known in seconds, and looks stay a
	// small part of the requests.
	lookEvery = 6 * time.Second
	// tailLook is the same when nothing more is being sent.
	tailLook = time.Second
	// slowLook is the longest time between two looks at one account.
	slowLook = 10 * time.Second
	// firstLook is how long after a write its account is looked at, until the
	// run has learnt how long the API takes.
	firstLook = 500 * time.Millisecond
	// resends is how often an operation without an answer is sent again.
	resends = 2
)

// verifier waits until what was sent shows in the live list, or its time is
// over. Only the list counts: a 202, even with a task that ends SUCCESS, is no
// proof. Tasks are asked for only where the list does not show the change.
type verifier struct {
	r   *Run
	api Writer
	in  chan *Operation // what was sent

	open    []*Operation
	sending bool // more may come
	looked  time.Time
	latency time.Duration // how long the API takes to show a change, as learnt so far
	settled int
	total   int
	blind   bool  // the task status cannot be read: the list alone decides
	unread  error // why the last look told nothing; nil: it did
}

func newVerifier(r *Run, api Writer, total int) *verifier {
	return &verifier{r: r, api: api, in: make(chan *Operation, total), total: total, sending: true, looked: time.Now(), latency: firstLook}
}

// take takes over an operation that was sent. It never waits.
func (v *verifier) take(op *Operation) {
	if v.pending(op) {
		v.in <- op
	}
}

// pending reports whether a look can tell whether the operation was done.
func (v *verifier) pending(op *Operation) bool {
	if op.looked || op.State != Accepted && !(op.State == Failed && op.Lost) {
		return false
	}
	return v.r.settings.Verify || op.Lost || op.alone || v.r.unfinished(op)
}

// unfinished reports whether a create is to be followed by what it could not
// carry, for which its account must be seen.
func (r *Run) unfinished(op *Operation) bool {
	if op.Op != diff.Create {
		return false
	}
	_, deferred := createBody(op)
	return deferred != nil && !op.completed || r.follows[op.Key]
}

// run verifies until everything that was sent is settled.
func (v *verifier) run(ctx context.Context) {
	for {
		if v.sending {
			v.receive()
		}
		if !v.sending && len(v.open) == 0 {
			return
		}
		if !v.sending && (v.r.halt.interrupted(ctx) || v.r.halt.ended()) {
			break
		}
		if wait := v.untilNextLook(); wait > 0 {
			v.wait(ctx, wait)
			continue
		}
		v.look(ctx, v.due())
	}
	if !v.r.halt.ended() {
		v.look(ctx, v.open)
	}
	for _, op := range v.open {
		v.giveUp(ctx, op)
	}
}

// receive takes what was sent meanwhile, without waiting.
func (v *verifier) receive() {
	for {
		select {
		case op, more := <-v.in:
			if !v.received(op, more) {
				return
			}
		default:
			return
		}
	}
}

func (v *verifier) received(op *Operation, more bool) bool {
	if !more {
		v.sending = false
		return false
	}
	if op.sentAt.IsZero() {
		v.r.sent(op)
	}
	op.nextLook = op.sentAt.Add(v.latency)
	v.open = append(v.open, op)
	return true
}

// wait waits until it is time for a look, or something happens.
func (v *verifier) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	if v.sending { // which a signal ends
		select {
		case <-timer.C:
		case op, more := <-v.in:
			v.received(op, more)
		}
		return
	}
	select {
	case <-timer.C:
	case <-v.r.settings.Stop.Done():
	case <-ctx.Done():
	}
}

// untilNextLook is how long to wait before the next look. Many accounts are
// looked at together.
func (v *verifier) untilNextLook() time.Duration {
	if len(v.open) == 0 {
		return time.Hour // something will come first
	}
	now := time.Now()
	first, last, due := v.open[0].nextLook, v.open[0].nextLook, 0
	for _, op := range v.open {
		if op.nextLook.Before(first) {
			first = op.nextLook
		}
		if op.nextLook.After(last) {
			last = op.nextLook
		}
		if !op.nextLook.After(now) {
			due++
		}
	}
	switch {
	case due >= batchSize:
		return 0
	case v.sending:
		return max(first.Sub(now), v.looked.Add(lookEvery).Sub(now))
	case last.Sub(now) <= tailLook:
		return last.Sub(now)
	}
	return max(first.Sub(now), min(last.Sub(now), v.looked.Add(tailLook).Sub(now)))
}

// due are the operations of which a look can have news.
func (v *verifier) due() (due []*Operation) {
	now := time.Now()
	for _, op := range v.open {
		if !op.nextLook.After(now) {
			due = append(due, op)
		}
	}
	return due
}

// look lists the accounts of operations and settles what shows.
func (v *verifier) look(ctx context.Context, ops []*Operation) {
	if len(ops) == 0 || ctx.Err() != nil {
		return
	}
	var again, follow []*Operation
	var seen *look
	seen, v.unread = v.r.looker(v.api).look(ctx, natives(ops))
	v.looked = time.Now()
	if v.unread != nil {
		v.unreadable(ctx, ops)
	} else {
		for _, op := range ops {
			v.check(op, seen)
		}
		v.askTasks(ctx, ops)
		for _, op := range ops {
			switch {
			case op.overlay != nil:
				follow = append(follow, op)
			case v.mayBeResent(op, seen):
				again = append(again, op)
			case v.pending(op) && (v.expired(op) || op.shows.is == noWitness && op.taskDone):
				v.giveUp(ctx, op)
			}
		}
	}
	v.sendAgain(ctx, again, follow)
	v.close()
}

// unreadable takes note of a look that failed. What ends the run ends it at
// once; anything else is tried again until the time of an operation is over, and
// then ends it where no answer came at all.
func (v *verifier) unreadable(ctx context.Context, ops []*Operation) {
	if ctx.Err() != nil {
		return
	}
	if Denied(v.unread) || void(v.unread) {
		v.r.halt.end(v.unread)
		return
	}
	// Not the error: the API may repeat the filter, which names accounts.
	v.r.settings.Log.Warn().Int("http", status(v.unread)).Msg("listing again what was written failed, trying again")
	over := false
	for _, op := range ops {
		v.later(op)
		if v.expired(op) {
			v.giveUp(ctx, op)
			over = true
		}
	}
	if over && Unreachable(v.unread) {
		v.r.halt.end(lookFailed("what was written", v.unread))
	}
}

// close puts on record what is settled, and keeps what is still open.
func (v *verifier) close() {
	v.open = slices.DeleteFunc(v.open, func(op *Operation) bool {
		if v.pending(op) {
			return false
		}
		v.settled++
		v.r.record(op)
		return true
	})
	v.r.settings.watch(Progress{Step: "verifying", Done: v.settled, Total: max(v.total, v.settled), Failed: int(v.r.halt.failed.Load())})
}

// check holds one operation against what a look shows.
func (v *verifier) check(op *Operation, seen *look) {
	op.shows = v.r.shows(op, seen)
	age := time.Since(op.sentAt)
	switch op.shows.is {
	case shown:
		v.r.verify(op, seen)
		if op.looks == 0 {
			v.latency = max(100*time.Millisecond, v.latency*9/10)
		}
		return
	case existed:
		op.looked = true
		v.failed(op, "%s", op.shows.text)
		return
	}
	if op.looked { // no further look can tell more
		return
	}
	if op.looks == 0 && v.latency < age*5/4 {
		v.latency = min(age*5/4, slowLook)
	}
	v.later(op)
}

// later sets the time of the next look at an operation's account.
func (v *verifier) later(op *Operation) {
	op.looks++
	op.nextLook = time.Now().Add(min(max(firstLook, time.Since(op.sentAt)/2), slowLook))
	if end := op.sentAt.Add(v.r.settings.VerifyTimeout + v.r.paused() - op.pausedBefore); op.nextLook.After(end) && end.After(time.Now()) {
		op.nextLook = end
	}
}

// expired reports whether the time of an operation is over. It counts from its
// own acceptance, and not while the API has asked to wait.
func (v *verifier) expired(op *Operation) bool {
	return time.Since(op.sentAt)-(v.r.paused()-op.pausedBefore) >= v.r.settings.VerifyTimeout
}

// finding is what a look shows of an operation that was sent.
type finding struct {
	is   evidence
	text string // what keeps it from being verified
}

type evidence int

const (
	shown     evidence = iota // the account is as the operation wants it
	notYet                    // it is not, or not yet
	noProof                   // the look says nothing
	altered                   // what was asked for shows, but the account has changed otherwise too
	existed                   // the account of a create was there before it
	noWitness                 // the source shows no account at all, so that nothing proves anything
)

// shows holds an operation that was sent against a look.
func (r *Run) shows(op *Operation, seen *look) finding {
	switch op.Op {
	case diff.Create:
		return r.showsCreate(op, seen)
	case diff.Reload:
		return r.showsReload(op, seen)
	}
	a := seen.byID[op.Account]
	switch {
	case a == nil && !seen.provesGone(op) && seen.empty:
		return finding{noWitness, "no account is left in the source that could prove the list right"}
	case a == nil && !seen.provesGone(op):
		return unproved
	case a == nil && op.Op == diff.Delete:
		return finding{}
	case a == nil:
		return finding{notYet, "the account does not exist"}
	case lags(a, op.Modified):
		return finding{noProof, "the list still shows an older state of the account"}
	}
	if text := r.mismatch(op, a); text != "" {
		return finding{notYet, text}
	}
	if !r.asPlanned(op, a) {
		return finding{altered, "the change shows, but the account is not otherwise as it was sent: " + strings.Join(r.otherChanges(op, a), ", ")}
	}
	return finding{}
}

var unproved = finding{noProof, "the list did not prove whether the account exists"}

// showsCreate is shows for a create. It sees to it that what a create could not
// carry is put.
func (r *Run) showsCreate(op *Operation, seen *look) finding {
	named := seen.named(op.Native)
	switch {
	case len(named) == 0 && !seen.provesAbsent(op.Native):
		return unproved
	case len(named) == 0:
		return finding{notYet, "the account does not exist"}
	case len(named) > 1:
		return finding{notYet, "several accounts have this native identity"}
	}
	a := named[0]
	if existedBefore(op, a) {
		return finding{existed, "an account with this native identity was there before the create was sent (created " + a.Created + "), and the API may have changed it"}
	}
	op.Account = a.ID
	unmet := diff.Unmet(r.schema, op.Changes, a)
	if len(unmet) == 0 {
		return finding{}
	}
	if !op.completed && completes(op, unmet) {
		r.halt.unknown(op, false)
		op.State, op.Lost = Accepted, false // it is there: only what it could not carry is missing
		op.overlay = diff.Overlay(a.Attributes, unmet, r.identity(op))
	}
	return finding{notYet, r.mismatch(op, a)}
}

// verify marks an operation as seen to be done.
func (r *Run) verify(op *Operation, seen *look) {
	r.markVerified(op)
	if op.Op == diff.Delete || op.Op == diff.Reload {
		return
	}
	a := seen.byID[op.Account]
	op.After = diff.Fingerprint(a)
	r.witnesses.add(a.NativeIdentity)
	if created, err := time.Parse(time.RFC3339, a.Created); err == nil && op.alone && !created.Before(op.firstSent.Add(-clockSkew)) {
		op.Absent = true // nothing could bear witness before it, and it is no older than the run
	}
	op.Absent = op.Absent && !r.holdsMore(op, a)
}

// holdsMore reports whether an account holds what its create did not send:
// somebody else created it after the look, and the API changed it.
func (r *Run) holdsMore(op *Operation, a *account.Account) bool {
	return slices.ContainsFunc(a.Attributes, func(at account.Attribute) bool {
		_, known := r.schema.Attribute(at.Name)
		return known && !at.Value.IsEmpty() && !holds(op.Changes, at.Name)
	})
}

func (r *Run) markVerified(op *Operation) {
	r.halt.unknown(op, false)
	op.State, op.Reason, op.Error, op.Lost, op.shows, op.overlay = Verified, "", "", false, finding{}, nil
}

// askTasks asks for the tasks of the operations that the list does not show,
// many at a time.
func (v *verifier) askTasks(ctx context.Context, ops []*Operation) {
	byTask := map[string]*Operation{}
	var ids []string
	for _, op := range ops {
		if op.Task != "" && !op.taskDone && !op.Lost && op.overlay == nil && v.pending(op) {
			byTask[op.Task] = op
			ids = append(ids, op.Task)
		}
	}
	if v.blind || len(ids) == 0 || ctx.Err() != nil {
		return
	}
	tasks, err := v.api.Tasks(ctx, ids)
	switch {
	case err != nil && void(err):
		v.r.halt.end(err)
	case err != nil && ctx.Err() == nil:
		v.blind = true
		v.r.note("The task status could not be read, so the account list alone decided what is done: %v", err)
	}
	for _, task := range tasks {
		if op := byTask[task.ID]; op != nil && task.Done() {
			v.ended(op, task)
		}
	}
}

// ended notes how a task ended.
func (v *verifier) ended(op *Operation, task account.Task) {
	op.taskDone, op.TaskStatus = true, task.Status
	if task.Failed() {
		op.State, op.Error = Failed, strings.TrimSuffix("the task ended "+task.Status+": "+task.Message, ": ")
		v.r.halt.failed.Add(1)
	}
}

// mayBeResent reports whether an operation without an answer is to be sent
// again: it may arrive twice, or is proven not to have been done, and had time
// enough to show.
func (v *verifier) mayBeResent(op *Operation, seen *look) bool {
	if !v.pending(op) || !op.Lost || op.resent >= resends || time.Since(op.sentAt) < v.r.settings.LostAfter {
		return false
	}
	if op.Op == diff.Create {
		return seen.provesAbsent(op.Native) || op.alone && len(seen.named(op.Native)) == 0
	}
	a := seen.byID[op.Account]
	return a != nil && !lags(a, op.Modified) && v.r.asPlanned(op, a)
}

// sendAgain sends what got no answer once more, and puts what creates could
// not carry.
func (v *verifier) sendAgain(ctx context.Context, again, follow []*Operation) {
	var g errgroup.Group
	g.SetLimit(v.r.settings.Workers)
	each := func(ops []*Operation, do func(*Operation)) {
		for _, op := range ops {
			g.Go(func() error {
				if err := Safely(func() error { do(op); return nil }); err != nil {
					v.r.halt.end(err)
				}
				return nil
			})
		}
	}
	each(again, func(op *Operation) {
		op.resent++
		if v.r.halt.reason(ctx, op.Op) == "" {
			v.r.sendOne(ctx, v.api, op)
		}
	})
	each(follow, func(op *Operation) { v.complete(ctx, op) })
	_ = g.Wait() // workers keep their errors in their operations
	for _, op := range slices.Concat(again, follow) {
		op.nextLook = time.Now().Add(v.latency)
	}
}

// complete puts what one create could not carry.
func (v *verifier) complete(ctx context.Context, op *Operation) {
	body := op.overlay
	op.overlay, op.completed = nil, true
	if v.r.halt.reason(ctx, diff.Put) != "" {
		op.Reason = "interrupted before the put of what the create could not carry"
		return
	}
	receipt, err := v.api.Put(ctx, op.Account, body)
	v.r.sent(op)
	if err != nil {
		v.r.refused(ctx, op, diff.Put, err)
		return
	}
	op.Attempts += receipt.Attempts
	op.HTTP, op.Task, op.TaskStatus, op.taskDone = receipt.HTTPStatus, receipt.Task, "", false
	v.r.record(op)
}

// giveUp says of an operation whose time is over what is known of it.
func (v *verifier) giveUp(ctx context.Context, op *Operation) {
	defer func() { op.looked = true; v.r.record(op) }()
	after := v.r.settings.VerifyTimeout
	switch {
	case op.Lost && v.unread != nil:
		v.failed(op, "no answer came, and %s: %s", v.unreadText(), op.Error)
	case op.Lost && op.resumed && op.taken():
		v.failed(op, "the list still does not show it: %s", op.Error)
	case op.Lost:
		v.failed(op, "no answer came, and the list does not show it: %s", op.Error)
	case v.r.halt.ended():
		op.Reason = "the run ended before it could be verified"
	case v.r.halt.interrupted(ctx):
		op.Reason = "interrupted before it could be verified"
	case v.unread != nil:
		op.Reason = "API answered " + answered(op) + ", but " + v.unreadText()
	case op.shows.is == noWitness:
		op.Reason = fmt.Sprintf("API answered %s, but %s", answered(op), op.shows.text)
	case op.shows.is == noProof:
		op.Reason = fmt.Sprintf("API answered %s, but after %s %s", answered(op), after, op.shows.text)
	case op.Op.Phase() == diff.Disable.Phase():
		op.Reason = fmt.Sprintf("API answered %s, but %s after %s: on a flat-file source a manual task may be waiting for the source owner", answered(op), op.shows.text, after)
	case op.shows.is == altered:
		v.failed(op, "%s", op.shows.text)
	case op.taskDone:
		v.failed(op, "task reported %s, but %s after %s", op.TaskStatus, op.shows.text, after)
	default:
		op.Reason = fmt.Sprintf("API answered %s, but %s after %s", answered(op), op.shows.text, after)
	}
}

func (v *verifier) failed(op *Operation, format string, args ...any) {
	v.r.halt.unknown(op, false)
	op.State, op.Error = Failed, fmt.Sprintf(format, args...)
	v.r.halt.failed.Add(1)
}

// answered is the status the API took the operation with.
func answered(op *Operation) string {
	if op.HTTP == 0 {
		return "202"
	}
	return fmt.Sprint(op.HTTP)
}

// unreadText says that the last look told nothing. It does not repeat what the
// API said, which may name accounts.
func (v *verifier) unreadText() string {
	if code := status(v.unread); code > 0 {
		return fmt.Sprintf("the list could not be read again (HTTP %d)", code)
	}
	return "the list could not be read again"
}
