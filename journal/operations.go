package journal

import (
	"context"
	"database/sql"
	"iter"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// unanswered and neverSent are what Load says of operations of a run that has
// not ended.
const (
	unanswered = "no answer is on record: it may or may not have been done"
	neverSent  = "interrupted"
)

// Operations yields the operations of one source's part of a run, by phase,
// then key, without holding them all. See Load for the states of those whose
// run has not ended. An error ends the iteration.
func (j *Journal) Operations(ctx context.Context, runID, sourceID string) iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		stopped := false
		err := j.view(ctx, func(tx *sql.Tx) error {
			p, err := findPart(ctx, tx, runID, sourceID)
			if err != nil {
				return err
			}
			return operations(ctx, tx, p, func(op *sync.Operation) bool {
				stopped = !yield(op, nil)
				return !stopped
			})
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

// operations hands over the operations of a part as a reader should see them.
func operations(ctx context.Context, tx *sql.Tx, p part, yield func(*sync.Operation) bool) error {
	return standings(ctx, tx, p.id, func(s standing) bool {
		if !p.ended {
			s.interrupt()
		}
		return yield(s.op)
	})
}

// standing is an operation and what is on record of it.
type standing struct {
	op       *sync.Operation
	recorded bool // there is more than its plan
	open     bool // its last intent has no record
}

// interrupt says what is known of an operation whose run did not end.
func (s *standing) interrupt() {
	switch op := s.op; {
	case s.open:
		op.State, op.Sent, op.Lost, op.Reason, op.Error = sync.Failed, true, true, "", unanswered
	case !s.recorded:
		op.State, op.Reason = sync.Withheld, neverSent
	}
}

// standings hands over the operations of a part as they are on record.
func standings(ctx context.Context, tx *sql.Tx, part int64, yield func(standing) bool) error {
	log, err := openLog(ctx, tx, part)
	if err != nil {
		return err
	}
	defer log.rows.Close()
	rows, err := tx.QueryContext(ctx, `SELECT seq, op, key, account, line, row_offset, joined, reason, state, identity_id,
		identity_state, native, fingerprint, changes, live FROM operations WHERE part = ? ORDER BY seq`, part)
	if err != nil {
		return err
	}
	defer rows.Close()
	var text scanner
	for rows.Next() {
		s := standing{}
		if s.op, err = scanOperation(rows, &text); err != nil {
			return err
		}
		if err := log.apply(&s); err != nil {
			return err
		}
		if !yield(s) {
			return nil
		}
	}
	return rows.Err()
}

func scanOperation(rows *sql.Rows, text *scanner) (*sync.Operation, error) {
	op := &sync.Operation{}
	var joined, changes, live string
	err := rows.Scan(&op.Seq, &op.Op, &op.Key, &op.Account, &op.Line, &op.Offset, &joined, &op.Reason, &op.State, &op.IdentityID,
		&op.IdentityState, &op.Native, &op.Fingerprint, &changes, &live)
	if err != nil {
		return nil, err
	}
	if op.Joined, err = readListJSON[int64](joined); err != nil {
		return nil, err
	}
	if op.Changes, err = text.changes(changes); err != nil {
		return nil, err
	}
	op.Live, err = text.attributes(live)
	return op, err
}

// attemptLog reads the attempts of a part beside its operations.
type attemptLog struct {
	rows *sql.Rows
	next entry
	more bool
}

func openLog(ctx context.Context, tx *sql.Tx, part int64) (*attemptLog, error) {
	rows, err := tx.QueryContext(ctx, selectAttempts+` WHERE part = ? ORDER BY seq, n`, part)
	if err != nil {
		return nil, err
	}
	l := &attemptLog{rows: rows}
	return l, l.advance()
}

// apply makes an operation stand as its attempts say.
func (l *attemptLog) apply(s *standing) error {
	for l.more && l.next.seq <= int64(s.op.Seq) {
		if e := l.next; e.isIntent() {
			s.open = true
		} else {
			s.recorded, s.open = true, false
			if err := e.outcome.set(s.op); err != nil {
				return err
			}
		}
		if err := l.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (l *attemptLog) advance() (err error) {
	if l.more = l.rows.Next(); !l.more {
		return l.rows.Err()
	}
	l.next, err = scanEntry(l.rows.Scan)
	return err
}

const selectAttempts = `SELECT part, seq, n, at, state IS NULL, coalesce(state, ''), coalesce(account, ''), coalesce(reason, ''),
	coalesce(requests, 0), coalesce(http, 0), coalesce(task, ''), coalesce(task_status, ''), coalesce(tracking_id, ''), coalesce(error, ''),
	coalesce(duration_ms, 0), coalesce(deferred, ''), coalesce(sent, 0), coalesce(lost, 0) FROM attempts`

func scanEntry(scan func(...any) error) (e entry, err error) {
	var o outcome
	var intent bool
	err = scan(&e.part, &e.seq, &e.n, &e.at, &intent, &o.state, &o.account, &o.reason, &o.requests, &o.http, &o.task, &o.taskStatus,
		&o.trackingID, &o.err, &o.durationMS, &o.deferred, &o.sent, &o.lost)
	if !intent {
		e.outcome = &o
	}
	return e, err
}

// tallies counts the operations of a part as they stand.
func tallies(t *sync.Totals, ops []*sync.Operation) {
	for _, op := range diff.Ops {
		*t.Op(op) = sync.Tally{}
	}
	for _, op := range ops {
		tally := t.Op(op.Op)
		tally.Planned++
		*tally.State(op.State)++
	}
}

// rejectedRows reads the rejected rows of a part.
func rejectedRows(ctx context.Context, tx *sql.Tx, part int64) ([]account.Rejected, error) {
	rows := []account.Rejected{}
	err := each(ctx, tx, func(scan func(...any) error) error {
		var r account.Rejected
		err := scan(&r.Line, &r.Key, &r.Reason, &r.Offset)
		rows = append(rows, r)
		return err
	}, `SELECT line, key, reason, row_offset FROM rejected WHERE part = ? ORDER BY n`, part)
	return rows, err
}
