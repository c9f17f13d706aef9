package journal

import (
	"context"

	"accountsync/diff"
	"accountsync/sync"
)

// toBlocks brings the plans of schema version 1, in which each operation was a
// row and its outcome another, into blocks. How an operation stands becomes how
// it was planned: whoever wrote the run meanwhile writes no more. A run of which
// a row fails its checksum is left without a plan, and so is damaged.
func (s *Store) toBlocks(ctx context.Context, t tx) error {
	var runs []int64
	for scan := range t.rows(ctx, `SELECT id FROM runs WHERE sealed = 1 ORDER BY id`) {
		var id int64
		if err := scan(&id); err != nil {
			return err
		}
		runs = append(runs, id)
	}
	for _, run := range runs {
		if err := s.runToBlocks(ctx, t, run); err != nil {
			return err
		}
	}
	for _, table := range []string{"old_operations", "old_outcomes"} {
		if _, err := t.exec(ctx, "DROP TABLE "+table); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) runToBlocks(ctx context.Context, t tx, run int64) error {
	var a adding
	whole := true
	first, last := span(run)
	for after, more := first, true; more && whole; {
		more = false
		for scan := range t.rows(ctx, `SELECT o.id, o.operation, o.version, o.state, o.code, o.created, o.result, o.evidence, o.checksum,
			coalesce(p.id, 0), coalesce(p.phase, 0), coalesce(p.op, ''), p.key, p.account, p.native, p.plan, coalesce(p.checksum, 0)
			FROM old_outcomes o LEFT JOIN old_operations p ON p.id = o.operation WHERE o.id > ? AND o.id <= ? ORDER BY o.id LIMIT ?`, after, last, s.batch) {
			e, sound, err := oldOperation(scan, &after)
			if err != nil {
				return err
			}
			if sound {
				a.add(e)
			}
			more, whole = true, whole && sound
		}
		if err := a.stage(ctx, t, run); err != nil {
			return err
		}
	}
	var planned int64
	if _, err := t.one(ctx, []any{&planned}, `SELECT operations FROM runs WHERE id = ?`, run); err != nil {
		return err
	}
	if !whole || planned != a.operations {
		_, err := t.exec(ctx, `UPDATE runs SET tally_checksum = -1 WHERE id = ?`, run)
		return err
	}
	_, err := a.seal(ctx, t, run)
	return err
}

// stage writes what was added within a transaction.
func (a *adding) stage(ctx context.Context, t tx, run int64) error {
	first, _ := span(run)
	err := t.insert(ctx, "blocks", "id", blockColumns, a.draft.blocks(first+a.unstaged()))
	if err == nil {
		a.written()
	}
	return err
}

// oldOperation reads an operation and how it stands. It is sound when the
// checksums hold.
func oldOperation(scan func(...any) error, after *int64) (e *sync.Entry, sound bool, err error) {
	var id, operation, version, outcomeSum, planSum int64
	var state, code, op string
	e = &sync.Entry{}
	err = scan(after, &operation, &version, &state, &code, &e.Created, &e.Result, &e.Evidence, &outcomeSum, &id, &e.Phase, &op, &e.Key, &e.Account, &e.Native, &e.Plan, &planSum)
	e.Seq, e.Op, e.State, e.Code = int(operation&(1<<32-1)), diff.Op(op), sync.State(state), sync.Code(code)
	return e, id == operation && planSum == sum([]int64{id, int64(e.Phase)}, []byte(op), e.Key, e.Account, e.Native, e.Plan) &&
		outcomeSum == sum([]int64{operation, version}, []byte(state), []byte(code), e.Created, e.Result, e.Evidence), err
}
