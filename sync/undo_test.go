package sync_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"pgregory.net/rapid"
)

// snapshot is what the source's accounts hold, without what ISC gives them.
func (w *world) snapshot() map[string]string {
	snapshot := map[string]string{}
	for _, a := range w.server.Accounts(w.server.SourceID("S")) {
		groups := slices.Sorted(slices.Values(a.Values("groups")))
		snapshot[a.NativeIdentity] = fmt.Sprintf("city=%q groups=%q note=%q", a.Value("city"), groups, a.Value("note"))
	}
	return snapshot
}

// plan makes a plan as the command does.
func (w *world) plan() *sync.Run {
	w.t.Helper()
	source, err := w.client.Source(w.t.Context(), "S")
	if err != nil {
		w.t.Fatal(err)
	}
	run, err := sync.Prepare(w.t.Context(), w.client, source, w.settings)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// saved is the plan after it was saved and loaded: its head, and operations
// that hold no more than a plan.json does.
func (w *world) saved(run *sync.Run) *sync.Run {
	head := &sync.Result{Run: "r", Tenant: "t", Started: time.Now()}
	var ops []*sync.Operation
	for _, op := range run.Source().Operations {
		ops = append(ops, &sync.Operation{Seq: op.Seq, Op: op.Op, Key: op.Key, Account: op.Account, Native: op.Native, Line: op.Line,
			Reason: op.Reason, Why: op.Reason, State: op.State, Changes: op.Changes, Fingerprint: op.Fingerprint, Offset: op.Offset})
	}
	return run.Save(head, time.Hour).Load(ops, w.settings)
}

// apply applies a saved plan.
func (w *world) apply(run *sync.Run) *sync.Source {
	w.t.Helper()
	if err := run.Recheck(w.t.Context(), w.client); err != nil {
		w.t.Fatal(err)
	}
	if err := run.Apply(w.t.Context(), w.client); err != nil {
		w.t.Fatal(err)
	}
	result, err := run.Result()
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// undo plans the way back of what was done.
func (w *world) undo(done *sync.Source) *sync.Run {
	w.t.Helper()
	_, schema := w.sourceAndSchema()
	run, err := sync.Undo(w.t.Context(), w.client, done, schema, w.settings)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

func (w *world) sourceAndSchema() (account.Source, account.Schema) {
	source, err := w.client.Source(w.t.Context(), "S")
	if err != nil {
		w.t.Fatal(err)
	}
	schema, err := w.client.Schema(w.t.Context(), source.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return source, schema
}

// drawRows draws a desired state over the accounts a0..a9 and new ones.
func drawRows(t *rapid.T) string {
	cell := rapid.SampledFrom([]string{"Oslo", "Paris", "", "São Paulo", `"a ""b"""`, `"x, y"`, "0012"})
	group := rapid.SampledFrom([]string{"", "VPN", "VPN;Mail", "Chat", "Chat;Mail;VPN"})
	var b strings.Builder
	b.WriteString("id,city,groups\n")
	for _, id := range rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 1, 14, rapid.ID).Draw(t, "ids") {
		fmt.Fprintf(&b, "a%d,%s,%s\n", id, cell.Draw(t, "city"), group.Draw(t, "groups"))
	}
	return b.String()
}

// Plan, apply, undo, apply gives the source back as it was.
func TestUndoBringsTheSourceBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		wrong := ""
		bubble(t, 10, drawRows(rt), func(w *world) { wrong = w.thereAndBack() })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// thereAndBack says what is not as it was.
func (w *world) thereAndBack() string {
	before := w.snapshot()
	done := w.apply(w.saved(w.plan()))
	for _, op := range done.Operations {
		if op.State != sync.Verified {
			return fmt.Sprintf("%s %s: %s %s %s", op.Op, op.Key, op.State, op.Reason, op.Error)
		}
	}
	back := w.apply(w.saved(w.undo(done)))
	if after := w.snapshot(); !maps.Equal(before, after) {
		return fmt.Sprintf("before %v\nafter  %v\nundone by %v", before, after, states(back))
	}
	return ""
}

func TestUndoLeavesWhatOthersChanged(t *testing.T) {
	inWorld(t, 4, "id,city,note\na0,Paris,x\na1,Paris,kept by hand\na2,Oslo,kept by hand\nnew,Rome,\n", func(w *world) {
		done := w.apply(w.saved(w.plan()))
		w.want(done, "create new verified", "put a0 verified", "put a1 verified", "delete a3 verified")
		w.change("a0", "city", "Bergen")
		w.change("new", "city", "Turin")
		undo := w.undo(done)
		var got []string
		for _, op := range undo.Source().Operations {
			got = append(got, fmt.Sprintf("%s %s %s %d", op.Op, op.Key, op.State, len(op.Changes)))
		}
		want := []string{"create a3 withheld 4", "put a1 withheld 1", "put a0 stale 0", "delete new stale 0"}
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("undo plans %q, want %q", got, want)
		}
	})
}

// change has somebody else change an account.
func (w *world) change(native, attribute, value string) {
	w.t.Helper()
	a := w.account(native)
	ops := []account.PatchOp{{Op: "add", Path: account.AttributePath(attribute), Value: account.StringValue(value)}}
	if _, err := w.client.Patch(w.t.Context(), a.ID, ops); err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
}

func TestStalePlanWritesNothing(t *testing.T) {
	inWorld(t, 10, rows(8, "a8,Paris,VPN", "a9,Paris,VPN"), func(w *world) {
		w.settings.MaxStale = limit(t, "0")
		run := w.saved(w.plan())
		w.change("a8", "note", "changed since")
		before := w.writes()
		err := run.Recheck(w.t.Context(), w.client)
		if err == nil || !strings.Contains(err.Error(), "1 of its 2 operations no longer fit") {
			t.Fatalf("recheck: %v", err)
		}
		w.settings.MaxStale = diff.Limit{}
		run = w.saved(w.plan())
		w.change("a8", "note", "changed again")
		got := w.apply(run)
		w.want(got, "put a8 stale", "put a9 verified")
		if n := w.writes() - before; n != 2 { // somebody's patch, and the put
			t.Errorf("%d writes", n)
		}
	})
}

func TestCanaryStopsTheRest(t *testing.T) {
	inWorld(t, 6, rows(2, "a2,Paris,VPN", "a3,Paris,VPN", "a4,Paris,VPN", "new,Rome,", "new2,Rome,"), func(w *world) {
		w.settings.Canary = 3
		got := w.plan()
		err := got.Apply(w.t.Context(), w.client)
		if err == nil || !strings.Contains(err.Error(), "canary") {
			t.Fatalf("apply: %v", err)
		}
		w.want(got.Source(), "create new failed", "create new2 withheld", "put a2 verified", "put a3 withheld", "put a4 withheld", "delete a5 verified")
	}, failing("POST"))
}

func TestSkippedRemovals(t *testing.T) {
	inWorld(t, 10, rows(5, "new,Rome,"), func(w *world) {
		w.settings.Limits, w.settings.SkipRemovals = diff.DefaultLimits(), true
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		if got.Totals.Create.Verified != 1 || got.Totals.Delete.Withheld != 5 || sync.Conclude([]*sync.Source{got}, true, nil) != sync.Blocked {
			t.Errorf("totals %+v", got.Totals)
		}
	})
}
