package journal

import (
	"context"
	"database/sql"
	"hash/maphash"

	"accountsync/sync"
)

// entry is one row of the table attempts: an intent, or how an operation stands.
type entry struct {
	part, seq, n int64
	at           int64
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
	insertIntent = `INSERT INTO attempts (part, seq, n, at) VALUES (?, ?, ?, ?)`
	insertRecord = `INSERT INTO attempts (part, seq, n, at, state, account, reason, requests, http, task, task_status,
		tracking_id, error, duration_ms, deferred, sent, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// commit writes entries in one durable transaction.
func (j *Journal) commit(entries []entry) error {
	ctx := context.Background()
	return j.update(ctx, func(tx *sql.Tx) error {
		intend, record := tx.StmtContext(ctx, j.intend), tx.StmtContext(ctx, j.record)
		for i := range entries {
			if err := entries[i].insert(ctx, intend, record); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *entry) insert(ctx context.Context, intend, record *sql.Stmt) (err error) {
	if e.isIntent() {
		_, err = intend.ExecContext(ctx, e.part, e.seq, e.n, e.at)
		return err
	}
	_, err = record.ExecContext(ctx, e.args()...)
	return err
}

// args are the arguments of insertRecord.
func (e *entry) args() []any {
	o := e.outcome
	return []any{e.part, e.seq, e.n, e.at, string(o.state), o.account, o.reason, o.requests, o.http, o.task, o.taskStatus,
		o.trackingID, o.err, o.durationMS, o.deferred, number(o.sent), number(o.lost)}
}
