package sync_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/journal"
	"accountsync/sandbox"
	"accountsync/sync"

	"pgregory.net/rapid"
)

// snapshot is what the source's accounts hold, without what ISC gives them.
func (w *world) snapshot() map[string]string {
	snapshot := map[string]string{}
	for _, a := range w.server.Accounts(w.server.SourceID("S")) {
		groups := slices.Sorted(slices.Values(a.Values("groups")))
		snapshot[a.NativeIdentity] = fmt.Sprintf("city=%q groups=%q note=%q age=%q of %q (by hand: %v) disabled=%v locked=%v",
			a.Value("city"), groups, a.Value("note"), a.Value("age"), a.IdentityID, a.ManuallyCorrelated, a.Disabled, a.Locked)
	}
	return snapshot
}

// plan makes a plan as the command does.
func (w *world) plan(from sync.Planner) *journal.Run {
	w.t.Helper()
	rec := w.begin("plan")
	if err := sync.Plan(w.t.Context(), w.client, rec, from, w.policy()); err != nil {
		w.t.Fatal(err)
	}
	return rec
}

// paper is the plan taken in again from plan.json, as apply does.
func (w *world) paper(plan *journal.Run) *journal.Run { return w.narrowed(plan, diff.Selection{}) }

// narrowed is paper of a part of the plan.
func (w *world) narrowed(plan *journal.Run, s diff.Selection) *journal.Run {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "plan.json")
	f, err := os.Create(path)
	if err == nil {
		err = errors.Join(sync.WritePlan(w.t.Context(), f, plan), f.Close())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := sync.OpenPlan(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	w.runs++
	head := p.Head
	head.Run, head.Applies, head.Command, head.Started, head.Writes = fmt.Sprintf("%srun%d", w.prefix, w.runs), p.Head.Run, "apply", time.Now(), true
	rec, err := w.store.Begin(w.t.Context(), &head)
	if err == nil {
		err = p.Into(w.t.Context(), rec, &head, s)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return rec
}

// apply applies a plan from paper.
func (w *world) apply(plan *journal.Run) (*result, error) {
	w.t.Helper()
	rec := w.paper(plan)
	err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
	return w.read(rec, err), err
}

// applied is apply of what must not end early.
func (w *world) applied(plan *journal.Run) *result {
	w.t.Helper()
	got, err := w.apply(plan)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// undo plans the way back of what was done.
func (w *world) undo(done *result) *journal.Run {
	w.t.Helper()
	return w.plan(&sync.FromRun{Done: done.rec})
}

// drawRows draws a desired state over the accounts a0..a9 and new ones.
func drawRows(t *rapid.T) string {
	cell := rapid.SampledFrom([]string{"Oslo", "Paris", "", "São Paulo", `"a ""b"""`, `"x, y"`, "0012"})
	group := rapid.SampledFrom([]string{"", "VPN", "VPN;Mail", "Chat", "Chat;Mail;VPN"})
	state := rapid.SampledFrom([]string{"", "", "true", "false"})
	var b strings.Builder
	b.WriteString("id,city,groups,account.disabled\n")
	for _, id := range rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 1, 14, rapid.ID).Draw(t, "ids") {
		fmt.Fprintf(&b, "a%d,%s,%s,%s\n", id, cell.Draw(t, "city"), group.Draw(t, "groups"), state.Draw(t, "disabled"))
	}
	return b.String()
}

// Plan, apply, undo, apply gives the source back as it was, states included,
// however often either is killed and resumed.
func TestUndoBringsTheSourceBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		wrong := ""
		csv := drawRows(rt)
		leavers := rapid.SliceOfDistinct(rapid.IntRange(0, 9), rapid.ID[int]).Draw(rt, "disabled")
		ends := fates(drawEnds(rt), 40)
		bubble(t, 10, csv, func(w *world) {
			for _, i := range leavers {
				w.edit(fmt.Sprintf("a%d", i), sandbox.AccountEdit{Disabled: new(true)})
			}
			wrong = w.thereAndBack(ends)
		})
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// thereAndBack says what is not as it was.
func (w *world) thereAndBack(ends []fate) string {
	before := w.snapshot()
	done, err := w.lives(w.paper(w.plan(&sync.FromFile{File: w.csv})), nil, ends, nil)
	if err != nil {
		return err.Error()
	}
	for _, op := range done.Operations {
		if op.State != sync.Verified {
			return fmt.Sprintf("%s %s: %s %+v %s", op.Op, op.Key, op.State, op.Reason, op.Error)
		}
	}
	between := w.snapshot()
	back, err := w.lives(w.paper(w.undo(done)), nil, ends, nil)
	if err != nil {
		return err.Error()
	}
	if after := w.snapshot(); !maps.Equal(before, after) {
		return fmt.Sprintf("before %v\nafter  %v\nundone by %v", before, after, states(back))
	}
	again := w.applied(w.undo(back)) // an undo is undone as any run
	if after := w.snapshot(); !maps.Equal(between, after) {
		return fmt.Sprintf("before the undo %v\nafter its undo %v\nundone by %v", between, after, states(again))
	}
	return ""
}

func TestUndoLeavesWhatOthersChanged(t *testing.T) {
	inWorld(t, 4, "id,city,note\na0,Paris,x\na1,Paris,kept by hand\na2,Oslo,kept by hand\nnew,Rome,\n", func(w *world) {
		done := w.applied(w.plan(&sync.FromFile{File: w.csv}))
		w.want(done, "create new verified", "put a0 verified", "put a1 verified", "delete a3 verified")
		w.change("a0", "city", "Bergen")
		w.change("new", "city", "Turin")
		undo := w.read(w.undo(done), nil)
		var got []string
		for _, op := range undo.Operations {
			got = append(got, fmt.Sprintf("%s %s %s %d", op.Op, op.Key, op.State, len(op.Changes)))
		}
		want := []string{"create a3 withheld 4", "put a1 withheld 1", "put a0 stale 0", "delete new stale 0"}
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("undo plans %q, want %q", got, want)
		}
	})
}

// edit has somebody else change an account behind the API's back.
func (w *world) edit(native string, edit sandbox.AccountEdit) {
	w.t.Helper()
	if a := w.account(native); a == nil || !w.server.EditAccount(a.ID, edit) {
		w.t.Fatalf("no account %s", native)
	}
}

// change has somebody else change one attribute of an account.
func (w *world) change(native, attribute, value string) {
	w.t.Helper()
	w.edit(native, sandbox.AccountEdit{Attributes: sandbox.Attributes{attribute: value}})
}

func TestStalePlanWritesNothing(t *testing.T) {
	inWorld(t, 10, rows(8, "a8,Paris,VPN", "a9,Paris,VPN"), func(w *world) {
		w.terms.MaxStale = limit(t, "0")
		plan := w.plan(&sync.FromFile{File: w.csv})
		w.change("a8", "note", "changed since")
		got, err := w.apply(plan)
		if !errors.Is(err, sync.ErrStale) || !strings.Contains(err.Error(), "1 of its 2 operations no longer fit") {
			t.Fatalf("apply: %v", err)
		}
		if n := w.writes(); n != 0 || got.outcome != sync.StalePlan {
			t.Errorf("%d writes, outcome %s", n, got.outcome)
		}
		w.terms.MaxStale = diff.Limit{}
		plan = w.plan(&sync.FromFile{File: w.csv})
		w.change("a8", "note", "changed again")
		w.want(w.applied(plan), "put a8 stale", "put a9 verified")
		if n := w.writes(); n != 1 {
			t.Errorf("%d writes", n)
		}
	})
}

func TestCanaryStopsTheRest(t *testing.T) {
	inWorld(t, 6, rows(2, "a2,Paris,VPN", "a3,Paris,VPN", "a4,Paris,VPN", "new,Rome,", "new2,Rome,"), func(w *world) {
		w.terms.Canary = 3
		got, err := w.sync()
		if !errors.Is(err, sync.ErrCanary) {
			t.Fatalf("sync: %v", err)
		}
		w.want(got, "create new failed", "create new2 withheld", "put a2 verified", "put a3 withheld", "put a4 withheld", "delete a5 verified")
		if why := got.WhyWithheld(got.Operations[1]); why.Code != sync.CodeCanary {
			t.Errorf("%+v", why)
		}
	}, failing("POST"))
}

func TestSkippedRemovals(t *testing.T) {
	inWorld(t, 10, rows(5, "new,Rome,"), func(w *world) {
		w.terms.Limits, w.terms.SkipRemovals = diff.DefaultLimits(), true
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		if got.Totals.Create.Verified != 1 || got.Totals.Delete.Withheld != 5 || got.outcome != sync.Blocked {
			t.Errorf("totals %+v, outcome %s", got.Totals, got.outcome)
		}
	})
}
