package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"accountsync/sandbox"
)

// create sends a create and gives its task's id, if it was answered.
func (a *api) create(source, native string) (answer, string) {
	a.t.Helper()
	got := a.send("POST", "/v3/accounts", fmt.Sprintf(`{"attributes":{"sourceId":%q,"employeeId":%q}}`, a.sourceID(source), native))
	if got.status != 202 {
		return got, ""
	}
	return got, got.object(a.t)["id"].(string)
}

// page lists accounts of the source ordered by id.
func (a *api) page(source string, limit, offset int) answer {
	a.t.Helper()
	return a.get("/v3/accounts", "filters", fmt.Sprintf("sourceId eq %q", a.sourceID(source)), "sorters", "id",
		"limit", fmt.Sprint(limit), "offset", fmt.Sprint(offset), "count", "true")
}

func ids(rows []map[string]any) []string {
	list := make([]string, len(rows))
	for i, row := range rows {
		list[i] = row["id"].(string)
	}
	return list
}

func fault(f sandbox.Fault) sandbox.Option {
	return sandbox.WithFaults(sandbox.Rule{Path: "/accounts", Count: 1, Fault: f})
}

func TestFaultStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault               sandbox.Fault
		status              int
		retryAfter, body    string // body is a part of it
		contentType, reason string
	}{
		{sandbox.Fault{}, 500, "", `"detailCode":"500.0 Internal Fault"`, "application/json", "default"},
		{sandbox.Fault{Status: 503, RetryAfter: "7"}, 503, "7", `"detailCode":"503 Service Unavailable"`, "application/json", "503"},
		{sandbox.Fault{Status: 502, Body: "<html>bad gateway</html>"}, 502, "", "<html>", "text/html", "no JSON"},
		{sandbox.Fault{Status: 504, Body: sandbox.BodyNone}, 504, "", "", "", "no body"},
		{sandbox.Fault{Status: 429, RetryAfter: "3"}, 429, "3", `{"message":" Rate Limit Exceeded "}`, "application/json", "seconds"},
		{sandbox.Fault{Status: 429, RetryAfter: "0"}, 429, "0", "Rate Limit", "application/json", "zero"},
		{sandbox.Fault{Status: 429}, 429, "", "Rate Limit", "application/json", "absent"},
		{sandbox.Fault{Status: 429, RetryAfter: "soon"}, 429, "soon", "Rate Limit", "application/json", "unreadable"},
		{sandbox.Fault{Status: 429, RetryAfter: "date:soon"}, 429, "date:soon", "Rate Limit", "application/json", "unreadable date"},
		{sandbox.Fault{Status: 429, RetryAfter: "99999999999999999999"}, 429, "99999999999999999999", "Rate", "application/json", "absurd"},
		{sandbox.Fault{Status: 429, Body: sandbox.BodyNone}, 429, "", "", "", "429 without body"},
	} {
		test.fault.Kind = sandbox.FaultStatus
		a := newAPI(t, nil, fault(test.fault))
		got := a.page(hr, 10, 0)
		if got.status != test.status || got.header.Get("Retry-After") != test.retryAfter ||
			!strings.Contains(got.body, test.body) || got.header.Get("Content-Type") != test.contentType {
			t.Errorf("%s: %d %q %v", test.reason, got.status, got.body, got.header)
		}
		if test.body == "" && got.body != "" {
			t.Errorf("%s: body %q", test.reason, got.body)
		}
		if again := a.page(hr, 10, 0); again.status != 200 {
			t.Errorf("%s: the fault happened twice: %d", test.reason, again.status)
		}
	}
}

func TestFaultRetryAfterDate(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: "date:90"}))
	at, err := http.ParseTime(a.page(hr, 1, 0).header.Get("Retry-After"))
	if wait := time.Until(at); err != nil || wait < 80*time.Second || wait > 91*time.Second {
		t.Errorf("Retry-After is %s from now, %v", wait, err)
	}
}

func TestFaultLostAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind  sandbox.FaultKind
		there bool
	}{{sandbox.FaultLostBefore, false}, {sandbox.FaultLostAfter, true}} {
		a := newAPI(t, nil, fault(sandbox.Fault{Kind: test.kind}))
		if got, _ := a.create(hr, "C9"); got.err == nil {
			t.Errorf("%s: answered %d", test.kind, got.status)
		}
		if _, there := a.lookUp(hr, "C9"); there != test.there {
			t.Errorf("%s: the account is there: %v", test.kind, there)
		}
	}
}

func TestFaultCutBody(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultCutBody}))
	if got := a.page(hr, 60, 0); got.status != 200 || !errors.Is(got.err, io.ErrUnexpectedEOF) || got.body == "" {
		t.Errorf("%d, %d bytes, %v", got.status, len(got.body), got.err)
	}
	if got := a.page(hr, 60, 0); got.err != nil || len(got.list(t)) != 60 {
		t.Errorf("the next answer is broken too: %v", got.err)
	}
}

func TestFaultExpireToken(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil, sandbox.WithFaults(sandbox.Rule{Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultExpireToken}}))
	for i, want := range []int{200, 401, 401} {
		if got := a.page(hr, 1, 0); got.status != want {
			t.Errorf("request %d: %d, want %d", i+1, got.status, want)
		}
	}
	a.token = a.signIn("demo", "demo-secret")
	if got := a.page(hr, 1, 0); got.status != 200 {
		t.Errorf("with a new token: %d", got.status)
	}
}

func TestFaultPages(t *testing.T) {
	t.Parallel()
	whole := ids(newAPI(t, nil).page(hr, 60, 0).list(t))
	for _, test := range []struct {
		fault sandbox.Fault
		total string
		rows  []string
	}{
		{sandbox.Fault{Kind: sandbox.FaultShortPage}, "60", whole[:6]},
		{sandbox.Fault{Kind: sandbox.FaultShortPage, Rows: 20}, "60", nil},
		{sandbox.Fault{Kind: sandbox.FaultRepeatRow}, "60", append(append([]string{}, whole[:9]...), whole[0])},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal}, "61", whole[:10]},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal, Rows: -5}, "55", whole[:10]},
		{sandbox.Fault{Kind: sandbox.FaultShiftRemove, Rows: 2}, "58", whole[2:12]},
	} {
		a := newAPI(t, nil, fault(test.fault))
		got := a.page(hr, 10, 0)
		if rows := ids(got.list(t)); strings.Join(rows, " ") != strings.Join(test.rows, " ") || got.header.Get("X-Total-Count") != test.total {
			t.Errorf("%+v: total %s, rows %v", test.fault, got.header.Get("X-Total-Count"), rows)
		}
	}
}

func TestFaultShiftWhileListing(t *testing.T) {
	t.Parallel()
	for kind, want := range map[sandbox.FaultKind]struct{ seen, missed, twice int }{
		sandbox.FaultShiftRemove: {seen: 59, missed: 1}, // the first row of the second page slips into the first
		sandbox.FaultShiftAdd:    {seen: 60, twice: 1},  // the last row of the first page comes again
	} {
		a := newAPI(t, nil, sandbox.WithFaults(sandbox.Rule{Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: kind}}))
		before := a.server.Accounts(a.sourceID(hr))
		times := map[string]int{}
		for offset := 0; offset < 61; offset += 20 {
			for _, id := range ids(a.page(hr, 20, offset).list(t)) {
				times[id]++
			}
		}
		missed, twice := 0, 0
		for _, account := range before {
			if times[account.ID] == 0 {
				missed++
			} else if times[account.ID] > 1 {
				twice++
			}
		}
		if len(times) != want.seen || missed != want.missed || twice != want.twice {
			t.Errorf("%s: %d seen, %d missed, %d twice, want %+v", kind, len(times), missed, twice, want)
		}
	}
}

func TestFaultTasks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault  sandbox.Fault
		http   int
		status any // completionStatus
		there  bool
	}{
		{sandbox.Fault{Kind: sandbox.FaultTaskFails, Messages: []string{"disk full"}}, 200, "ERROR", false},
		{sandbox.Fault{Kind: sandbox.FaultTaskFails, CompletionStatus: "TEMPERROR"}, 200, "TEMPERROR", false},
		{sandbox.Fault{Kind: sandbox.FaultTaskFails, CompletionStatus: "WARNING"}, 200, "WARNING", false},
		{sandbox.Fault{Kind: sandbox.FaultTaskNeverEnds}, 200, nil, false},
		{sandbox.Fault{Kind: sandbox.FaultTaskSlow, Delay: sandbox.Duration(time.Hour)}, 200, nil, false},
		{sandbox.Fault{Kind: sandbox.FaultTaskUnknown}, 404, nil, true},
		{sandbox.Fault{Kind: sandbox.FaultTaskUnknown, Delay: sandbox.Duration(time.Hour)}, 404, nil, true},
		{sandbox.Fault{Kind: sandbox.FaultVanish}, 200, "SUCCESS", false},
		{sandbox.Fault{Kind: sandbox.FaultDiscard}, 404, nil, false},
	} {
		a := newAPI(t, nil, fault(test.fault))
		_, id := a.create(hr, "C9")
		got := a.get("/task-status/v1/" + id)
		status := got.object(t)["completionStatus"]
		if _, there := a.lookUp(hr, "C9"); got.status != test.http || status != test.status || there != test.there {
			t.Errorf("%+v: %d, %v, account there: %v", test.fault, got.status, status, there)
		}
		for _, message := range test.fault.Messages {
			if !strings.Contains(got.body, `"message":"`+message+`"`) {
				t.Errorf("%+v: %s", test.fault, got.body)
			}
		}
	}
}

func TestRuleCounts(t *testing.T) {
	t.Parallel()
	busy := sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}
	for _, test := range []struct {
		rule sandbox.Rule
		want []int
	}{
		{sandbox.Rule{}, []int{503, 503, 503, 503, 503, 503}},
		{sandbox.Rule{Nth: 3}, []int{200, 200, 503, 200, 200, 200}},
		{sandbox.Rule{Every: 2}, []int{200, 503, 200, 503, 200, 503}},
		{sandbox.Rule{Every: 2, Count: 2}, []int{200, 503, 200, 503, 200, 200}},
		{sandbox.Rule{Count: 1}, []int{503, 200, 200, 200, 200, 200}},
		{sandbox.Rule{Method: "POST"}, []int{200, 200, 200, 200, 200, 200}},
		{sandbox.Rule{Path: "/accounts/*"}, []int{200, 200, 200, 200, 200, 200}},
		{sandbox.Rule{Match: `sorters=id`}, []int{503, 503, 503, 503, 503, 503}},
		{sandbox.Rule{Match: `sorters=name`}, []int{200, 200, 200, 200, 200, 200}},
	} {
		test.rule.Fault = busy
		a := newAPI(t, nil)
		a.server.AddFault(test.rule) // after the sign-in, which a rule for any path would meet too
		for i, want := range test.want {
			if got := a.page(hr, 1, 0); got.status != want {
				t.Errorf("%+v: request %d: %d, want %d", test.rule, i+1, got.status, want)
			}
		}
	}
}

func TestRuleMatchesAccount(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	a.server.AddFault(sandbox.Rule{Match: "C1007", Fault: sandbox.Fault{Kind: sandbox.FaultStatus}})
	for native, want := range map[string]int{"C1007": 500, "C1008": 200} {
		if got := a.get("/v3/accounts/" + a.account(hr, native).ID); got.status != want {
			t.Errorf("%s: %d, want %d", native, got.status, want)
		}
	}
	if got, _ := a.create(hr, "C1007"); got.status != 500 {
		t.Errorf("create of C1007: %d", got.status)
	}
	a.server.ClearFaults()
	_, task := a.create(hr, "C1009")
	a.server.AddFault(sandbox.Rule{Path: "/task-status/*", Match: "C1009", Fault: sandbox.Fault{Kind: sandbox.FaultStatus}})
	if got := a.get("/task-status/v1/" + task); got.status != 500 {
		t.Errorf("task of C1009: %d", got.status)
	}
}
