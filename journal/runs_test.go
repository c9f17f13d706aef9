package journal

import (
	"errors"
	"strings"
	"testing"

	"accountsync/diff"
	"accountsync/sync"
)

// ended begins a run of n operations and ends it.
func ended(t *testing.T, s *Store, run, n int, o sync.Outcome) *Run {
	t.Helper()
	r := begin(t, s, run, n)
	counts, err := r.Counts(t.Context())
	ok(t, err)
	h := r.Head()
	h.Outcome, h.Finished, h.Totals = o, at(run+60), h.Totals.Tallied(counts)
	ok(t, r.End(t.Context(), h, o == sync.Changed))
	return r
}

// A run is found by its id, a unique beginning of it, or as the last one that
// passes the filter.
func TestFind(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		var none *RunError
		if _, err := s.Find(t.Context(), Last, RunFilter{}); !errors.As(err, &none) {
			t.Errorf("got %v", err)
		}
		begin(t, s, 1, 1)
		begin(t, s, 2, 1)
		plan := head(3)
		plan.Writes = false
		_, err := s.Begin(t.Context(), plan)
		ok(t, err)
		for name, want := range map[string]string{runID(1): runID(1), runID(2)[:16]: runID(2), Last: runID(3)} {
			got, err := s.Find(t.Context(), name, RunFilter{})
			ok(t, err)
			equal(t, got, want)
		}
		got, err := s.Find(t.Context(), Last, RunFilter{Writes: true, Tenant: tenant, Source: "HR"})
		ok(t, err)
		equal(t, got, runID(2))
		if _, err := s.Find(t.Context(), "2026", RunFilter{}); !errors.As(err, &none) || !none.Ambiguous() {
			t.Errorf("got %v", err)
		}
	})
}

// What is known of a source moves forward only: an older plan that is applied
// late changes nothing of it.
func TestLearn(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		learn := func(run, asOf, accounts int, ids ...string) {
			k := Knowledge{Tenant: tenant, SourceID: sourceID, Run: runID(run), AsOf: at(asOf), Accounts: accounts}
			if ids != nil {
				k.Absences = func(yield func(diff.Absence, error) bool) {
					for _, id := range ids {
						if !yield(diff.Absence{AccountID: id, Since: at(asOf)}, nil) {
							return
						}
					}
				}
			}
			ok(t, s.Learn(t.Context(), k))
		}
		known := func() (ids []string) {
			for m, err := range s.Absences(t.Context(), tenant, sourceID) {
				ok(t, err)
				ids = append(ids, m.AccountID)
			}
			return ids
		}
		learn(1, 10, 100, "a", "b")
		learn(2, 20, -1, "b", "c") // not complete
		equal(t, known(), []string{"b", "c"})
		learn(3, 5, 7, "z") // older
		equal(t, known(), []string{"b", "c"})
		n, run, err := s.AccountsLeft(t.Context(), tenant, sourceID)
		ok(t, err)
		equal(t, []any{n, run}, []any{100, runID(1)})
		learn(4, 20, 50) // says nothing of absences
		equal(t, known(), []string{"b", "c"})
		k := Knowledge{Tenant: tenant, SourceID: sourceID, AsOf: at(22), Accounts: -1, Absences: func(func(diff.Absence, error) bool) {}}
		ok(t, s.Learn(t.Context(), k))
		equal(t, len(known()), 0)
		k.AsOf, k.Absences = at(23), func(yield func(diff.Absence, error) bool) {
			_ = yield(diff.Absence{AccountID: "x"}, nil) && yield(diff.Absence{}, errors.New("half a list"))
		}
		if err := s.Learn(t.Context(), k); err == nil || len(known()) != 0 {
			t.Errorf("half a list was learnt: %v", err)
		}
	})
}

// Old runs are forgotten with all their rows; an open one, the last successful
// one and one whose source is being written stay.
func TestPrune(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		ended(t, s, 1, 60, sync.Changed)
		begin(t, s, 2, 3) // superseded by the next
		ended(t, s, 3, 6, sync.Changed)
		begin(t, s, 4, 3) // open
		medians, nights, err := s.Median(t.Context(), tenant, sourceID, 5)
		ok(t, err)
		equal(t, []any{medians[diff.Put], nights}, []any{11.0, 2})

		n, err := s.Prune(t.Context(), at(1000), false)
		ok(t, err)
		equal(t, n, 2)
		left := func() (ids []string) {
			runs, err := s.Runs(t.Context(), RunFilter{})
			ok(t, err)
			for _, r := range runs {
				ids = append(ids, r.Run)
			}
			return ids
		}
		equal(t, left(), []string{runID(4), runID(3)})
		var rows int
		ok(t, s.write.QueryRow("SELECT (SELECT sum(operations) FROM blocks) + (SELECT count(*) FROM counters) + (SELECT count(*) FROM names)").Scan(&rows))
		equal(t, rows, (6+3)+(1+2)+2) // operations, counters and names of two runs

		lock, err := open(t, state).Lock(t.Context(), LockRequest{Tenant: tenant, SourceID: sourceID, Run: runID(4)})
		ok(t, err)
		_, err = s.Prune(t.Context(), at(1000), true)
		ok(t, err)
		equal(t, left(), []string{runID(4)})
		ok(t, lock.Unlock())
		_, err = s.Prune(t.Context(), at(1000), true)
		ok(t, err)
		equal(t, len(left()), 0)
		next, err := s.Begin(t.Context(), head(9))
		ok(t, err)
		equal(t, next.Status().ID, 5) // no id is given twice
	})
}

// Pruning that is cut off damages nothing: the run has no plan any more, the
// others are listed, whoever is just reading it is told, and the next pruning
// ends what this one began.
func TestPruneThatIsCutOff(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	ctx := t.Context()
	r := begin(t, s, 1, 3*blockOps)
	ok(t, r.Intend(ctx, operations(t, r, sync.Filter{Limit: 2})...))
	reading, err := s.Read(ctx, runID(1))
	ok(t, err)
	begin(t, s, 2, 3)
	for _, table := range []string{"names", "outcomes", "runs"} { // one after the other
		_, err = s.write.Exec("CREATE TRIGGER cut BEFORE DELETE ON " + table + " BEGIN SELECT RAISE(ABORT, 'cut off'); END")
		ok(t, err)
		if _, err := s.Prune(ctx, at(2), true); err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Fatalf("pruning was not cut off: %v", err)
		}
		_, err = s.write.Exec("DROP TRIGGER cut")
		ok(t, err)

		runs, err := s.Runs(ctx, RunFilter{})
		ok(t, err)
		equal(t, []any{runs[0].Run, runs[0].Resumable, runs[1].Run, runs[1].Resumable}, []any{runID(2), true, runID(1), false})
		left, err := s.Read(ctx, runID(1))
		ok(t, err)
		equal(t, []any{left.Status().Sealed, len(operations(t, left, sync.Filter{}))}, []any{false, 0})
		for _, opErr := range reading.Operations(ctx, sync.Filter{}) {
			err = opErr
		}
		if !errors.Is(err, ErrPruned) || errors.Is(err, ErrDamaged) {
			t.Errorf("%s: who reads is told %v", table, err)
		}
	}
	n, err := s.Prune(ctx, at(2), true)
	ok(t, err)
	equal(t, n, 1)
	if _, err := reading.Counts(ctx); !errors.Is(err, ErrPruned) || errors.Is(err, ErrDamaged) {
		t.Errorf("who counts afterwards is told %v", err)
	}
}

// What a reader is told of runs: one that died is interrupted and can be
// resumed once its plan was whole, a plan cannot.
func TestRuns(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		_, err := s.Begin(t.Context(), head(1)) // died before its plan was whole
		ok(t, err)
		r := begin(t, s, 2, 6)
		ok(t, r.Intend(t.Context(), operations(t, r, sync.Filter{Limit: 2})...))
		runs, err := s.Runs(t.Context(), RunFilter{Limit: 2})
		ok(t, err)
		equal(t, []any{runs[0].Outcome, runs[0].Resumable, runs[0].Totals.Create}, []any{sync.Interrupted, true, sync.Tally{Planned: 2, Failed: 2}})
		equal(t, []any{runs[1].Outcome, runs[1].Resumable, runs[1].Sealed}, []any{sync.Interrupted, false, false})
		equal(t, []any{runs[0].Source.Name, runs[0].Started}, []any{"HR", at(2)})
	})
}
