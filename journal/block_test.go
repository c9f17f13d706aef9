package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountsync/diff"
	"accountsync/sync"

	"pgregory.net/rapid"
)

// A journal in which each operation was a row is brought into blocks: its open
// run is gone on with, its history stays, and what was damaged stays so.
func TestRowsIntoBlocks(t *testing.T) {
	t.Parallel()
	s := open(t, oldJournal(t, "testdata/second.sql"))
	ctx := t.Context()
	runs, err := s.Runs(ctx, RunFilter{})
	ok(t, err)
	equal(t, len(runs), 5)
	equal(t, runs[4].Totals.Create, sync.Tally{Planned: 3, Verified: 1, Failed: 2})

	r, err := s.TakeUp(ctx, runID(1))
	ok(t, err)
	ops := operations(t, r, sync.Filter{})
	equal(t, len(ops), 9)
	equal(t, []any{ops[0].State, ops[0].Created, ops[0].HTTP}, []any{sync.Verified, "2c91new", 202})
	equal(t, []any{ops[1].State, ops[1].Sent, ops[1].Ambiguous}, []any{sync.Failed, true, true})
	equal(t, []any{ops[3].State, ops[3].Reason.Code, ops[4].State}, []any{sync.Stale, sync.CodeGone, sync.Withheld})
	for i := range 9 {
		want := operation(i)
		got := operations(t, r, sync.Filter{Name: want.Key})
		equal(t, []any{len(got), got[0].Changes, got[0].Seq}, []any{1, want.Changes, i})
	}
	equal(t, operations(t, r, sync.Filter{Name: "2c91new"}), ops[:1])
	ok(t, r.Intend(ctx, ops[4]))
	ok(t, r.Settle(ctx, ops[1], ops[4]))

	ended, err := s.Read(ctx, runID(4))
	ok(t, err)
	equal(t, len(operations(t, ended, sync.Filter{})), 6)
	if _, err := s.TakeUp(ctx, runID(5)); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), runID(5)) {
		t.Errorf("a row does not hold against its checksum: %v", err)
	}
	n, run, err := s.AccountsLeft(ctx, tenant, sourceID)
	ok(t, err)
	equal(t, []any{n, run}, []any{12, runID(4)})
	_, err = s.Prune(ctx, at(1000), true)
	ok(t, err)
	next, err := s.Begin(ctx, head(9))
	ok(t, err)
	equal(t, next.Status().ID, 6)
}

// Whatever comes in whatever order, is withdrawn and comes again: it is read as
// a list that is sorted in memory, through every filter, also once some of it
// has been changed.
func TestBlocksAreOneSortedList(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		runs := 0
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			runs++
			s.batch = rapid.SampledFrom([]int{1, 3, 50}).Draw(t, "batch")
			h := head(0)
			h.Run = fmt.Sprintf("run-%06d", runs)
			r, err := s.Begin(ctx, h)
			ok(t, err)
			var want []*sync.Operation
			inOrder := rapid.Bool().Draw(t, "in order")
			for i := range rapid.IntRange(0, 60).Draw(t, "operations") {
				op := operation(rapid.IntRange(0, 1000).Draw(t, "which"))
				if inOrder {
					op = operation(3 * i)
					op.Key = fmt.Sprintf("E%05d", i)
				}
				if rapid.IntRange(0, 9).Draw(t, "reason") == 0 {
					op.Reason.Code = sync.CodeNotPossible
				}
				ok(t, r.AddOperations(ctx, op))
				want = append(want, op)
				if rapid.IntRange(0, 15).Draw(t, "withdraw") == 0 {
					key := want[rapid.IntRange(0, len(want)-1).Draw(t, "whose")].Key
					ok(t, r.Withdraw(ctx, key))
					want = slices.DeleteFunc(want, func(op *sync.Operation) bool { return op.Key == key })
				}
			}
			ok(t, r.Seal(ctx, h))
			slices.SortStableFunc(want, func(a, b *sync.Operation) int {
				return sortKey{a.Phase(), []byte(a.Key), a.Seq}.compare(sortKey{b.Phase(), []byte(b.Key), b.Seq})
			})
			for i, op := range want {
				op.Row.Place = int64(i + 1)
			}
			for _, op := range want {
				switch rapid.IntRange(0, 5).Draw(t, "change") {
				case 0:
					op.Created = fmt.Sprintf("new%d", op.Row.Place)
					ok(t, r.Intend(ctx, op))
				case 1:
					ok(t, r.Intend(ctx, op))
					op.State, op.Reason = sync.Verified, sync.Reason{}
					ok(t, r.Settle(ctx, op))
				}
			}
			reader, err := s.Read(ctx, h.Run)
			ok(t, err)
			f := sync.Filter{After: int64(rapid.IntRange(0, len(want)).Draw(t, "after")), Limit: rapid.IntRange(0, 7).Draw(t, "limit")}
			if rapid.Bool().Draw(t, "by state") {
				f.States = rapid.SliceOfN(rapid.SampledFrom(sync.States), 1, 2).Draw(t, "states")
			}
			if rapid.Bool().Draw(t, "by kind") {
				f.Ops = rapid.SliceOfN(rapid.SampledFrom(diff.Ops), 1, 2).Draw(t, "kinds")
			}
			if rapid.Bool().Draw(t, "by code") {
				f.Codes = rapid.SliceOfN(rapid.SampledFrom([]sync.Code{"", sync.CodeNotPossible, sync.CodeNoAnswer}), 1, 2).Draw(t, "codes")
			}
			if phase := rapid.IntRange(-1, sync.Phases-1).Draw(t, "phase"); phase >= 0 {
				f.Phase = &phase
			}
			if len(want) > 0 && rapid.IntRange(0, 3).Draw(t, "by name") == 0 {
				op := want[rapid.IntRange(0, len(want)-1).Draw(t, "whose name")]
				f.Name = rapid.SampledFrom([]string{op.Key, op.Native, op.AccountID(), "nobody"}).Draw(t, "name")
			}
			var passing []*sync.Operation
			counts := map[sync.Count]int{}
			for _, op := range want {
				counts[sync.Count{Op: op.Op, State: op.State, Code: op.Reason.Code}]++
				named := f.Name == "" || slices.Contains([]string{op.Key, op.Native, op.Account, op.Created}, f.Name)
				if named && op.Row.Place > f.After && (f.Phase == nil || *f.Phase == op.Phase()) && (len(f.Ops) == 0 || slices.Contains(f.Ops, op.Op)) &&
					(len(f.States) == 0 || slices.Contains(f.States, op.State)) && (len(f.Codes) == 0 || slices.Contains(f.Codes, op.Reason.Code)) &&
					(f.Limit == 0 || len(passing) < f.Limit) {
					passing = append(passing, op)
				}
			}
			equal(t, operations(t, reader, f), passing)
			equal(t, operations(t, reader, sync.Filter{}), want)
			for _, r := range []*Run{r, reader} {
				all, err := r.Counts(ctx)
				ok(t, err)
				got := map[sync.Count]int{}
				for _, c := range all {
					got[sync.Count{Op: c.Op, State: c.State, Code: c.Code}] = c.N
				}
				equal(t, got, counts)
			}
		})
	})
}

// A name is found by an index, however many operations a run has.
func TestNamesAreIndexed(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	r := begin(t, s, 1, 3_000)
	for query, args := range map[string][]any{
		selectNames:   {1},
		selectCreated: {[]byte("x"), 1, 2},
		selectBlock:   {1, 2},
	} {
		var steps string
		for scan := range s.view().rows(t.Context(), "EXPLAIN QUERY PLAN "+query, args...) {
			var id, parent, unused int
			var step string
			ok(t, scan(&id, &parent, &unused, &step))
			steps += step + "\n"
		}
		if strings.Contains(steps, "SCAN") || !strings.Contains(steps, "SEARCH") {
			t.Errorf("%s:\n%s", query, steps)
		}
	}
	var names, most int
	ok(t, s.write.QueryRow("SELECT count(*), max(length(places)) / 8 FROM names").Scan(&names, &most))
	if names < 4 || most > 2_000 {
		t.Errorf("%d rows of names, the largest with %d", names, most)
	}
	for i := range 3_000 {
		if i%37 == 0 {
			equal(t, len(operations(t, r, sync.Filter{Name: operation(i).Key})), 1)
		}
	}
}

// Where names stand is checked, too: an operation is not taken for missing.
func TestFlippedBitInNames(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	r := begin(t, s, 1, 9)
	_, err := s.write.Exec("UPDATE names SET places = CAST(X'00' || substr(places, 2) AS BLOB)")
	ok(t, err)
	for _, opErr := range r.Operations(t.Context(), sync.Filter{Name: operation(4).Key}) {
		err = errors.Join(err, opErr)
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

// A plan that is changed on disk while it is read is refused, and nothing of it
// is on record as a plan.
func TestPlanChangedWhileItIsRead(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	r := begin(t, s, 1, 2_000)
	var paper bytes.Buffer
	ok(t, sync.WritePlan(t.Context(), &paper, r))
	path := filepath.Join(t.TempDir(), "plan.json")
	ok(t, os.WriteFile(path, paper.Bytes(), 0o600))
	plan, err := sync.OpenPlan(path)
	ok(t, err)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	ok(t, err)
	_, err = f.WriteAt([]byte("9"), int64(bytes.LastIndex(paper.Bytes(), []byte(`"line":`))+len(`"line":`)))
	ok(t, errors.Join(err, f.Close()))
	h := head(2)
	other, err := s.Begin(t.Context(), h)
	ok(t, err)
	if err := plan.Into(t.Context(), other, h, diff.Selection{}); !errors.Is(err, sync.ErrEdited) {
		t.Errorf("got %v", err)
	}
	ok(t, plan.Close())
	equal(t, other.Status().Sealed, false)
}

// BenchmarkName looks operations up by name in a run of a million.
func BenchmarkName(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	s, err := Open(context.Background(), b.TempDir())
	ok(b, err)
	defer s.Close()
	r := begin(b, s, 1, n)
	b.ResetTimer()
	for range b.N {
		op := operation(rand.IntN(n))
		found := 0
		for got, err := range r.Operations(context.Background(), sync.Filter{Name: op.Key}) {
			ok(b, err)
			if got.Key == op.Key {
				found++
			}
		}
		if found != 1 {
			b.Fatalf("%s was found %d times", op.Key, found)
		}
	}
}

// A process that dies in the middle of copying a plan has planned nothing: what
// it left cannot be read, sent or resumed, goes with the run, and the same plan
// can be copied again.
func TestCopyThatIsCutOff(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		ctx := t.Context()
		dying := open(t, state)
		dying.batch = 10
		var paper bytes.Buffer
		ok(t, sync.WritePlan(ctx, &paper, begin(t, dying, 0, 1_000)))
		path := filepath.Join(t.TempDir(), "plan.json")
		ok(t, os.WriteFile(path, paper.Bytes(), 0o600))
		into := func(r sync.Record, h *sync.Head) error {
			plan, err := sync.OpenPlan(path)
			ok(t, err)
			defer plan.Close()
			return plan.Into(ctx, r, h, diff.Selection{})
		}
		h := head(1)
		r, err := dying.Begin(ctx, h)
		ok(t, err)
		if err := into(&cutOff{Record: r, left: 600}, h); !errors.Is(err, errCutOff) {
			t.Fatalf("got %v", err)
		}

		s := open(t, state)
		left, err := s.TakeUp(ctx, h.Run)
		ok(t, err)
		equal(t, left.Status().Sealed, false)
		equal(t, len(operations(t, left, sync.Filter{})), 0)
		runs, err := s.Runs(ctx, RunFilter{Limit: 1})
		ok(t, err)
		equal(t, []any{runs[0].Run, runs[0].Resumable, runs[0].Totals.Put.Planned}, []any{h.Run, false, 0})
		if err := r.AddEntries(ctx, &sync.Entry{}); err != nil { // it is written with the next ones
			t.Error(err)
		}
		if err := r.Seal(ctx, h); !errors.Is(err, sync.ErrFenced) {
			t.Errorf("who lost the run sealed it: %v", err)
		}
		ok(t, left.Discard(ctx))
		var rows int
		first, last := span(left.id)
		ok(t, s.write.QueryRow(s.dialect.query("SELECT count(*) FROM blocks WHERE id BETWEEN ? AND ?"), first, last).Scan(&rows))
		equal(t, rows, 0)

		h = head(2)
		again, err := s.Begin(ctx, h)
		ok(t, err)
		ok(t, into(again, h))
		equal(t, len(operations(t, again, sync.Filter{})), 1_000)
	})
}

var errCutOff = errors.New("cut off")

// cutOff is a record that is cut off after so many operations.
type cutOff struct {
	sync.Record
	left int
}

func (c *cutOff) AddEntries(ctx context.Context, entries ...*sync.Entry) error {
	for _, e := range entries {
		if c.left--; c.left < 0 {
			return errCutOff
		}
		if err := c.Record.AddEntries(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
