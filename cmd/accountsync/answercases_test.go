package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountsync/sandbox"
)

// Answers that prove nothing, as people met them: see testdata/cases. Each is
// held against what the sandbox's own books say was written.

func listing(f sandbox.Fault) sandbox.Rule {
	return sandbox.Rule{Method: "GET", Path: "/accounts", NotMatch: "nativeIdentity", Fault: f}
}

// sync runs a sync of a file of the case.
func (b *caseBox) sync(t *testing.T, file string, args ...string) (code int, printed string) {
	t.Helper()
	return b.run(t, append([]string{"sync", "--source", "Flat", "--file", filepath.Join("testdata", "cases", file)}, args...))
}

// wrote fails unless that many writes of a kind were done, and none over an
// account that was there.
func (b *caseBox) wrote(t *testing.T, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, w := range b.box.Writes() {
		method, _, _ := strings.Cut(w.Operation, " ")
		got[method]++
		if method == "POST" && w.Before != nil {
			t.Errorf("created over %s", w.NativeIdentity)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("written: %v, want %v", got, want)
	}
}

// says fails unless the exit status and all of the texts are there.
func says(t *testing.T, code, want int, printed string, texts ...string) {
	t.Helper()
	if code != want {
		t.Errorf("exit status %d, want %d\n%s", code, want, printed)
	}
	for _, text := range texts {
		if !strings.Contains(printed, text) {
			t.Errorf("it does not say %q:\n%s", text, printed)
		}
	}
}

// 03: every page of a listing lacks its last 4 accounts, the total stays 600.
func TestCaseUnprovenListing(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "03-unproven-listing-creates")
	box.box.AddFault(listing(sandbox.Fault{Kind: sandbox.FaultShortPage}))
	code, printed := box.sync(t, "03-unproven-listing-creates/same600.csv")
	says(t, code, 3, printed, "600 unchanged")
	box.wrote(t, map[string]int{})
	asked := 0
	for _, r := range box.box.Requests() {
		if r.Method == "GET" && strings.Contains(r.Query, "nativeIdentity") {
			asked++
		}
	}
	if asked == 0 {
		t.Error("nothing was looked up by its name")
	}
}

// 04: the first listing is empty, with a total of 0; later ones are right.
func TestCaseEmptyListing(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "04-empty-listing-then-undo")
	empty := listing(sandbox.Fault{Kind: sandbox.FaultEmptyList})
	empty.Count = 2 // the page, and the one that shows that it was the last
	box.box.AddFault(empty)
	code, printed := box.sync(t, "04-empty-listing-then-undo/chg40.csv")
	says(t, code, 0, printed, "10 updated, all verified", "30 unchanged")
	box.wrote(t, map[string]int{"PUT": 10})
	code, printed = box.run(t, []string{"undo", "last"})
	says(t, code, 0, printed, "10 to update")
	plans, err := filepath.Glob(filepath.Join(box.dir, "plan-*.json"))
	if err != nil || len(plans) == 0 {
		t.Fatalf("no plan was saved: %v", err)
	}
	code, printed = box.run(t, []string{"apply", plans[len(plans)-1], "--allow-removals", "40"})
	says(t, code, 0, printed)
	box.wrote(t, map[string]int{"PUT": 20})
	if n := len(box.box.Accounts(box.box.SourceID("Flat"))); n != 40 {
		t.Errorf("%d accounts are left", n)
	}
}

// 04 as it was: the listings stay empty all night, and looks by name are right.
func TestCaseEmptyListings(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "04-empty-listing-then-undo")
	box.box.AddFault(listing(sandbox.Fault{Kind: sandbox.FaultEmptyList}))
	code, printed := box.sync(t, "04-empty-listing-then-undo/chg40.csv")
	says(t, code, 3, printed, "NOT verified complete", "10 updated, all verified", "30 unchanged")
	box.wrote(t, map[string]int{"PUT": 10})
}

// 06: the filter is dropped, accounts of every source come.
func TestCaseFilterDropped(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"cross.csv"}, {"same200.csv", "--removal", "delete", "--max-removals", "100%"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			box := newCaseBox(t, "06-filter-ignored-deletes-other-source")
			box.box.AddFault(sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultFiltersDropped}})
			code, printed := box.sync(t, "06-filter-ignored-deletes-other-source/"+args[0], args[1:]...)
			says(t, code, 69, printed, "source", "proxy or cache")
			box.wrote(t, map[string]int{})
		})
	}
}

// 06 for single accounts and for the way back of a run.
func TestCaseFilterDroppedElsewhere(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "06-filter-ignored-deletes-other-source")
	code, printed := box.run(t, []string{"accounts", "put", "00100", "--attribute", "city=Rome", "--source", "Flat"})
	says(t, code, 0, printed)
	box.box.AddFault(sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultFiltersDropped}})
	for _, args := range [][]string{
		{"accounts", "put", "X001", "--attribute", "city=Paris", "--source", "Flat"},
		{"accounts", "delete", "X000", "--source", "Flat", "--yes"},
		{"accounts", "delete", "00101", "--source", "Flat", "--yes"},
		{"undo", "last"},
	} {
		code, printed := box.run(t, args)
		says(t, code, 69, printed, "proxy or cache")
	}
	box.wrote(t, map[string]int{"PUT": 1})
}

// 08: writes are thrown away, tasks are unknown, and every look by name after
// the first write is empty, with a total of 0.
func TestCaseEmptyLook(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "08-empty-look-verifies-deletes")
	box.box.AddFault(sandbox.Rule{Method: "DELETE", Fault: sandbox.Fault{Kind: sandbox.FaultDiscard}})
	box.box.AddFault(sandbox.Rule{Method: "GET", Path: "/accounts", Match: "nativeIdentity", AfterWrites: 1, Fault: sandbox.Fault{Kind: sandbox.FaultEmptyList}})
	began := time.Now()
	code, printed := box.sync(t, "08-empty-look-verifies-deletes/same12.csv", "--removal", "delete", "--max-removals", "100%", "--verify-timeout", "3s")
	says(t, code, 3, printed, "planned 28 = verified 0 + accepted 28")
	if time.Since(began) > 30*time.Second {
		t.Errorf("it took %v", time.Since(began))
	}
	box.wrote(t, map[string]int{})
}

// A sign-in page in the middle of a run ends it with the page's title.
func TestCaseSignInPage(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "04-empty-listing-then-undo")
	box.box.AddFault(sandbox.Rule{AfterWrites: 3, Fault: sandbox.Fault{Kind: sandbox.FaultHTML}})
	code, printed := box.sync(t, "04-empty-listing-then-undo/chg40.csv", "--workers", "1", "--verify-timeout", "2s", "--lost-after", "1s")
	says(t, code, 69, printed, "planned 10 = verified 0", "Sign in to continue")
	for _, w := range box.box.Writes() {
		if w.Operation != "PUT /accounts/*" {
			t.Errorf("%s %s", w.Operation, w.NativeIdentity)
		}
	}
}
