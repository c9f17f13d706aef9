package journal

import (
	"context"
	"iter"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// Knowledge is what a run has learnt of its source for the runs after it.
type Knowledge struct {
	Tenant, SourceID string
	Run              string
	// AsOf is when the listing was taken that it was learnt from. What is known
	// as of a later time stays.
	AsOf time.Time
	// Absences are all accounts that no row asks for, and since when: others are
	// forgotten. Nil says nothing.
	Absences iter.Seq2[diff.Absence, error]
	// Accounts is how many accounts a complete run has left; below 0 it says nothing.
	Accounts int
}

// Learn puts it on record, as far as nothing newer is known.
func (s *Store) Learn(ctx context.Context, k Knowledge) error {
	return s.update(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `INSERT INTO sources (tenant, source_id, absences_as_of, accounts_as_of, accounts, accounts_run)
			VALUES (?, ?, 0, 0, 0, '') ON CONFLICT (tenant, source_id) DO NOTHING`, k.Tenant, k.SourceID); err != nil {
			return err
		}
		if k.Accounts >= 0 {
			if _, err := t.exec(ctx, `UPDATE sources SET accounts_as_of = ?, accounts = ?, accounts_run = ? WHERE tenant = ? AND source_id = ? AND accounts_as_of <= ?`,
				nanos(k.AsOf), k.Accounts, k.Run, k.Tenant, k.SourceID, nanos(k.AsOf)); err != nil {
				return err
			}
		}
		if k.Absences == nil {
			return nil
		}
		n, err := t.exec(ctx, `UPDATE sources SET absences_as_of = ? WHERE tenant = ? AND source_id = ? AND absences_as_of <= ?`,
			nanos(k.AsOf), k.Tenant, k.SourceID, nanos(k.AsOf))
		if n == 0 || err != nil {
			return err
		}
		return s.replaceAbsences(ctx, t, k)
	})
}

func (s *Store) replaceAbsences(ctx context.Context, t tx, k Knowledge) error {
	if _, err := t.exec(ctx, `DELETE FROM absences WHERE tenant = ? AND source_id = ?`, k.Tenant, k.SourceID); err != nil {
		return err
	}
	var rows [][]any
	write := func() error {
		err := t.insert(ctx, "absences", "tenant, source_id, account", absenceColumns, rows)
		rows = rows[:0]
		return err
	}
	for m, err := range k.Absences {
		if err != nil {
			return err
		}
		text, err := sync.Encode(m)
		if err != nil {
			return err
		}
		if rows = append(rows, absenceRow(k.Tenant, k.SourceID, m.AccountID, text)); len(rows) == s.batch {
			if err := write(); err != nil {
				return err
			}
		}
	}
	return write()
}

const absenceColumns = "tenant, source_id, account, entry, checksum"

func absenceRow(tenant, sourceID, account string, text []byte) []any {
	return []any{tenant, sourceID, blob(account), text, sum(nil, []byte(account), text)}
}

// Absences yields what earlier runs know of the accounts of a source that no
// row asks for, by account id.
func (s *Store) Absences(ctx context.Context, tenant, sourceID string) iter.Seq2[diff.Absence, error] {
	return texts(ctx, s, decode[diff.Absence], `SELECT account, entry, checksum FROM absences WHERE tenant = ? AND source_id = ? ORDER BY account`, tenant, sourceID)
}

// AccountsLeft is how many accounts the last complete run of a source left, and
// which run that was; "" when there was none.
func (s *Store) AccountsLeft(ctx context.Context, tenant, sourceID string) (n int, run string, err error) {
	_, err = s.view().one(ctx, []any{&n, &run}, `SELECT accounts, accounts_run FROM sources WHERE tenant = ? AND source_id = ?`, tenant, sourceID)
	return n, run, s.explain(err)
}

// AbsencesAsOf is when the listing was taken that the absences of a source were
// learnt from; zero when there was none.
func (s *Store) AbsencesAsOf(ctx context.Context, tenant, sourceID string) (time.Time, error) {
	var at int64
	_, err := s.view().one(ctx, []any{&at}, `SELECT absences_as_of FROM sources WHERE tenant = ? AND source_id = ?`, tenant, sourceID)
	if err != nil || at == 0 {
		return time.Time{}, s.explain(err)
	}
	return time.Unix(0, at).UTC(), nil
}
