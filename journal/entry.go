package journal

import (
	"context"
	"hash/maphash"

	"accountsync/sync"
)

// entry is one row: an intent, or how an operation stands.
type entry struct {
	part, seq, n int64
	at           int64
	last         int64    // of an intent: the last operation it covers
	outcome      *outcome // nil for an intent
}

func (e entry) isIntent() bool { return e.outcome == nil }

// outcome is what may change of an operation while its run goes on.
type outcome struct {
	state      sync.State
	account    string
	reason     string
	requests   int
	http       int
	task       string
	taskStatus string
	trackingID string
	err        string
	durationMS int64
	deferred   string // JSON, "" when there is none
	sent, lost bool
}

// outcomeOf copies how an operation stands.
func outcomeOf(op *sync.Operation) (outcome, error) {
	deferred, err := listJSON(op.Deferred)
	return outcome{
		state: op.State, account: op.Account, reason: op.Reason, requests: op.Attempts, http: op.HTTP,
		task: op.Task, taskStatus: op.TaskStatus, trackingID: op.TrackingID, err: op.Error,
		durationMS: op.DurationMS, deferred: deferred, sent: op.Sent, lost: op.Lost,
	}, err
}

// planned is the outcome of an operation of which nothing but its plan is known.
func planned(op *sync.Operation) outcome {
	return outcome{state: op.State, account: op.Account, reason: op.Reason}
}

// set makes the operation stand as the outcome says.
func (o *outcome) set(op *sync.Operation) (err error) {
	op.State, op.Account, op.Reason, op.Attempts, op.HTTP = o.state, o.account, o.reason, o.requests, o.http
	op.Task, op.TaskStatus, op.TrackingID, op.Error = o.task, o.taskStatus, o.trackingID, o.err
	op.DurationMS, op.Sent, op.Lost = o.durationMS, o.sent, o.lost
	op.Deferred, err = readListJSON[string](o.deferred)
	return err
}

var seed = maphash.MakeSeed()

// digest tells outcomes apart within this process. It is never 0.
func (o outcome) digest() uint64 { return maphash.Comparable(seed, o) | 1 }

const (
	insertIntent = `INSERT INTO intents (part, first, n, last, at) VALUES (?, ?, ?, ?, ?)`
	insertRecord = `INSERT INTO attempts (part, seq, n, at, state, account, reason, requests, http, task, task_status,
		tracking_id, error, duration_ms, deferred, sent, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// commit writes entries in one durable transaction.
func (j *Journal) commit(entries []entry) error {
	ctx := context.Background()
	return j.update(ctx, func(querier) error {
		for i := range entries {
			if err := j.insert(ctx, &entries[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// insert inserts an entry within a transaction.
func (j *Journal) insert(ctx context.Context, e *entry) error {
	if e.isIntent() {
		return j.exec(ctx, insertIntent, e.part, e.seq, e.n, e.last, e.at)
	}
	o := e.outcome
	return j.exec(ctx, insertRecord, e.part, e.seq, e.n, e.at, string(o.state), orNull(o.account), orNull(o.reason), orNull(o.requests),
		orNull(o.http), orNull(o.task), orNull(o.taskStatus), orNull(o.trackingID), orNull(o.err), orNull(o.durationMS),
		orNull(o.deferred), orNull(o.sent), orNull(o.lost))
}
