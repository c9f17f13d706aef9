package sync

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

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
	// askEvery is how often a task is asked for at most.
	askEvery = time.Second
	// resends is how often an operation without an answer is sent again.
	resends = 2
	// waitingRoom is how many operations wait for the verifier at most; who
	// sends more has to wait, too.
	waitingRoom = 4 * batchSize
)

// verifier waits until what was sent shows in the live list, or its time is
// over. Only the list counts: a 202, even with a task that ends SUCCESS, is no
// proof. Tasks are asked for only where the list does not show the change.
type verifier struct {
	r   *run
	api WriteAPI
	in  chan *operation // what was sent

	open    []*operation
	sending bool // more may come
	looked  time.Time
	latency latency
	settled int
	blind   bool  // the task status cannot be read: the list alone decides
	unread  error // why the last look told nothing; nil: it did
}

func newVerifier(r *run, api WriteAPI) *verifier {
	return &verifier{r: r, api: api, in: make(chan *operation, waitingRoom), sending: true, looked: time.Now(), latency: r.latency}
}

// take takes over an operation that was sent.
func (v *verifier) take(op *operation) {
	if v.pending(op) {
		v.in <- op
	}
}

// pending reports whether a look can tell whether the operation was done.
func (v *verifier) pending(op *operation) bool {
	if op.settled || op.State != Accepted && !(op.State == Failed && op.Ambiguous) {
		return false
	}
	return v.r.terms.Verify || op.Ambiguous || op.alone || v.r.unfinished(op)
}

// unfinished reports whether a create is to be followed by what it could not
// carry, for which its account must be seen.
func (r *run) unfinished(op *operation) bool {
	if op.Op != diff.Create {
		return false
	}
	if op.defers() && !op.Completed {
		return true
	}
	phase := PhaseNew
	for range r.rec.Operations(context.Background(), Filter{Name: op.Key, Phase: &phase, Limit: 1}) {
		return true
	}
	return false
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
	v.r.settle(v.open...)
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

func (v *verifier) received(op *operation, more bool) bool {
	if !more {
		v.sending = false
		return false
	}
	if op.sentAt.IsZero() {
		v.r.sent(op)
	}
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
	case <-v.r.s.Stop.Done():
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
	first, last, due := v.dueAt(v.open[0]), v.dueAt(v.open[0]), 0
	for _, op := range v.open {
		at := v.dueAt(op)
		if at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
		if !at.After(now) {
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
func (v *verifier) due() (due []*operation) {
	now := time.Now()
	for _, op := range v.open {
		if !v.dueAt(op).After(now) {
			due = append(due, op)
		}
	}
	return due
}

// dueAt is when a look can have news of an operation.
func (v *verifier) dueAt(op *operation) time.Time {
	switch {
	case !op.nextLook.IsZero():
		return op.nextLook
	case v.sending:
		return op.sentAt.Add(v.latency.safe())
	}
	return op.sentAt.Add(v.latency.next())
}

// look lists the accounts of operations and settles what shows.
func (v *verifier) look(ctx context.Context, ops []*operation) {
	if len(ops) == 0 || ctx.Err() != nil {
		return
	}
	var again, follow []*operation
	var seen *look
	looker := v.r.looker()
	looker.quick = !slices.ContainsFunc(ops, func(op *operation) bool { return op.Op == diff.Delete || op.Ambiguous })
	v.looked = time.Now()
	seen, v.unread = looker.look(ctx, natives(ops))
	if v.unread != nil {
		v.unreadable(ctx, ops)
	} else {
		var sample []observation
		for _, op := range ops {
			teaches, age := !op.Ambiguous && !op.late, v.looked.Sub(op.sentAt)
			v.check(ctx, op, seen)
			if shows := op.shows.is == shown || op.overlay != nil; teaches && (shows || op.shows.is == notYet) {
				sample = append(sample, observation{age, shows})
			}
			op.late = op.late || v.latency.shows > 0 && age >= v.latency.shows
		}
		v.latency.learn(sample)
		v.later(ops)
		v.askTasks(ctx, ops)
		for _, op := range ops {
			switch {
			case op.overlay != nil && v.r.halt.reason(ctx, op.Phase()).Code == "":
				follow = append(follow, op)
			case op.overlay != nil: // which is not to be put any more: nothing is left to wait for
				op.overlay, op.settled, op.Reason = nil, true, v.r.halt.reason(ctx, op.Phase())
			case v.mayBeResent(ctx, op, seen):
				again = append(again, op)
			case v.pending(op) && (v.expired(op) || op.shows.is == noWitness && op.taskDone && op.Op == diff.Delete):
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
func (v *verifier) unreadable(ctx context.Context, ops []*operation) {
	if ctx.Err() != nil {
		return
	}
	if Denied(v.unread) || void(v.unread) {
		v.r.halt.end(v.unread)
		return
	}
	// Not the error: the API may repeat the filter, which names accounts.
	v.r.s.Log.Warn().Int("http", status(v.unread)).Msg("listing again what was written failed, trying again")
	over := false
	v.later(ops)
	for _, op := range ops {
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
	var ended []*operation
	v.open = slices.DeleteFunc(v.open, func(op *operation) bool {
		if v.pending(op) {
			return false
		}
		ended = append(ended, op)
		return true
	})
	if len(ended) > 0 {
		v.settled += len(ended)
		v.r.settle(ended...)
	}
	v.r.s.Watch(Progress{Step: "verifying", Done: v.settled, Total: v.settled + len(v.open), Failed: int(v.r.halt.failed.Load()), Until: v.until()})
}

// until is when the last operation that does not show yet is given up, if the
// API asks for no more waits; zero when nothing is waited for.
func (v *verifier) until() (last time.Time) {
	for _, op := range v.open {
		if end := op.sentAt.Add(v.r.terms.VerifyTimeout + v.r.s.Paused() - op.pausedBefore); end.After(last) {
			last = end
		}
	}
	return last
}

// check holds one operation against what a look shows.
func (v *verifier) check(ctx context.Context, op *operation, seen *look) {
	if op.shows = v.r.shows(ctx, op, seen); op.shows.is != shown {
		return
	}
	a := seen.byID[op.AccountID()]
	if op.Op == diff.Delete {
		a = nil
	}
	v.r.verified(op, a)
	if a != nil {
		v.r.witnesses.add(a.NativeIdentity)
		if v.r.holdsMore(op, a) {
			op.Absent = nil
		}
	}
}

// later sets the time of the next look at accounts that were looked at in vain.
func (v *verifier) later(ops []*operation) {
	for _, op := range ops {
		age := v.looked.Sub(op.sentAt)
		op.nextLook = op.sentAt.Add(v.latency.after(age))
		if end := op.sentAt.Add(v.r.terms.VerifyTimeout + v.r.s.Paused() - op.pausedBefore); op.nextLook.After(end) && end.After(time.Now()) {
			op.nextLook = end
		}
	}
}

// expired reports whether the time of an operation is over. It counts from its
// own acceptance, and not while the API has asked to wait.
func (v *verifier) expired(op *operation) bool {
	return time.Since(op.sentAt)-(v.r.s.Paused()-op.pausedBefore) >= v.r.terms.VerifyTimeout
}

// askTasks asks for the tasks of the operations that the list does not show,
// many at a time, and for each before it is given up.
func (v *verifier) askTasks(ctx context.Context, ops []*operation) {
	byTask, now := map[string]*operation{}, time.Now()
	var ids []string
	for _, op := range ops {
		early := now.Sub(op.sentAt) < askEvery || now.Sub(op.asked) < askEvery
		if op.Task != "" && !op.taskDone && !op.Ambiguous && op.overlay == nil && v.pending(op) && (!early || v.expired(op)) {
			op.asked, byTask[op.Task] = now, op
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
			op.taskDone, op.TaskStatus = true, task.Status
			if task.Failed() && !op.twice {
				v.r.failed(op, Reason{Code: CodeTaskFailed, Details: Details{Text: strings.TrimSpace(task.Message)}})
			}
		}
	}
}

// mayBeResent reports whether an operation without an answer is to be sent
// again: it may arrive twice, or is proven not to have been done, and had time
// enough to show.
func (v *verifier) mayBeResent(ctx context.Context, op *operation, seen *look) bool {
	if !v.pending(op) || !v.r.lost(op) || v.r.impossible(op.Op, op.Changes, op.AfterCreate()) != "" {
		return false
	}
	if op.Op == diff.Create {
		return op.Created == "" && (seen.provesAbsent(op.Native) || op.alone && len(seen.named(op.Native)) == 0)
	}
	a := seen.byID[op.AccountID()]
	if a == nil || lags(a, op.modified) {
		return false
	}
	if op.Op == diff.Put && !v.r.whole(a) {
		return false
	}
	planned, err := v.r.asPlanned(ctx, op, a)
	if planned && err == nil {
		v.r.found(op, a, seen)
	}
	return planned && err == nil
}

// lost reports whether an operation that got no answer had time enough to show,
// and may be sent once more.
func (r *run) lost(op *operation) bool {
	return op.Ambiguous && op.Resent < resends && time.Since(op.sentAt) >= r.terms.LostAfter
}

// sendAgain sends what got no answer once more, and puts what creates could
// not carry.
func (v *verifier) sendAgain(ctx context.Context, again, follow []*operation) {
	var g errgroup.Group
	g.SetLimit(max(v.r.terms.Workers, 1))
	each := func(ops []*operation, do func(*operation)) {
		for _, op := range ops {
			g.Go(func() error {
				if err := Safely(func() error { do(op); return nil }); err != nil {
					v.r.halt.end(err)
				}
				return nil
			})
		}
	}
	each(again, func(op *operation) {
		op.Resent++
		v.r.sendUnlessHalted(ctx, v.api, op)
	})
	each(follow, func(op *operation) { v.complete(ctx, op) })
	_ = g.Wait() // workers keep their errors in their operations
}

// complete puts what one create could not carry.
func (v *verifier) complete(ctx context.Context, op *operation) {
	body := op.overlay
	op.overlay = nil
	if v.r.halt.reason(ctx, op.Phase()).Code != "" {
		return
	}
	before := *op.Operation
	op.Completed = true
	if err := v.r.rec.Intend(ctx, op.Operation); err != nil {
		v.r.halt.journalError(err)
		return
	}
	receipt, err := v.api.Put(v.r.guarded(ctx), op.AccountID(), body)
	v.r.sent(op)
	if err != nil {
		v.r.refused(ctx, op, PhasePut, before, err)
		op.Completed = op.Completed && op.Ambiguous
	} else {
		v.r.halt.took(PhasePut)
		v.r.taken(op, before.Ambiguous, receipt)
	}
	v.r.settle(op)
}

// giveUp says of an operation whose time is over what is known of it.
func (v *verifier) giveUp(ctx context.Context, op *operation) {
	op.settled = true
	details := Details{Shows: op.shows.shows, Attributes: op.shows.attributes, After: v.r.terms.VerifyTimeout}
	switch {
	case op.Ambiguous:
		if v.unread != nil {
			details = Details{HTTP: status(v.unread)}
		}
		v.r.failed(op, Reason{Code: CodeNoAnswer, Details: details})
	case v.r.halt.ended():
		op.Reason = why(CodeEnded)
	case v.r.halt.interrupted(ctx):
		op.Reason = why(CodeInterrupted)
	case v.unread != nil:
		op.Reason = Reason{Code: CodeUnreadable, Details: Details{HTTP: status(v.unread)}}
	case op.shows.is == noWitness:
		op.Reason = why(CodeNoWitness)
	case op.shows.is == noProof:
		op.Reason = Reason{Code: CodeNoProof, Details: details}
	case op.shows.is == altered:
		v.r.failed(op, Reason{Code: CodeAltered, Details: details})
	case op.Phase() == PhaseState:
		op.Reason = Reason{Code: CodeManual, Details: details}
	case op.taskDone:
		v.r.failed(op, Reason{Code: CodeDiffers, Details: details})
	default:
		op.Reason = Reason{Code: CodeNotShown, Details: details}
	}
}

// failed notes why an operation failed. One without an answer stays ambiguous.
func (r *run) failed(op *operation, why Reason) {
	r.halt.setUnknown(op, false)
	op.State, op.Reason, op.Before = Failed, why, cmp.Or(op.Before, op.seen)
	op.Ambiguous = op.Ambiguous && why.Code == CodeNoAnswer
	r.halt.failed.Add(1)
}
