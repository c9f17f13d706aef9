package journal

import (
	"context"
	"database/sql"
	"errors"

	"accountsync/diff"
	"accountsync/sync"
)

// Known is what earlier runs of a source handed on to the next.
func (j *Journal) Known(ctx context.Context, tenant, sourceID string) (k sync.Known, err error) {
	k.Missing = map[string]diff.Miss{}
	err = j.view(ctx, func(q querier) error {
		last, err := lastHandover(ctx, q, tenant, sourceID)
		if err != nil {
			return err
		}
		k.Version, k.Left = last.version, last.accounts
		if err := missing(ctx, q, tenant, sourceID, k.Missing); err != nil {
			return err
		}
		return unfinished(ctx, q, tenant, sourceID, last.part, k.Missing)
	})
	return k, err
}

func missing(ctx context.Context, q querier, tenant, sourceID string, all map[string]diff.Miss) error {
	return each(ctx, q, func(scan func(...any) error) error {
		var m diff.Miss
		var since, sent, seen int64
		err := scan(&m.AccountID, &m.NativeIdentity, &since, &sent, &m.Unanswered, &seen)
		m.Since, m.DisableSent, m.SeenDisabledSince = moment(since), moment(sent), moment(seen)
		all[m.AccountID] = m
		return err
	}, `SELECT account, native, since, disable_sent, unanswered, seen_disabled FROM missing WHERE tenant = ? AND source_id = ?`, tenant, sourceID)
}

// disablesOfUnfinished selects the disables of accounts without a row that runs
// were about to send which never handed anything on: they were killed.
const disablesOfUnfinished = `SELECT o.account, o.native, max(i.at) FROM parts p JOIN runs r ON r.id = p.run
	JOIN intents i ON i.part = p.id JOIN operations o ON o.id BETWEEN (p.id << 32) + i.first AND (p.id << 32) + i.last
	WHERE r.tenant = ? AND p.source_id = ? AND p.id >= ? AND NOT p.ended AND p.input ->> 'sha256' <> ''
	AND o.op = 'disable' AND o.line = 0 AND o.account <> '' GROUP BY o.account`

// unfinished adds the disables of runs after a part that did not get to their
// end. Nobody knows whether they were sent.
func unfinished(ctx context.Context, q querier, tenant, sourceID string, part int64, all map[string]diff.Miss) error {
	return each(ctx, q, func(scan func(...any) error) error {
		var id, native string
		var at int64
		if err := scan(&id, &native, &at); err != nil {
			return err
		}
		m, known := all[id]
		if !m.DisableSent.IsZero() {
			return nil
		}
		if !known {
			m = diff.Miss{AccountID: id, NativeIdentity: native, Since: moment(at)}
		}
		m.DisableSent, m.Unanswered = moment(at), true
		all[id] = m
		return nil
	}, disablesOfUnfinished, tenant, sourceID, part)
}

// handover is a row of the table known.
type handover struct {
	version, part int64
	accounts      int
}

// lastHandover is the last one of a source, the zero handover where there is none.
func lastHandover(ctx context.Context, q querier, tenant, sourceID string) (h handover, err error) {
	err = q.QueryRowContext(ctx, `SELECT version, part, accounts FROM known WHERE tenant = ? AND source_id = ?`, tenant, sourceID).
		Scan(&h.version, &h.part, &h.accounts)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return h, err
}

// HandOver adds to what is known of the source what the run hands on. State
// only moves forward: where another run of the source has handed something on
// since this one planned, only what this one did itself, just now, counts.
func (r *Run) HandOver(ctx context.Context, h sync.Handover) error {
	return r.j.update(ctx, func(q querier) error {
		var tenant, sourceID string
		err := q.QueryRowContext(ctx, `SELECT tenant, source_id FROM parts JOIN runs ON runs.id = parts.run WHERE parts.id = ?`, r.part).
			Scan(&tenant, &sourceID)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrPruned
		}
		if err != nil {
			return err
		}
		last, err := lastHandover(ctx, q, tenant, sourceID)
		if err != nil {
			return err
		}
		t := taking{Run: r, tenant: tenant, sourceID: sourceID, current: last.version == h.Version || last.part == r.part}
		return t.take(ctx, last, h)
	})
}

// taking is one handover under way, in its transaction.
type taking struct {
	*Run
	tenant, sourceID string
	current          bool // nobody else has handed anything on since the run planned
}

func (t *taking) take(ctx context.Context, last handover, h sync.Handover) error {
	ctx = context.WithoutCancel(ctx) // see insertChunk
	if t.current && h.Missing != nil {
		if err := t.replace(ctx, h.Missing); err != nil {
			return err
		}
	}
	for _, d := range h.Deeds {
		if d.Earlier && !t.current {
			continue
		}
		if err := t.deed(ctx, d); err != nil {
			return err
		}
	}
	accounts := h.Left
	switch {
	case h.Left >= 0 && t.current:
	case last.accounts == 0:
		accounts = 0
	default:
		accounts = max(last.accounts+h.Grown, 0)
	}
	return t.j.exec(ctx, `INSERT INTO known (tenant, source_id, version, part, accounts) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET version = excluded.version, part = excluded.part, accounts = excluded.accounts`,
		t.tenant, t.sourceID, last.version+1, t.part, accounts)
}

const insertMiss = `INSERT INTO missing (tenant, source_id, account, native, since, disable_sent, unanswered, seen_disabled)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

// replace has what a listing showed take the place of what was known.
func (t *taking) replace(ctx context.Context, all []diff.Miss) error {
	if err := t.j.exec(ctx, `DELETE FROM missing WHERE tenant = ? AND source_id = ?`, t.tenant, t.sourceID); err != nil {
		return err
	}
	for _, m := range all {
		if err := t.insert(ctx, insertMiss, m); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) insert(ctx context.Context, query string, m diff.Miss, more ...any) error {
	return t.j.exec(ctx, query, append([]any{t.tenant, t.sourceID, m.AccountID, m.NativeIdentity, nanos(m.Since),
		nanos(m.DisableSent), m.Unanswered, nanos(m.SeenDisabledSince)}, more...)...)
}

// A disable of an earlier part of the run may be on record with the day on
// which it was seen: that day stays.
const disableDone = insertMiss + ` ON CONFLICT DO UPDATE SET disable_sent = excluded.disable_sent, unanswered = excluded.unanswered,
	seen_disabled = CASE WHEN ? AND excluded.seen_disabled > 0 AND seen_disabled > 0 THEN seen_disabled ELSE excluded.seen_disabled END`

// deed takes what became of one account.
func (t *taking) deed(ctx context.Context, d sync.Deed) error {
	switch {
	case d.Forget:
		return t.j.exec(ctx, `DELETE FROM missing WHERE tenant = ? AND source_id = ? AND account = ?`, t.tenant, t.sourceID, d.AccountID)
	case d.DisableSent.IsZero(): // it is enabled, and no date begins with that
		return t.j.exec(ctx, `UPDATE missing SET disable_sent = 0, unanswered = 0, seen_disabled = 0 WHERE tenant = ? AND source_id = ? AND account = ?`,
			t.tenant, t.sourceID, d.AccountID)
	}
	return t.insert(ctx, disableDone, d.Miss, d.Earlier)
}
