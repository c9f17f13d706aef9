package journal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

func TestRunIsLoadedAsItEnded(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, h, s := begin(t, j, 1, 6)
	for _, op := range s.Operations[:4] {
		send(t, r, op)
	}
	verify(t, r, s.Operations[0])
	s.Operations[5].Reason = "guard removals said no" // nobody recorded that
	s.Notes = []string{"a note"}
	h.Requests.Total = 17
	want := end(t, r, h, s, sync.Partial)

	stored := load(t, j, h.Run)
	equal(t, stored.Result, want)
	equal(t, stored.Parts, []Part{{Schema: accountSchema, Settings: settings, Begun: true, Ended: true}})
	equal(t, stored.Ended(), true)
	equal(t, load(t, j, Last), stored)
	equal(t, load(t, j, h.Run[:len(h.Run)-2]), stored)
}

func TestRunThatDidNotEnd(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	j.Ahead = 1
	h, s := head(1), newSource(7)
	held := s.Operations[6]
	held.Reason = "the listing is not proven complete"
	r, err := j.Begin(t.Context(), h, s, accountSchema, settings)
	ok(t, err)
	send(t, r, s.Operations[0])
	verify(t, r, s.Operations[0])
	send(t, r, s.Operations[1])
	ok(t, r.Intend(t.Context(), s.Operations[2]))
	ok(t, r.Close())

	stored := load(t, j, h.Run)
	equal(t, stored.Ended(), false)
	equal(t, stored.Result.Outcome, sync.Interrupted)
	equal(t, stored.Result.Finished.IsZero(), true)
	ops := stored.Result.Sources[0].Operations
	equal(t, states(ops), []sync.State{sync.Verified, sync.Accepted, sync.Failed, sync.Withheld, sync.Withheld, sync.Withheld, sync.Withheld})
	equal(t, ops[:2], s.Operations[:2])
	lost := *s.Operations[2]
	lost.State, lost.Sent, lost.Lost, lost.Reason, lost.Error = sync.Failed, true, true, "", unanswered
	equal(t, ops[2], &lost)
	for i, op := range ops[3:6] {
		never := *s.Operations[3+i]
		never.Reason = neverSent
		equal(t, op, &never)
	}
	equal(t, ops[6], held)
	recount(s)
	want := sync.Totals{Create: sync.Tally{Planned: 3, Verified: 1, Accepted: 1, Failed: 1}, Put: sync.Tally{Planned: 2, Withheld: 2},
		Delete: sync.Tally{Planned: 2, Withheld: 2}}
	equal(t, stored.Result.Sources[0].Totals, want)
}

// An intent after a record is open again.
func TestIntentAfterARecord(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, h, s := begin(t, j, 1, 1)
	op := s.Operations[0]
	ok(t, r.Intend(t.Context(), op))
	op.Sent, op.State, op.Lost, op.Error, op.Attempts = true, sync.Failed, true, "broken pipe", 1
	ok(t, r.Record(op))
	ok(t, r.Close())
	equal(t, load(t, j, h.Run).Result.Sources[0].Operations, s.Operations)

	r, err := j.Resume(t.Context(), h.Run, sourceID)
	ok(t, err)
	ok(t, r.Intend(t.Context(), op))
	ok(t, r.Close())
	op.Error = unanswered
	equal(t, load(t, j, h.Run).Result.Sources[0].Operations, s.Operations)
}

func TestResume(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, h, s := begin(t, j, 1, 9)
	for _, op := range s.Operations[:4] {
		send(t, r, op)
	}
	ok(t, r.Intend(t.Context(), s.Operations[4]))
	ok(t, r.Close()) // and the process is gone

	stored := load(t, j, Last)
	s = stored.Result.Sources[0]
	r, err := j.Resume(t.Context(), stored.Result.Run, sourceID)
	ok(t, err)
	for _, op := range s.Operations[:4] {
		verify(t, r, op)
	}
	op := s.Operations[4]
	op.Lost, op.Error = false, ""
	verify(t, r, op)
	for _, op := range s.Operations[5:8] {
		send(t, r, op)
	}
	s.Operations[8].State, s.Operations[8].Reason = sync.Stale, "the account changed since the plan"
	want := end(t, r, h, s, sync.Partial)
	equal(t, load(t, j, h.Run).Result, want)

	// And once more, what had ended is open again until it ends.
	r, err = j.Resume(t.Context(), h.Run, sourceID)
	ok(t, err)
	equal(t, load(t, j, h.Run).Result.Outcome, sync.Interrupted)
	equal(t, load(t, j, h.Run).Result.Sources[0].Operations, s.Operations)
	want = end(t, r, h, s, sync.Partial)
	equal(t, load(t, j, h.Run).Result, want)
}

func TestSeveralSources(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	h := head(1)
	var runs []*Run
	for i, id := range []string{"b", "a"} {
		s := newSource(2 + i)
		s.Source.ID = id
		r, err := j.Begin(t.Context(), h, s, accountSchema, map[string]string{"n": id})
		ok(t, err)
		h.Sources, runs = append(h.Sources, s), append(runs, r)
	}
	for i, r := range runs {
		for _, op := range h.Sources[i].Operations {
			send(t, r, op)
		}
	}
	want := end(t, runs[0], h, h.Sources[0], sync.Changed)
	equal(t, load(t, j, h.Run).Result.Outcome, sync.Interrupted)
	want.Sources = h.Sources
	recount(h.Sources[1])
	ok(t, runs[1].End(want, h.Sources[1]))
	stored := load(t, j, h.Run)
	equal(t, stored.Result, want)
	equal(t, stored.Parts[1].Settings, map[string]string{"n": "a"})
	if _, err := j.Begin(t.Context(), h, h.Sources[0], accountSchema, nil); err == nil {
		t.Error("a source began twice in one run")
	}
}

// A run of a source without operations, or of none at all, is a run too.
func TestRunWithoutOperations(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	s := &sync.Source{Operations: []*sync.Operation{}}
	s.Guards = []diff.Guard{{Name: diff.GuardEmpty, Tripped: true}}
	h := head(1)
	r, err := j.Begin(t.Context(), h, s, accountSchema, nil)
	ok(t, err)
	h = end(t, r, h, s, sync.Blocked)
	s.Rejected = nil
	got := load(t, j, h.Run).Result
	got.Sources[0].Rejected = nil
	equal(t, got, h)
}

func TestBeginStopsWhereItsOperationsDo(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	j.chunk = 10
	gone := errors.New("the plan is cut")
	s := newSource(0)
	ops := func(yield func(*sync.Operation, error) bool) {
		for i := range j.chunk + 5 {
			if !yield(newOperation(i, diff.Create), nil) {
				return
			}
		}
		yield(nil, gone)
	}
	if _, err := j.begin(t.Context(), head(1), s, accountSchema, nil, ops); !errors.Is(err, gone) {
		t.Fatal(err)
	}
	stored := load(t, j, Last)
	if stored.Parts[0].Begun || stored.Ended() || len(stored.Result.Sources[0].Operations) != j.chunk {
		t.Errorf("%+v, %d operations", stored.Parts, len(stored.Result.Sources[0].Operations))
	}
	for _, s := range states(stored.Result.Sources[0].Operations) {
		equal(t, s, sync.Withheld)
	}

	ctx, cancel := context.WithCancel(t.Context())
	all := func(yield func(*sync.Operation, error) bool) {
		for i := range 2 * j.chunk {
			if i == 1 {
				cancel()
			}
			if !yield(newOperation(i, diff.Create), nil) {
				return
			}
		}
	}
	if _, err := j.begin(ctx, head(2), s, accountSchema, nil, all); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	swapped := newSource(2)
	slices.Reverse(swapped.Operations)
	if _, err := j.Begin(t.Context(), head(3), swapped, accountSchema, nil); err == nil {
		t.Error("operations out of order were taken")
	}
}

func TestWhatTheJournalRefuses(t *testing.T) {
	t.Parallel()
	j, err := Open(t.TempDir())
	ok(t, err)
	r, h, s := begin(t, j, 1, 2)
	for _, seq := range []int{-1, 2} {
		op := newOperation(0, diff.Create)
		op.Seq = seq
		if r.Intend(t.Context(), op) == nil || r.Record(op) == nil {
			t.Errorf("an operation %d was taken", seq)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Intend(ctx, s.Operations[0]); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	end(t, r, h, s, sync.Changed)
	if err := r.Intend(t.Context(), s.Operations[0]); !errors.Is(err, errClosed) {
		t.Error("an ended run took an intent:", err)
	}
	ok(t, r.Close())
	r, _, s = begin(t, j, 2, 2)
	ok(t, j.Close())
	if err := r.Record(s.Operations[0]); !errors.Is(err, errClosed) {
		t.Error("a closed journal took a record:", err)
	}
	if err := r.End(head(2), s); !errors.Is(err, errClosed) {
		t.Error("a run ended in a closed journal:", err)
	}
	if _, err := j.Load(t.Context(), Last); err == nil {
		t.Error("a closed journal was read")
	}
	ok(t, j.Close())
}

func TestFind(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	if _, err := j.Load(t.Context(), Last); err == nil || err.Error() != "the journal holds no run" {
		t.Error(err)
	}
	for i := range 7 {
		begin(t, j, i, 0)
	}
	for _, tt := range []struct{ name, want, err string }{
		{runID(3), runID(3), ""},
		{runID(3)[:16], runID(3), ""},
		{Last, runID(6), ""},
		{"20261123T02", "", `"20261123T02" may be any of these runs: ` + runID(6) + ", "},
		{"", "", `"" may be any of these runs: `},
		{runID(3)[:16] + "zzz", "", `the journal holds no run "` + runID(3)[:16] + `zzz"; near it are ` + runID(3)},
		{"20261123T0200%", "", `near it are `},
		{"abc", "", `no run "abc"; near it are ` + runID(6)},
	} {
		stored, err := j.Load(t.Context(), tt.name)
		if tt.err == "" {
			ok(t, err)
			equal(t, stored.Result.Run, tt.want)
			continue
		}
		var e *RunError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.err) || len(e.Near) > fewRuns || e.Hint() == "" {
			t.Errorf("%q: %v", tt.name, err)
		}
	}
	for op, err := range j.Operations(t.Context(), Last, "no such source") {
		if err == nil || !strings.Contains(err.Error(), "no source") {
			t.Error(op, err)
		}
	}
	if _, err := j.Resume(t.Context(), "abc", sourceID); err == nil {
		t.Error("a run that is not there was resumed")
	}
}

// Whoever has seen enough can stop, and the journal goes on.
func TestOperationsStop(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, h, s := begin(t, j, 1, 50)
	for range 2 * readers {
		seen := 0
		for op, err := range j.Operations(t.Context(), h.Run, sourceID) {
			ok(t, err)
			equal(t, op.Seq, seen)
			if seen++; seen == 3 {
				break
			}
		}
	}
	end(t, r, h, s, sync.Interrupted)
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, h, s := begin(t, j, 1, 3)
	for _, op := range s.Operations {
		send(t, r, op)
	}
	op := s.Operations[1]
	op.State, op.Error, op.TaskStatus, op.TrackingID = sync.Failed, `the task ended ERROR: "no"`, "ERROR", "t-1"
	ok(t, r.Record(op))
	ok(t, r.Close())
	all, err := j.Attempts(t.Context(), h.Run, sourceID, 1)
	ok(t, err)
	if len(all) != 2 || all[0].At.IsZero() || all[1].At.Before(all[0].At) {
		t.Fatalf("%+v", all)
	}
	all[0].At, all[1].At = at(0), at(0)
	equal(t, all, []Attempt{
		{At: at(0), State: sync.Accepted, HTTP: 202, Task: "task-1"},
		{At: at(0), State: sync.Failed, HTTP: 202, Task: "task-1", TaskStatus: "ERROR", TrackingID: "t-1", Error: `the task ended ERROR: "no"`},
	})
	var state, task string
	ok(t, j.reads.QueryRow(`SELECT state, task FROM attempts WHERE part = ? AND seq = 1 ORDER BY n DESC LIMIT 1`, r.part).Scan(&state, &task))
	equal(t, []string{state, task}, []string{"failed", "task-1"})
}

// A run in a bubble of virtual time can keep a real journal.
func TestInBubble(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		j, err := Open(dir)
		ok(t, err)
		r, h, s := begin(t, j, 1, 30)
		for _, op := range s.Operations {
			send(t, r, op)
			time.Sleep(time.Second)
		}
		want := end(t, r, h, s, sync.Partial)
		equal(t, load(t, j, h.Run).Result, want)
		ok(t, j.Close())
	})
}
