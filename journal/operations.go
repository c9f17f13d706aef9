package journal

import (
	"context"
	"database/sql"
	"iter"
	"slices"

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
		err := j.view(ctx, func(q querier) error {
			p, err := findPart(ctx, q, runID, sourceID)
			if err != nil {
				return err
			}
			return operations(ctx, q, p, func(op *sync.Operation) bool {
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
func operations(ctx context.Context, q querier, p part, yield func(*sync.Operation) bool) error {
	return standings(ctx, q, p.id, func(s standing) bool {
		if !p.Ended {
			s.interrupt()
		}
		return yield(s.op)
	})
}

// standing is an operation and what is on record of it.
type standing struct {
	op       *sync.Operation
	recorded bool // there is more than its plan
	open     bool // an intent covers it that has got no record
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
func standings(ctx context.Context, q querier, part int64, yield func(standing) bool) error {
	h, err := openHistory(ctx, q, part)
	if err != nil {
		return err
	}
	defer h.attempts.rows.Close()
	rows, err := q.QueryContext(ctx, `SELECT seq, op, key, account, line, row_offset, joined, reason, state, identity_id,
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
		if err := h.apply(&s); err != nil {
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

// history reads the intents and attempts of a part beside its operations.
type history struct {
	attempts attempts
	intents  []intent // that begin at the next operation or after it
	active   []intent // that may cover the next operation
}

// intent is a row of the table intents.
type intent struct{ first, last, n int64 }

func openHistory(ctx context.Context, q querier, part int64) (*history, error) {
	h := &history{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var i intent
		err := scan(&i.first, &i.last, &i.n)
		h.intents = append(h.intents, i)
		return err
	}, `SELECT first, last, n FROM intents WHERE part = ? ORDER BY first, n`, part)
	if err != nil {
		return nil, err
	}
	h.attempts, err = openAttempts(ctx, q, part)
	return h, err
}

// apply makes an operation stand as its attempts and intents say. Operations
// come in their order.
func (h *history) apply(s *standing) error {
	seq := int64(s.op.Seq)
	n, err := h.attempts.apply(s)
	for len(h.intents) > 0 && h.intents[0].first <= seq {
		h.active, h.intents = append(h.active, h.intents[0]), h.intents[1:]
	}
	h.active = slices.DeleteFunc(h.active, func(i intent) bool { return i.last < seq })
	s.open = slices.ContainsFunc(h.active, func(i intent) bool { return i.n > n })
	return err
}

// attempts reads the attempts of a part, by operation.
type attempts struct {
	rows *sql.Rows
	next entry
	more bool
}

func openAttempts(ctx context.Context, q querier, part int64) (attempts, error) {
	rows, err := q.QueryContext(ctx, selectAttempts+` WHERE part = ? ORDER BY seq, n`, part)
	if err != nil {
		return attempts{}, err
	}
	a := attempts{rows: rows}
	err = a.advance()
	return a, err
}

// apply makes an operation stand as its last attempt says, and gives the n of it.
func (a *attempts) apply(s *standing) (n int64, err error) {
	for a.more && a.next.seq <= int64(s.op.Seq) {
		s.recorded, n = true, a.next.n
		if err := a.next.outcome.set(s.op); err != nil {
			return 0, err
		}
		if err := a.advance(); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func (a *attempts) advance() (err error) {
	if a.more = a.rows.Next(); !a.more {
		return a.rows.Err()
	}
	a.next, err = scanEntry(a.rows.Scan)
	return err
}

const selectAttempts = `SELECT part, seq, n, at, state, coalesce(account, ''), coalesce(reason, ''), coalesce(requests, 0),
	coalesce(http, 0), coalesce(task, ''), coalesce(task_status, ''), coalesce(tracking_id, ''), coalesce(error, ''),
	coalesce(duration_ms, 0), coalesce(deferred, ''), coalesce(sent, 0), coalesce(lost, 0) FROM attempts`

func scanEntry(scan func(...any) error) (entry, error) {
	var o outcome
	e := entry{outcome: &o}
	err := scan(&e.part, &e.seq, &e.n, &e.at, &o.state, &o.account, &o.reason, &o.requests, &o.http, &o.task, &o.taskStatus,
		&o.trackingID, &o.err, &o.durationMS, &o.deferred, &o.sent, &o.lost)
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
func rejectedRows(ctx context.Context, q querier, part int64) ([]account.Rejected, error) {
	rows := []account.Rejected{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var r account.Rejected
		err := scan(&r.Line, &r.Key, &r.Reason, &r.Offset)
		rows = append(rows, r)
		return err
	}, `SELECT line, key, reason, row_offset FROM rejected WHERE part = ? ORDER BY n`, part)
	return rows, err
}
