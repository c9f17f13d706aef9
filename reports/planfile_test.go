package reports

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func somePlan() *sync.Plan {
	return &sync.Plan{Schema: sync.PlanSchema, Run: "20261123T020000Z-7f3a", Command: "plan", Tenant: "https://t",
		Created: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), Expires: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC),
		Source: account.Source{ID: "s1", Name: "HR"}, Guards: []diff.Guard{}, Rejected: []account.Rejected{{Line: 4, Key: "k", Reason: "wrong type"}}}
}

// planned yields n operations made up as they are asked for.
func planned(n int) iter.Seq[*sync.Operation] {
	return func(yield func(*sync.Operation) bool) {
		for i := range n {
			op := &sync.Operation{Seq: i, Op: diff.Put, Key: fmt.Sprint("k", i), Native: fmt.Sprint("k", i), Account: fmt.Sprintf("%032x", i), Line: i + 2,
				Fingerprint: "0123", State: sync.Withheld, Reason: "", Offset: int64(i) * 80,
				Changes: []diff.Field{{Attribute: "n", Before: "12345678901234567890", After: `"<Grüße> \u00e9"`}, {Attribute: "x", After: "null"}}}
			if !yield(op) {
				return
			}
		}
	}
}

func TestPlanIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	files := NewFiles(t.TempDir(), "a-run")
	if err := files.WritePlan(somePlan(), planned(3)); err != nil {
		t.Fatal(err)
	}
	path := files.Path(PlanName("a-run"))
	validFile(t, "plan", path)
	p, err := OpenPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if d := cmp.Diff(somePlan(), &p.Plan, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	var got []*sync.Operation
	for op, err := range p.Operations() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, op)
	}
	if len(got) != 3 || got[2].Key != "k2" || got[2].Seq != 2 || got[2].Changes[0].Before != "12345678901234567890" ||
		got[2].Changes[0].After != `"<Grüße> \u00e9"` || got[2].Offset != 160 || got[2].Native != "k2" || got[2].Fingerprint != "0123" {
		t.Errorf("got %+v", got)
	}
}

func TestEditedPlanIsRefused(t *testing.T) {
	t.Parallel()
	files := NewFiles(t.TempDir(), "a-run")
	if err := files.WritePlan(somePlan(), planned(3)); err != nil {
		t.Fatal(err)
	}
	path := files.Path(PlanName("a-run"))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, edited := range map[string]string{
		"another account": strings.Replace(string(whole), `"k1"`, `"k9"`, 1),
		"later expiry":    strings.Replace(string(whole), "2026-11-24", "2027-11-24", 1),
		"cut short":       string(whole[:len(whole)-200]),
		"empty":           "",
		"something else":  strings.Repeat("x", 500),
	} {
		if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := OpenPlan(path); !errors.Is(err, ErrEdited) {
			t.Errorf("%s: got %v, %v", name, p, err)
		}
	}
}

// A million operations pass through without being held.
func TestPlanIsStreamed(t *testing.T) {
	const n = 50_000
	files := NewFiles(t.TempDir(), "a-run")
	before := liveHeap()
	if err := files.WritePlan(somePlan(), planned(n)); err != nil {
		t.Fatal(err)
	}
	path := files.Path(PlanName("a-run"))
	p, err := OpenPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	read, most := 0, uint64(0)
	for _, err := range p.Operations() {
		if err != nil {
			t.Fatal(err)
		}
		if read++; read%10_000 == 0 {
			most = max(most, liveHeap())
		}
	}
	if read != n {
		t.Errorf("%d operations were read back", read)
	}
	if grown := int64(most) - int64(before); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes for %d operations", grown, n)
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
