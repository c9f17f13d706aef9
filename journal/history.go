package journal

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json"
)

// history is what happened to the operations of a part, read beside them.
type history struct {
	records *records
	intents []span // that begin at the next operation or after it
	active  []span // that may cover the next operation
}

// span is a row of the tables intents or records: it tells of some operations
// from first to last.
type span struct {
	first, last int
	n           int64
}

func readHistory(ctx context.Context, q querier, part int64) (*history, error) {
	intents, err := spans(ctx, q, `SELECT first, last, n FROM intents WHERE part = ? ORDER BY first`, part)
	if err != nil {
		return nil, err
	}
	rows, err := spans(ctx, q, `SELECT first, last, n FROM records WHERE part = ? ORDER BY first`, part)
	return &history{intents: intents, records: &records{q: q, part: part, rows: rows, last: map[int]record{}}}, err
}

func spans(ctx context.Context, q querier, query string, part int64) (all []span, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var s span
		err := scan(&s.first, &s.last, &s.n)
		all = append(all, s)
		return err
	}, query, part)
	return all, err
}

// apply makes an operation stand as its records and intents say. Operations
// come in their order.
func (h *history) apply(ctx context.Context, s *standing) error {
	seq := s.op.Seq
	last, recorded, err := h.records.take(ctx, seq)
	if err != nil {
		return err
	}
	if s.recorded = recorded; recorded {
		last.set(s.op)
	}
	for len(h.intents) > 0 && h.intents[0].first <= seq {
		h.active, h.intents = append(h.active, h.intents[0]), h.intents[1:]
	}
	h.active = slices.DeleteFunc(h.active, func(i span) bool { return i.last < seq })
	s.open = slices.ContainsFunc(h.active, func(i span) bool { return i.n > last.N })
	return nil
}

// records finds the last record of each operation of a part.
type records struct {
	q    querier
	part int64
	rows []span         // not read yet
	last map[int]record // of operations that are still to come, by seq
}

// take gives the last record of an operation.
func (r *records) take(ctx context.Context, seq int) (last record, ok bool, err error) {
	for len(r.rows) > 0 && r.rows[0].first <= seq {
		all, err := r.read(ctx, r.rows[0].n)
		if err != nil {
			return last, false, err
		}
		for _, rec := range all {
			if rec.N > r.last[rec.Seq].N {
				r.last[rec.Seq] = rec
			}
		}
		r.rows = r.rows[1:]
	}
	last, ok = r.last[seq]
	delete(r.last, seq)
	return last, ok, nil
}

func (r *records) read(ctx context.Context, n int64) (all []record, err error) {
	var text []byte
	if err := r.q.QueryRowContext(ctx, `SELECT outcomes FROM records WHERE part = ? AND n = ?`, r.part, n).Scan(&text); err != nil {
		return nil, err
	}
	return readRecords(text)
}

func readRecords(text []byte) (all []record, err error) {
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, damagedText(err)
	}
	return all, nil
}
