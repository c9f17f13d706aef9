package journal

import (
	"context"
	"hash/maphash"
	"slices"

	"accountsync/sync"
)

// entry is an intent, or a record of how an operation stands.
type entry struct {
	part   int64
	record record
	last   int // of an intent: the last operation it covers; -1 for a record
}

func (e entry) isIntent() bool { return e.last >= 0 }

// record is how an operation stood at a time.
type record struct {
	Seq int   `json:"seq"`
	N   int64 `json:"n"`
	At  int64 `json:"at"`
	outcome
}

// outcome is what may change of an operation while its run goes on, under the
// names it has in result.json.
type outcome struct {
	State      sync.State `json:"state"`
	Account    string     `json:"account,omitzero"`
	Reason     string     `json:"reason,omitzero"`
	Attempts   int        `json:"attempts,omitzero"`
	HTTP       int        `json:"http,omitzero"`
	Task       string     `json:"task,omitzero"`
	TaskStatus string     `json:"task_status,omitzero"`
	TrackingID string     `json:"tracking_id,omitzero"`
	Error      string     `json:"error,omitzero"`
	DurationMS int64      `json:"duration_ms,omitzero"`
	Sent       bool       `json:"sent,omitzero"`
	Lost       bool       `json:"lost,omitzero"`
	Absent     bool       `json:"absent,omitzero"`
	After      string     `json:"after,omitzero"`
}

// outcomeOf copies how an operation stands.
func outcomeOf(op *sync.Operation) outcome {
	return outcome{
		State: op.State, Account: op.Account, Reason: op.Reason, Attempts: op.Attempts, HTTP: op.HTTP,
		Task: op.Task, TaskStatus: op.TaskStatus, TrackingID: op.TrackingID, Error: op.Error,
		DurationMS: op.DurationMS, Sent: op.Sent, Lost: op.Lost, Absent: op.Absent, After: op.After,
	}
}

// planned is the outcome of an operation of which nothing but its plan is known.
func planned(op *sync.Operation) outcome {
	return outcome{State: op.State, Account: op.Account, Reason: op.Reason}
}

// set makes the operation stand as the outcome says.
func (o *outcome) set(op *sync.Operation) {
	op.State, op.Account, op.Reason, op.Attempts, op.HTTP = o.State, o.Account, o.Reason, o.Attempts, o.HTTP
	op.Task, op.TaskStatus, op.TrackingID, op.Error = o.Task, o.TaskStatus, o.TrackingID, o.Error
	op.DurationMS, op.Sent, op.Lost, op.Absent, op.After = o.DurationMS, o.Sent, o.Lost, o.Absent, o.After
}

var seed = maphash.MakeSeed()

// digest tells outcomes apart within this process. It is never 0.
func (o outcome) digest() uint64 { return maphash.Comparable(seed, o) | 1 }

const (
	insertIntent  = `INSERT INTO intents (part, first, n, last, at) VALUES (?, ?, ?, ?, ?)`
	insertRecords = `INSERT INTO records (part, n, first, last, outcomes) VALUES (?, ?, ?, ?, ?)`
)

// commit writes entries in one durable transaction.
func (j *Journal) commit(entries []entry) error {
	ctx := context.Background()
	return j.update(ctx, func(querier) error {
		records := map[int64][]record{}
		for _, e := range entries {
			if !e.isIntent() {
				records[e.part] = append(records[e.part], e.record)
				continue
			}
			if err := j.exec(ctx, insertIntent, e.part, e.record.Seq, e.record.N, e.last, e.record.At); err != nil {
				return err
			}
		}
		for part, all := range records {
			for some := range slices.Chunk(all, rowRecords) {
				if err := j.insertRecords(ctx, part, some); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// rowRecords is how many records a row holds at most.
const rowRecords = 500

// insertRecords inserts records of a part as one row, within a transaction.
func (j *Journal) insertRecords(ctx context.Context, part int64, all []record) error {
	text := []byte{'['}
	first, last := all[0].Seq, all[0].Seq
	for i := range all {
		if i > 0 {
			text = append(text, ',')
		}
		text = all[i].appendJSON(text)
		first, last = min(first, all[i].Seq), max(last, all[i].Seq)
	}
	return j.exec(ctx, insertRecords, part, all[0].N, first, last, string(append(text, ']')))
}
