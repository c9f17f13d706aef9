package journal

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
)

// history reads the intents and records of a part beside its operations.
type history struct {
	records records
	intents []intent // that begin at the next operation or after it
	active  []intent // that may cover the next operation
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
	h.records, err = openRecords(ctx, q, part)
	return h, err
}

// apply makes an operation stand as its records and intents say. Operations
// come in their order.
func (h *history) apply(s *standing) error {
	seq := int64(s.op.Seq)
	n, err := h.records.apply(s)
	for len(h.intents) > 0 && h.intents[0].first <= seq {
		h.active, h.intents = append(h.active, h.intents[0]), h.intents[1:]
	}
	h.active = slices.DeleteFunc(h.active, func(i intent) bool { return i.last < seq })
	s.open = slices.ContainsFunc(h.active, func(i intent) bool { return i.n > n })
	return err
}

// records reads the records of a part, by operation.
type records struct {
	rows *sql.Rows
	next record
	more bool
}

// byOperation sorts in SQLite, which takes to disk what is too much for memory.
const byOperation = `SELECT value FROM records, json_each(outcomes) WHERE part = ? ORDER BY value ->> 'seq', value ->> 'n'`

func openRecords(ctx context.Context, q querier, part int64) (records, error) {
	rows, err := q.QueryContext(ctx, byOperation, part)
	if err != nil {
		return records{}, err
	}
	r := records{rows: rows}
	if err := r.advance(); err != nil {
		return r, errors.Join(err, rows.Close()) // an open one would hold up the end of the transaction
	}
	return r, nil
}

// apply makes an operation stand as its last record says, and gives the n of it.
func (r *records) apply(s *standing) (n int64, err error) {
	for r.more && r.next.Seq <= s.op.Seq {
		s.recorded, n = true, r.next.N
		if err := r.next.set(s.op); err != nil {
			return 0, err
		}
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func (r *records) advance() error {
	if r.more = r.rows.Next(); !r.more {
		return r.rows.Err()
	}
	var text sql.RawBytes
	if err := r.rows.Scan(&text); err != nil {
		return err
	}
	r.next = record{}
	if err := json.Unmarshal(text, &r.next); err != nil {
		return damagedText(err)
	}
	return nil
}
