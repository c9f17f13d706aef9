package journal

import (
	"context"
	"database/sql"
	"iter"
	"math"

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
	return standings(ctx, q, p.id, allColumns, func(s standing) bool {
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

// interrupt says what is known of an operation whose run did not end. One that
// was withheld before the first write keeps the reason for it.
func (s *standing) interrupt() {
	switch op := s.op; {
	case s.open:
		op.State, op.Sent, op.Lost, op.Reason, op.Error = sync.Failed, true, true, "", unanswered
	case !s.recorded && op.State == sync.Withheld && op.Reason == op.Why:
		op.Reason = neverSent
	}
}

// The columns of an operation: all, or those that tell how it stands.
const (
	allColumns = `id, op, key, account, line, row_offset, joined, reason, why, state, identity_id, identity_state,
		native, fingerprint, changes, live, warnings, modified, force`
	briefColumns = `id, op, '', account, 0, 0, '', reason, why, state, '', '', '', '', '', '', '', '', 0`
)

// operationID is the id of an operation. Those of a part are in one range.
func operationID(part int64, seq int) int64 { return part<<32 | int64(seq) }

// standings hands over the operations of a part as they are on record.
func standings(ctx context.Context, q querier, part int64, columns string, yield func(standing) bool) error {
	h, err := readHistory(ctx, q, part)
	if err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, `SELECT `+columns+` FROM operations WHERE id BETWEEN ? AND ? ORDER BY id`,
		operationID(part, 0), operationID(part, math.MaxUint32))
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
		if err := h.apply(ctx, &s); err != nil {
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
	var id int64
	var joined, changes, live, warnings string
	err := rows.Scan(&id, &op.Op, &op.Key, &op.Account, &op.Line, &op.Offset, &joined, &op.Reason, &op.Why, &op.State, &op.IdentityID,
		&op.IdentityState, &op.Native, &op.Fingerprint, &changes, &live, &warnings, &op.Modified, &op.Force)
	if err != nil {
		return nil, err
	}
	op.Seq = int(uint32(id))
	if op.Joined, err = readListJSON[int64](joined); err != nil {
		return nil, err
	}
	if op.Warnings, err = readListJSON[diff.Warning](warnings); err != nil {
		return nil, err
	}
	if op.Changes, err = text.changes(changes); err != nil {
		return nil, err
	}
	op.Live, err = text.attributes(live)
	return op, err
}
