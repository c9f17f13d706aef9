package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"accountsync/sandbox"
)

func TestDeprecated(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for path, want := range map[string]string{
		"/beta/accounts": "true", "/beta/accounts/nobody": "true", "/v3/accounts": "", "/accounts/v1": "", "/beta/sources": "", "/beta/task-status": "",
	} {
		if got := a.get(path); got.header.Get("X-Deprecated") != want {
			t.Errorf("%s: %d, X-Deprecated %q", path, got.status, got.header.Get("X-Deprecated"))
		}
	}
}

func TestFiltersAndSortersByVersion(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	null := `completionStatus isnull`
	for _, test := range []struct {
		parameter, value string
		paths            map[string]int
	}{
		{"filters", `created lt "2026-01-01T00:00:00Z"`, map[string]int{"/v3/accounts": 200, "/v2026/accounts": 200, "/accounts/v1": 200, "/beta/accounts": 400}},
		{"sorters", "hasEntitlements,sourceOwner.name", map[string]int{"/v3/accounts": 400, "/accounts/v1": 400, "/beta/accounts": 200}},
		{"sorters", "identity.id", map[string]int{"/v3/accounts": 200, "/beta/accounts": 200}},
		{"filters", null, map[string]int{"/beta/task-status": 400, "/v2024/task-status": 400, "/v2025/task-status": 200, "/v2026/task-status": 200, "/task-status/v1": 200}},
		{"filters", `launcher eq "CLOUD_ACCOUNT_AGGREGATION"`, map[string]int{"/v2025/task-status": 400, "/v2026/task-status": 200, "/task-status/v1": 200}},
		{"filters", `type eq "CLOUD_ACCOUNT_AGGREGATION"`, map[string]int{"/v2024/task-status": 200, "/v3/task-status": 404}},
	} {
		for path, want := range test.paths {
			if got := a.preview(path, test.parameter, test.value); got.status != want {
				t.Errorf("%s?%s=%s: %d %s", path, test.parameter, test.value, got.status, got.body)
			}
		}
	}
}

func TestAggregationsAndSchedules(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Sources[0].Aggregations = []sandbox.AggregationSeed{{Start: sandbox.Duration(time.Hour), Length: sandbox.Duration(10 * time.Minute)}}
	seed.Sources[0].Schedules = []sandbox.ScheduleSeed{{CronExpression: "0 0 5,13,21 * * ?"}, {Type: "GROUP_AGGREGATION", CronExpression: "0 0 1 * * ?"}}
	inBubble(t, func(t *testing.T, _ *api) {
		server := sandbox.New(seed, sandbox.WithTaskDelay(time.Hour))
		a := &api{t: t, server: server, base: "http://sandbox", client: &http.Client{Transport: server.Transport()}}
		a.token = a.signIn("demo", "demo-secret")
		source := a.sourceID(hr)
		running := func() int {
			return len(a.get("/task-status/v1", "filters", fmt.Sprintf(
				`sourceId eq %q and type eq "CLOUD_ACCOUNT_AGGREGATION" and completionStatus isnull`, source)).list(t))
		}
		a.create(hr, "C9") // a task of another type
		for i, step := range []struct {
			sleep time.Duration
			do    func()
			want  int
		}{
			{0, func() {}, 0},
			{time.Hour, func() {}, 1},
			{0, func() { server.StartAggregation(source) }, 2},
			{10 * time.Minute, func() {}, 1},
			{time.Hour, func() {}, 1},
			{0, func() {
				if ended := server.EndAggregations(source); ended != 1 {
					t.Errorf("%d ended", ended)
				}
			}, 0},
		} {
			time.Sleep(step.sleep)
			if step.do(); running() != step.want {
				t.Errorf("step %d: %d run, want %d", i+1, running(), step.want)
			}
		}
		rows := a.get("/task-status/v1", "filters", `type eq "CLOUD_ACCOUNT_AGGREGATION"`).list(t)
		if len(rows) != 2 || rows[0]["completionStatus"] != "SUCCESS" || rows[0]["type"] != "QUARTZ" || rows[0]["launched"] != "2000-01-01T01:00:00.000Z" ||
			rows[0]["completed"] != "2000-01-01T01:10:00.000Z" || rows[0]["description"] != "Cloud Account Aggregation on "+hr {
			t.Errorf("%v", rows)
		}
		for path, want := range map[string]int{
			"/sources/v1/" + source: 200, "/v2024/sources/" + source: 200, "/v2026/sources/" + source: 200,
			"/v3/sources/" + source: 404, "/beta/sources/" + source: 404, "/sources/v1/nobody": 404,
		} {
			got := a.get(path + "/schedules")
			if got.status != want || want == 200 && got.body != `[{"type":"ACCOUNT_AGGREGATION","cronExpression":"0 0 5,13,21 * * ?"},{"type":"GROUP_AGGREGATION","cronExpression":"0 0 1 * * ?"}]` {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
	})
}

// staff is a tenant with one source.
func staff(source sandbox.SourceSeed, clients ...sandbox.Client) *sandbox.Seed {
	source.Name = hr
	source.Schema = sandbox.SchemaSeed{IdentityAttribute: "employeeId", Attributes: []sandbox.AttributeSeed{{Name: "employeeId"}, {Name: "groups", IsMulti: true, IsEntitlement: true}}}
	return &sandbox.Seed{Clients: append(clients, sandbox.Client{ID: "demo", Secret: "demo-secret"}), Sources: []sandbox.SourceSeed{source},
		Identities: []sandbox.IdentitySeed{{Name: "Ada"}, {Name: "Bo"}}}
}

func TestDeleteIsForDelimitedFiles(t *testing.T) {
	t.Parallel()
	accounts := []sandbox.AccountSeed{{Attributes: sandbox.Attributes{"employeeId": "S1"}}}
	for kind, want := range map[string]int{"DelimitedFile": 202, "Delimited File": 202, "Generic": 400, "Non-Employee": 400} {
		a := newAPI(t, staff(sandbox.SourceSeed{Type: kind, Accounts: accounts}))
		path := "/v3/accounts/" + a.account(hr, "S1").ID
		if got := a.send("PUT", path, `{"attributes":{"employeeId":"S1"}}`); got.status != 202 {
			t.Errorf("%s: PUT %d", kind, got.status)
		}
		if got := a.send("DELETE", path, ""); got.status != want || want == 400 && !strings.Contains(got.body, `"detailCode":"400.1 Bad Request Content"`) {
			t.Errorf("%s: DELETE %d %s", kind, got.status, got.body)
		}
	}
}

func TestMoveOfAProvisionedAccount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		origin       string
		reprovisions bool
		want         int
	}{{"PROVISIONED", true, 2}, {"PROVISIONED", false, 1}, {"AGGREGATED", true, 1}, {"", true, 1}} {
		a := newAPI(t, staff(sandbox.SourceSeed{Reprovisions: test.reprovisions, Accounts: []sandbox.AccountSeed{
			{Attributes: sandbox.Attributes{"employeeId": "S1"}, Identity: "Ada", Origin: test.origin},
			{Attributes: sandbox.Attributes{"employeeId": "S2"}, Identity: "Bo", Machine: true}}}))
		ada, bo := a.account(hr, "S1"), a.account(hr, "S2")
		if !bo.Machine || ada.Machine || test.origin != "" && ada.Origin != test.origin {
			t.Errorf("%+v, %+v", ada, bo)
		}
		got := a.send("PATCH", "/v3/accounts/"+ada.ID, fmt.Sprintf(`[{"op":"replace","path":"/identityId","value":%q}]`, bo.IdentityID),
			"Content-Type", "application/json-patch+json")
		accounts := a.server.Accounts(a.sourceID(hr))
		if got.status != 202 || len(accounts) != test.want+1 || a.account(hr, "S1").IdentityID != bo.IdentityID {
			t.Errorf("%+v: %d, %+v", test, got.status, accounts)
		}
		if test.want == 2 && (accounts[1].IdentityID != ada.IdentityID || accounts[1].ID == ada.ID) {
			t.Errorf("the new account: %+v", accounts[1])
		}
		if writes := a.server.Writes(); len(writes) != 1 {
			t.Errorf("%d writes were asked for", len(writes))
		}
	}
}

func TestScopesOfUnlockAndLevels(t *testing.T) {
	t.Parallel()
	state := "idn:accounts-state:manage"
	a := newAPI(t, staff(sandbox.SourceSeed{Accounts: []sandbox.AccountSeed{{Attributes: sandbox.Attributes{"employeeId": "S1"}, Locked: true}}},
		sandbox.Client{ID: "state", Secret: "s", Scopes: []string{state}},
		sandbox.Client{ID: "both", Secret: "s", Scopes: []string{state, "idn:accounts-provisioning:manage"}},
		sandbox.Client{ID: "helpdesk", Secret: "s", Level: "HELPDESK", Scopes: []string{state, "idn:accounts:read", "idn:accounts:manage", "idn:accounts-provisioning:manage"}},
		sandbox.Client{ID: "desk", Secret: "s", Level: "HELPDESK"}))
	path := "/v3/accounts/" + a.account(hr, "S1").ID
	for _, test := range []struct {
		client, method, path, body string
		want                       int
	}{
		{"state", "POST", path + "/unlock", `{"forceProvisioning":true}`, 403},
		{"state", "POST", path + "/unlock", `{"forceProvisioning":false}`, 202},
		{"state", "POST", path + "/unlock", `{}`, 202},
		{"state", "POST", path + "/enable", `{"forceProvisioning":true}`, 202},
		{"both", "POST", path + "/unlock", `{"forceProvisioning":true}`, 202},
		{"helpdesk", "POST", path + "/unlock", `{"forceProvisioning":true}`, 403},
		{"helpdesk", "POST", path + "/unlock", `{}`, 202},
		{"helpdesk", "GET", path, ``, 200},
		{"helpdesk", "DELETE", path, ``, 403},
		{"desk", "GET", path, ``, 200},
		{"desk", "DELETE", path, ``, 403},
	} {
		token := a.signIn(test.client, "s")
		got := a.send(test.method, test.path, test.body, "Authorization", "Bearer "+token)
		if got.status != test.want || test.want == 403 && !strings.Contains(got.body, "lacks the scope") {
			t.Errorf("%+v: %d %s", test, got.status, got.body)
		}
	}
	granted := a.send("POST", "/oauth/token", "grant_type=client_credentials&client_id=helpdesk&client_secret=s",
		"Content-Type", "application/x-www-form-urlencoded").object(t)["scope"]
	if granted != state+" idn:accounts:read" {
		t.Errorf("granted: %v", granted)
	}
}

func TestEntitlementPages(t *testing.T) {
	t.Parallel()
	groups := make([]string, 260)
	for i := range groups {
		groups[i] = fmt.Sprintf("G%03d", i)
	}
	a := newAPI(t, staff(sandbox.SourceSeed{Accounts: []sandbox.AccountSeed{{Attributes: sandbox.Attributes{"employeeId": "S1", "groups": groups}}}}))
	path := "/v3/accounts/" + a.account(hr, "S1").ID + "/entitlements"
	for _, test := range []struct {
		query []string
		rows  int
		first string
		total string
	}{
		{nil, 250, "G000", ""},
		{[]string{"count", "true"}, 250, "G000", "260"},
		{[]string{"offset", "250", "count", "true"}, 10, "G250", "260"},
		{[]string{"offset", "7", "limit", "2"}, 2, "G007", ""},
	} {
		got := a.get(path, test.query...)
		rows := got.list(t)
		if len(rows) != test.rows || rows[0]["value"] != test.first || got.header.Get("X-Total-Count") != test.total {
			t.Errorf("%v: %d rows, total %q", test.query, len(rows), got.header.Get("X-Total-Count"))
		}
	}
}
