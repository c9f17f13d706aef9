package sandbox_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"accountsync/sandbox"

	"github.com/google/go-cmp/cmp"
)

const (
	hr        = "HR Contractors"
	directory = "Corporate Directory"
)

func TestListEveryPathForm(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, prefix := range []string{"/v3/accounts", "/v2024/accounts", "/v2025/accounts", "/v2026/accounts", "/beta/accounts", "/accounts/v1"} {
		got := a.get(prefix, "filters", fmt.Sprintf("sourceId eq %q", a.sourceID(hr)), "sorters", "id", "count", "true", "limit", "50")
		if got.status != 200 || len(got.list(t)) != 50 || got.header.Get("X-Total-Count") != "60" {
			t.Errorf("%s: %d, %d rows, total %s", prefix, got.status, len(got.list(t)), got.header.Get("X-Total-Count"))
		}
		if one := a.get(prefix + "/" + got.list(t)[0]["id"].(string)); one.status != 200 {
			t.Errorf("%s/ID: %d", prefix, one.status)
		}
	}
	for _, path := range []string{"/sources/v1/%s/schemas", "/v3/sources/%s/schemas", "/sources/v1/%s", "/beta/sources/%s"} {
		if got := a.get(fmt.Sprintf(path, a.sourceID(hr))); got.status != 200 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	_, task := a.create(hr, "C9")
	for _, path := range []string{"/v2024/task-status/", "/v2025/task-status/", "/v2026/task-status/", "/beta/task-status/", "/task-status/v1/"} {
		if got := a.send("GET", path+task, "", "X-SailPoint-Experimental", "true"); got.status != 200 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// accountFields are the documented members of an account.
var accountMembers = strings.Fields(`attributes authoritative cloudLifecycleState connectionType created description disabled
	features hasEntitlements id identity identityId identityState isMachine locked manuallyCorrelated modified name nativeIdentity
	origin ownerIdentity recommendation sourceId sourceName sourceOwner systemAccount uncorrelated uuid`)

func TestAccountMembers(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	got := a.get("/v3/accounts/" + a.account(hr, "C1001").ID).object(t)
	for _, name := range accountMembers {
		if _, there := got[name]; !there {
			t.Errorf("%s is missing", name)
		}
	}
	if len(got) <= len(accountMembers) {
		t.Error("no unknown member, which clients must live with")
	}
	attributes := got["attributes"].(map[string]any)
	if hash, _ := attributes["idNowDescription"].(string); len(hash) != 64 {
		t.Errorf("idNowDescription = %q", hash)
	}
	identity := got["identity"].(map[string]any)
	if identity["type"] != "IDENTITY" || identity["id"] != got["identityId"] || identity["name"] != "Ada Castell" || got["uncorrelated"] != false {
		t.Errorf("identity %v", identity)
	}
	machine := a.get("/v3/accounts/" + a.account(directory, "CN=svc-backup,OU=Service,DC=corp,DC=example,DC=com").ID).object(t)
	if machine["attributes"] != nil || machine["isMachine"] != true || machine["identity"] != nil ||
		!cmp.Equal(machine["recommendation"], map[string]any{"type": "MACHINE", "method": "SOURCE"}) {
		t.Errorf("machine account: %v", machine)
	}
}

func TestLongNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	listed := a.get("/v3/accounts", "filters", fmt.Sprintf("sourceId eq %q", a.sourceID(directory)))
	if !strings.Contains(listed.body, `"uSNChanged":12345678901234567890`) {
		t.Error("the seeded number has changed")
	}
	id := a.account(hr, "C1001").ID
	a.send("PUT", "/v3/accounts/"+id, `{"attributes":{"employeeId":"C1001","badgeNumber":98765432109876543210,"contractor":true,"groups":[7,"x"]}}`)
	got := a.account(hr, "C1001")
	// The service keeps strings whatever the type, and arrays where the schema says isMulti.
	if string(got.Attributes["badgeNumber"]) != `"98765432109876543210"` || string(got.Attributes["contractor"]) != `"true"` ||
		string(got.Attributes["groups"]) != `["7","x"]` {
		t.Errorf("%s", got.Attributes)
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	a := newAPI(t, sandbox.Generate(1003, 7))
	seen := map[string]bool{}
	previous := ""
	for offset := 0; offset < 1003; offset += 250 {
		for _, id := range ids(a.page(sandbox.GeneratedSource, 250, offset).list(t)) {
			if seen[id] || id <= previous {
				t.Fatalf("%s after %s, seen %v", id, previous, seen[id])
			}
			seen[id], previous = true, id
		}
	}
	if len(seen) != 1003 {
		t.Errorf("%d of 1003 accounts", len(seen))
	}
	for _, test := range []struct{ limit, offset, want int }{{0, 0, 0}, {250, 1000, 3}, {250, 1003, 0}, {250, 99999, 0}, {1, 1002, 1}} {
		if got := a.page(sandbox.GeneratedSource, test.limit, test.offset); len(got.list(t)) != test.want || got.header.Get("X-Total-Count") != "1003" {
			t.Errorf("%+v: %d rows, total %s", test, len(got.list(t)), got.header.Get("X-Total-Count"))
		}
	}
	if got := a.get("/v3/accounts"); len(got.list(t)) != 250 || got.header.Get("X-Total-Count") != "" {
		t.Errorf("without parameters: %d rows, total %q", len(got.list(t)), got.header.Get("X-Total-Count"))
	}
}

func TestUnsortedPagesAreUnsteady(t *testing.T) {
	t.Parallel()
	list := func(a *api) int {
		seen := map[string]bool{}
		for offset := 0; offset < 60; offset += 20 {
			rows := a.get("/v3/accounts", "filters", fmt.Sprintf("sourceId eq %q", a.sourceID(hr)), "limit", "20", "offset", fmt.Sprint(offset))
			for _, id := range ids(rows.list(t)) {
				seen[id] = true
			}
		}
		return len(seen)
	}
	if n := list(newAPI(t, nil)); n >= 60 {
		t.Errorf("without sorters all %d accounts were seen", n)
	}
	if n := list(newAPI(t, nil, sandbox.WithSettings(sandbox.Settings{StableUnsorted: true}))); n != 60 {
		t.Errorf("with stable pages %d accounts were seen", n)
	}
}

func TestSorters(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	column := func(sorters, name string) []string {
		var values []string
		for _, row := range a.get("/v3/accounts", "sorters", sorters).list(t) {
			values = append(values, strings.ToLower(fmt.Sprint(row[name])))
		}
		return values
	}
	if names := column("name", "name"); !slices.IsSorted(names) || len(names) != 73 {
		t.Errorf("name: %q", names)
	}
	down := column("-nativeIdentity", "nativeIdentity")
	slices.Reverse(down)
	if !slices.IsSorted(down) {
		t.Errorf("-nativeIdentity: %q", down)
	}
	sources, created := column("source.displayableName,-created", "sourceName"), column("source.displayableName,-created", "created")
	if !slices.IsSorted(sources) {
		t.Errorf("source.displayableName: %q", sources)
	}
	contractors := created[slices.Index(sources, strings.ToLower(hr)):]
	slices.Reverse(contractors)
	if !slices.IsSorted(contractors) {
		t.Errorf("-created within a source: %q", contractors)
	}
	for _, name := range strings.Fields("id name created modified sourceId identityId nativeIdentity uuid manuallyCorrelated entitlements origin " +
		"identity.name identity.identityState identity.correlated source.displayableName source.authoritative source.connectionType") {
		if got := a.get("/v3/accounts", "limit", "1", "sorters", "-"+name); got.status != 200 || len(got.list(t)) != 1 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestSlim(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	rows := a.get("/v3/accounts", "detailLevel", "SLIM", "filters", `nativeIdentity eq "C1001"`).list(t)
	want := strings.Fields(`attributes cloudLifecycleState created description disabled hasEntitlements id identity identityId identityState isMachine
		locked manuallyCorrelated modified name nativeIdentity origin recommendation sourceId sourceName uncorrelated uuid`)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(rows[0]))); diff != "" {
		t.Error(diff)
	}
	if rows[0]["attributes"] != nil {
		t.Errorf("SLIM has the attributes %v; published examples have null", rows[0]["attributes"])
	}
	if full := a.get("/v3/accounts", "detailLevel", "FULL", "filters", `nativeIdentity eq "C1001"`).list(t); full[0]["attributes"] == nil {
		t.Error("FULL has no attributes")
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	plain := a.send("GET", "/v3/accounts?sorters=id", "", "Accept-Encoding", "identity")
	packed := a.send("GET", "/v3/accounts?sorters=id", "", "Accept-Encoding", "br, gzip;q=0.8")
	if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) > len(plain.body)/4 || plain.header.Get("Content-Encoding") != "" {
		t.Fatalf("%s, %d bytes against %d", packed.header.Get("Content-Encoding"), len(packed.body), len(plain.body))
	}
	r, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != plain.body {
		t.Errorf("unpacked it differs: %v", err)
	}
	if got := a.send("GET", "/v3/accounts", "", "Accept-Encoding", "gzip;q=0"); got.header.Get("Content-Encoding") != "" {
		t.Error("compressed though refused")
	}
}

func TestSourcesAndSchemas(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	rows := a.get("/v3/sources", "filters", `name eq "hr contractors"`, "count", "true")
	if len(rows.list(t)) != 1 || rows.header.Get("X-Total-Count") != "1" {
		t.Fatalf("by name: %s", rows.body)
	}
	source := rows.list(t)[0]
	for name, want := range map[string]any{"id": a.sourceID(hr), "type": "DelimitedFile", "connectionType": "file", "deleteThreshold": 10.0,
		"authoritative": false, "healthy": true, "status": "SOURCE_STATE_HEALTHY"} {
		if source[name] != want {
			t.Errorf("%s = %v, want %v", name, source[name], want)
		}
	}
	for filter, want := range map[string]int{`connectionType eq "direct"`: 1, `features ca ("enable","unlock")`: 1, `features ca ("ENABLE","PROXY")`: 0,
		`features co "RANDOM"`: 1, `name co "o"`: 2, `description isnull or name sw "HR"`: 400, `authoritative ne true`: 2, `healthy isnull`: 0,
		`created ge 2026-01-01T00:00:00Z and not managementWorkgroup.id isnull`: 0, `category eq "x"`: 0} {
		got := a.get("/v3/sources", "filters", filter)
		if want == 400 && got.status != 400 || want != 400 && (got.status != 200 || len(got.list(t)) != want) {
			t.Errorf("%s: %d %.200s", filter, got.status, got.body)
		}
	}
	if got := a.get("/v3/sources", "sorters", "-name", "limit", "1").list(t); got[0]["name"] != hr {
		t.Errorf("sorted: %v", got[0]["name"])
	}
	path := "/v3/sources/" + a.sourceID(hr) + "/schemas"
	schema := a.get(path, "include-names", "account").list(t)[0]
	if schema["identityAttribute"] != "employeeId" || schema["displayAttribute"] != "displayName" || len(schema["attributes"].([]any)) != 10 {
		t.Errorf("%v", schema)
	}
	groups := schema["attributes"].([]any)[9].(map[string]any)
	if groups["name"] != "groups" || groups["isMulti"] != true || groups["isEntitlement"] != true || groups["type"] != "STRING" {
		t.Errorf("%v", groups)
	}
	for query, want := range map[string]int{"include-names=group": 0, "include-names=group,account": 1, "include-types=group": 0} {
		if got := a.get(path + "?" + query).list(t); len(got) != want {
			t.Errorf("%s: %d schemas", query, len(got))
		}
	}
}

func TestEntitlements(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	path := "/v3/accounts/" + a.account(hr, "C1004").ID + "/entitlements"
	all := a.get(path, "count", "true")
	if len(all.list(t)) != 3 || all.header.Get("X-Total-Count") != "3" {
		t.Fatalf("%s", all.body)
	}
	second := a.get(path, "limit", "1", "offset", "1").list(t)
	if len(second) != 1 || second[0]["id"] != all.list(t)[1]["id"] || second[0]["attribute"] != "groups" || second[0]["value"] == "" {
		t.Errorf("%v", second)
	}
	if got := a.get("/v3/accounts/" + a.account(hr, "C1001").ID + "/entitlements"); got.body != "[]" {
		t.Errorf("an account without groups: %s", got.body)
	}
}

// TestConcurrentClients lets writers and readers meet; the race detector watches.
func TestConcurrentClients(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil, sandbox.WithRate(sandbox.Rate{Kind: sandbox.RateOff}))
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 10 {
				a.create(hr, fmt.Sprintf("W%d-%d", worker, i))
				a.page(hr, 250, 0)
				a.get("/task-status/v1")
				a.server.Stats()
			}
		})
	}
	group.Wait()
	if got := a.page(hr, 250, 0); got.header.Get("X-Total-Count") != "100" || len(got.list(t)) != 100 {
		t.Errorf("total %s, %d rows", got.header.Get("X-Total-Count"), len(got.list(t)))
	}
	for native, n := range a.server.Stats().Creates {
		if n != 1 {
			t.Errorf("%s was created %d times", native, n)
		}
	}
}
