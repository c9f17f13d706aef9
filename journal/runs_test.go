package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// past records a run of n operations that ended so.
func past(t tester, j *Journal, run, n int, o sync.Outcome) *sync.Result {
	r, h, s := begin(t, j, run, n)
	for _, op := range s.Operations {
		if o != sync.Blocked {
			op.State = sync.Verified
		}
		if op.Seq == 0 && (o == sync.Partial || o == sync.Interrupted) {
			op.State = sync.Failed
		}
	}
	return end(t, r, h, s, o)
}

func TestRuns(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	runs, err := j.Runs(t.Context(), Filter{})
	ok(t, err)
	equal(t, len(runs), 0)
	// The clock was set back before the last two.
	past(t, j, 5, 3, sync.Changed)
	past(t, j, 9, 3, sync.Partial)
	past(t, j, 2, 3, sync.Blocked)
	j.Ahead = 1
	r, _, s := begin(t, j, 3, 6)
	send(t, r, s.Operations[0])
	verify(t, r, s.Operations[0])
	ok(t, r.Intend(t.Context(), s.Operations[1]))
	ok(t, r.Close())

	runs, err = j.Runs(t.Context(), Filter{})
	ok(t, err)
	three := func(one sync.Tally) sync.Totals { return sync.Totals{Create: one, Put: one, Delete: one} }
	verified := sync.Tally{Planned: 1, Verified: 1}
	partial := three(verified)
	partial.Create = sync.Tally{Planned: 1, Failed: 1}
	summary := func(run int, o sync.Outcome, totals sync.Totals, ended, resumable bool) Summary {
		s := Summary{Run: runID(run), Command: "sync", Tenant: tenant, SourceID: sourceID, SourceName: "HR", Started: at(run), Outcome: o,
			Totals: totals, Ended: ended, Resumable: resumable}
		if ended {
			s.Finished = at(run).Add(time.Minute)
		}
		return s
	}
	equal(t, runs, []Summary{
		summary(3, sync.Interrupted, sync.Totals{Create: sync.Tally{Planned: 2, Verified: 1, Failed: 1},
			Put: sync.Tally{Planned: 2, Withheld: 2}, Delete: sync.Tally{Planned: 2, Withheld: 2}}, false, true),
		summary(2, sync.Blocked, three(sync.Tally{Planned: 1, Withheld: 1}), true, false),
		summary(9, sync.Partial, partial, true, true),
		summary(5, sync.Changed, three(verified), true, false),
	})
	for _, tt := range []struct {
		filter Filter
		want   int
	}{
		{Filter{Limit: 2}, 2}, {Filter{Source: "HR"}, 4}, {Filter{Source: sourceID, Tenant: tenant, Limit: 9}, 4}, {Filter{Source: "other"}, 0}, {Filter{Tenant: "x"}, 0},
	} {
		some, err := j.Runs(t.Context(), tt.filter)
		ok(t, err)
		equal(t, len(some), tt.want)
		equal(t, some, runs[:tt.want:tt.want])
	}
}

// A run that was killed before its plan was on record has nothing to resume.
func TestNeverBegunIsNotResumable(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, _, _ := begin(t, j, 1, 3)
	_, err := j.write.ExecContext(t.Context(), "UPDATE parts SET begun = 0 WHERE id = ?", r.part)
	ok(t, err)
	runs, err := j.Runs(t.Context(), Filter{})
	ok(t, err)
	equal(t, []bool{runs[0].Ended, runs[0].Resumable}, []bool{false, false})
	if stored := load(t, j, Last); stored.Parts[0].Begun {
		t.Error("it has begun")
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	expect := func(nights, runs int, create, put float64) {
		t.Helper()
		medians, n, err := j.Median(t.Context(), tenant, sourceID, nights)
		ok(t, err)
		equal(t, n, runs)
		if runs == 0 {
			equal(t, medians, map[diff.Op]float64{})
			return
		}
		equal(t, len(medians), len(diff.Ops))
		equal(t, []float64{medians[diff.Create], medians[diff.Put], medians[diff.Disable]}, []float64{create, put, 0})
	}
	expect(10, 0, 0, 0)
	for i, n := range []int{3, 30, 6, 9} {
		past(t, j, i, n, sync.Changed)
	}
	past(t, j, 10, 300, sync.Blocked)
	past(t, j, 11, 300, sync.StalePlan)
	begin(t, j, 12, 300) // goes on
	undo, source := head(13), newSource(300)
	undo.Command = "undo"
	r, err := j.Begin(t.Context(), undo, source, accountSchema, nil)
	ok(t, err)
	end(t, r, undo, source, sync.Changed)
	expect(10, 4, 2.5, 2.5)
	expect(3, 3, 3, 3)
	expect(1, 1, 3, 3)
	if _, n, err := j.Median(t.Context(), tenant, "another", 10); n != 0 || err != nil {
		t.Error(n, err)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	kept := past(t, j, 1, 3, sync.Changed) // the last successful one
	past(t, j, 2, 1_500, sync.Partial)
	past(t, j, 3, 3, sync.Interrupted)
	r, _, s := begin(t, j, 4, 3) // goes on
	send(t, r, s.Operations[0])
	young := past(t, j, 50, 3, sync.Partial)
	ok(t, r.Close())
	killed := load(t, j, runID(4))
	big := size(t, dir)

	none, err := j.Prune(t.Context(), at(1))
	ok(t, err)
	equal(t, none, 0)
	n, err := j.Prune(t.Context(), at(20))
	ok(t, err)
	equal(t, n, 2)
	runs, err := j.Runs(t.Context(), Filter{})
	ok(t, err)
	equal(t, len(runs), 3)
	equal(t, load(t, j, runID(1)).Result, kept)
	equal(t, load(t, j, runID(4)), killed)
	equal(t, load(t, j, runID(50)).Result, young)
	if small := size(t, dir); small > big/10 {
		t.Errorf("%d bytes of %d are left", small, big)
	}
	expectRows(t, j, map[string]int{"runs": 3, "parts": 3, "operations": 9})

	// What was killed can go on after others were forgotten, and new runs begin.
	r, err = j.Resume(t.Context(), runID(4), sourceID)
	ok(t, err)
	end(t, r, killed.Result, killed.Result.Sources[0], sync.Partial)
	past(t, j, 51, 3, sync.Changed)
	n, err = j.Prune(t.Context(), at(52))
	ok(t, err)
	equal(t, n, 3)
	n, err = j.PruneForced(t.Context(), at(52))
	ok(t, err)
	equal(t, n, 1)
	expectRows(t, j, map[string]int{"runs": 0, "parts": 0, "operations": 0, "intents": 0, "records": 0, "rejected": 0})
}

// What a process that died while it pruned left behind goes with the next one.
func TestPruneAfterAPruneThatDied(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	j.chunk = 7
	for i := range 5 {
		past(t, j, i, 20, sync.Partial)
	}
	_, err := j.write.ExecContext(t.Context(), "DELETE FROM runs WHERE id IN (2, 3, 5)")
	ok(t, err)
	expectRows(t, j, map[string]int{"runs": 2, "records": 6, "operations": 100})
	n, err := j.Prune(t.Context(), at(0))
	ok(t, err)
	equal(t, n, 0)
	expectRows(t, j, map[string]int{"runs": 2, "operations": 40})
	equal(t, len(load(t, j, runID(3)).Result.Sources[0].Operations), 20)
}

// A run that is forgotten while it goes on sends nothing more.
func TestPrunedWhileItGoesOn(t *testing.T) {
	t.Parallel()
	j, err := Open(t.TempDir())
	ok(t, err)
	r, h, s := begin(t, j, 1, 3)
	_, err = j.PruneForced(t.Context(), at(2))
	ok(t, err)
	told(t, r.End(h, s), ErrPruned)
	r, h, s = begin(t, j, 2, 3)
	_, err = j.PruneForced(t.Context(), at(3))
	ok(t, err)
	told(t, r.Intend(t.Context(), s.Operations[0]), ErrPruned)
	told(t, r.End(h, s), ErrPruned)
	begin(t, j, 3, 3)
	expectRows(t, j, map[string]int{"runs": 1, "operations": 3, "intents": 0})
	told(t, j.Close(), ErrPruned) // what End could not write
}

func expectRows(t *testing.T, j *Journal, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for table := range want {
		var n int
		ok(t, j.reads.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
		got[table] = n
	}
	equal(t, got, want)
}

// size is the size of the files of a journal.
func size(t *testing.T, dir string) (n int64) {
	for _, name := range []string{FileName, FileName + "-wal"} {
		info, err := os.Stat(filepath.Join(dir, name))
		ok(t, err)
		n += info.Size()
	}
	return n
}
