package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/sandbox"
)

// named looks accounts of the source up by native identity.
func (a *api) named(source string, natives ...string) answer {
	a.t.Helper()
	return a.get("/v3/accounts", "filters", fmt.Sprintf(`sourceId eq %q and nativeIdentity in ("%s")`, a.sourceID(source),
		strings.Join(natives, `","`)), "sorters", "id", "count", "true")
}

func TestFaultLists(t *testing.T) {
	t.Parallel()
	whole := ids(newAPI(t, nil).page(hr, 60, 0).list(t))
	backwards := slices.Clone(whole[10:20])
	slices.Reverse(backwards)
	for _, test := range []struct {
		fault sandbox.Fault
		total string
		rows  []string
	}{
		{sandbox.Fault{Kind: sandbox.FaultSamePage}, "60", whole[:10]},
		{sandbox.Fault{Kind: sandbox.FaultOutOfOrder}, "60", backwards},
		{sandbox.Fault{Kind: sandbox.FaultEmptyList}, "0", nil},
		{sandbox.Fault{Kind: sandbox.FaultEmptyListNoTotal}, "", nil},
		{sandbox.Fault{Kind: sandbox.FaultShortList, Rows: 13}, "13", whole[10:13]},
		{sandbox.Fault{Kind: sandbox.FaultShortList}, "1", nil},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "1000000000000000000"}, "1000000000000000000", whole[10:20]},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "-5"}, "-5", whole[10:20]},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "many"}, "many", whole[10:20]},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "none"}, "", whole[10:20]},
	} {
		a := newAPI(t, nil, fault(test.fault))
		got := a.page(hr, 10, 10)
		if rows := ids(got.list(t)); !slices.Equal(rows, test.rows) || got.header.Get("X-Total-Count") != test.total {
			t.Errorf("%+v: total %q, rows %v", test.fault, got.header.Get("X-Total-Count"), rows)
		}
	}
}

func TestFaultFiltersDropped(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultFiltersDropped}))
	got := a.page(hr, 250, 0)
	sources := map[any]int{}
	for _, row := range got.list(t) {
		sources[row["sourceId"]]++
	}
	if got.header.Get("X-Total-Count") != "73" || sources[a.sourceID(hr)] != 60 || len(sources) != 2 {
		t.Errorf("total %s, %v", got.header.Get("X-Total-Count"), sources)
	}
}

func TestRulesTellListingsFromLooks(t *testing.T) {
	t.Parallel()
	empty := sandbox.Fault{Kind: sandbox.FaultEmptyList}
	for _, test := range []struct {
		rule          sandbox.Rule
		listing, look int
	}{
		{sandbox.Rule{Path: "/accounts", Match: "nativeIdentity in", Fault: empty}, 60, 0},
		{sandbox.Rule{Path: "/accounts", NotMatch: "nativeIdentity", Fault: empty}, 0, 2},
	} {
		a := newAPI(t, nil, sandbox.WithFaults(test.rule))
		listing, look := len(a.page(hr, 250, 0).list(t)), len(a.named(hr, "C1001", "C1002").list(t))
		if listing != test.listing || look != test.look {
			t.Errorf("%+v: %d listed, %d looked up", test.rule, listing, look)
		}
	}
}

func TestRuleAfterWrites(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil, sandbox.WithFaults(sandbox.Rule{Path: "/accounts", Method: "GET", AfterWrites: 2, Fault: sandbox.Fault{Kind: sandbox.FaultEmptyList}}))
	for i, want := range []int{1, 1, 0} {
		if got := len(a.named(hr, "C1001").list(t)); got != want {
			t.Errorf("after %d writes: %d rows", i, got)
		}
		if got := a.send("DELETE", "/v3/accounts/"+a.account(hr, fmt.Sprintf("C10%d", 10+i)).ID, ""); got.status != 202 {
			t.Fatal(got.status, got.body)
		}
	}
}

func TestFaultStaleLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := inMemory(t)
		start := a.named(hr, "C1001", "C1002", "C1003").body
		first := a.account(hr, "C1001")
		a.send("PUT", "/v3/accounts/"+first.ID, `{"attributes":{"employeeId":"C1001","city":"Sopot"}}`)
		time.Sleep(time.Minute)
		a.send("DELETE", "/v3/accounts/"+a.account(hr, "C1002").ID, "")
		time.Sleep(time.Minute)
		a.server.RemoveAccount(a.sourceID(hr), "C1003")
		for _, test := range []struct {
			fault sandbox.Fault
			rows  int
			sopot bool
		}{
			{sandbox.Fault{}, 2, true},
			{sandbox.Fault{Rows: 2}, 3, true},
			{sandbox.Fault{Rows: 3}, 3, false},
			{sandbox.Fault{Rows: 99}, 3, false},
			{sandbox.Fault{Delay: sandbox.Duration(time.Second)}, 2, true},
			{sandbox.Fault{Delay: sandbox.Duration(90 * time.Second)}, 3, true},
			{sandbox.Fault{Delay: sandbox.Duration(time.Hour)}, 3, false},
		} {
			test.fault.Kind = sandbox.FaultStaleLook
			a.server.ClearFaults()
			a.server.AddFault(sandbox.Rule{Method: "GET", Fault: test.fault})
			got := a.named(hr, "C1001", "C1002", "C1003")
			if len(got.list(t)) != test.rows || strings.Contains(got.body, "Sopot") != test.sopot {
				t.Errorf("%+v: %s", test.fault, got.body)
			}
			if !test.sopot && got.body != start {
				t.Errorf("%+v: it is not as it was at the start", test.fault)
			}
			if one := a.get("/v3/accounts/" + first.ID); strings.Contains(one.body, "Sopot") != test.sopot {
				t.Errorf("%+v: one account: %s", test.fault, one.body)
			}
		}
		a.server.ClearFaults()
		if got := a.named(hr, "C1001", "C1002", "C1003"); len(got.list(t)) != 1 || !strings.Contains(got.body, "Sopot") {
			t.Errorf("looking back changed what is: %s", got.body)
		}
	})
}

func TestFaultCarriedLost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		attributes []string
		lost, kept string
	}{
		{nil, "mail", "city"},
		{[]string{"city"}, "city", "mail"},
	} {
		a := newAPI(t, nil, sandbox.WithFaults(sandbox.Rule{Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultCarriedLost, Attributes: test.attributes}}))
		before := a.account(hr, "C1001")
		_ = a.send("PUT", "/v3/accounts/"+before.ID, fmt.Sprintf(`{"attributes":{"employeeId":"C1001","city":"Sopot","mail":%q}}`, before.Value("mail")))
		after := a.account(hr, "C1001")
		if before.Value("mail") == "" || after.Value(test.lost) != "" || after.Value(test.kept) == "" || after.Value("employeeId") != "C1001" {
			t.Errorf("%v: %v", test.attributes, after.Attributes)
		}
	}
}

func TestFaultForeignTask(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	_, id := a.create(hr, "C9")
	a.server.AddFault(sandbox.Rule{Path: "/task-status", Fault: sandbox.Fault{Kind: sandbox.FaultForeignTask}})
	a.server.AddFault(sandbox.Rule{Path: "/task-status/*", Fault: sandbox.Fault{Kind: sandbox.FaultForeignTask}})
	rows := a.get("/task-status/v1", "filters", fmt.Sprintf("id eq %q", id)).list(t)
	if len(rows) != 1 || rows[0]["id"] == id || rows[0]["completionStatus"] != "SUCCESS" {
		t.Errorf("list: %v", rows)
	}
	if one := a.get("/task-status/v1/" + id); one.status != 200 || one.object(t)["id"] == id {
		t.Errorf("one: %d %s", one.status, one.body)
	}
}

func TestTwins(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	twin := sandbox.AccountSeed{ID: strings.Repeat("f", 32), Attributes: sandbox.Attributes{"employeeId": "C1001", "city": "Sopot"}}
	for i := range seed.Sources {
		if seed.Sources[i].Name == hr {
			seed.Sources[i].Accounts = append(seed.Sources[i].Accounts, twin)
		}
	}
	a := newAPI(t, seed)
	if got := ids(a.named(hr, "C1001").list(t)); len(got) != 2 || got[1] != twin.ID {
		t.Errorf("by name: %v", got)
	}
	if got := a.send("DELETE", "/v3/accounts/"+twin.ID, ""); got.status != 202 {
		t.Fatal(got.status)
	}
	if got := ids(a.named(hr, "C1001").list(t)); len(got) != 1 || got[0] == twin.ID {
		t.Errorf("after the delete: %v", got)
	}
	a.server.SetAccount(a.sourceID(hr), twin)
	if got := ids(a.named(hr, "C1001").list(t)); len(got) != 2 {
		t.Errorf("set again: %v", got)
	}
}
