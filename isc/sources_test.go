package isc

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

const hrID = "2c9180835d191a86015d28455b4a2329"

// sourceTenant serves sources as ISC does: names compare without case.
func sourceTenant(t *testing.T, bodies ...map[string]any) *tenant {
	tn := newTenant(t)
	tn.handle("GET /v3/sources/{id}", func(w http.ResponseWriter, r *http.Request) {
		for _, b := range bodies {
			if b["id"] == r.PathValue("id") {
				_ = json.NewEncoder(w).Encode(b)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"detailCode":"404 Not found"}`)
	})
	tn.handle("GET /v3/sources", func(w http.ResponseWriter, r *http.Request) {
		found := []map[string]any{}
		filter := r.URL.Query().Get("filters")
		for _, b := range bodies {
			if filter == "" || strings.EqualFold(filter, `name eq `+quote(b["name"].(string))) {
				found = append(found, b)
			}
		}
		_ = json.NewEncoder(w).Encode(found)
	})
	return tn
}

func TestSource(t *testing.T) {
	t.Parallel()
	hr := map[string]any{"id": hrID, "name": `HR "old"`, "type": "DelimitedFile", "connectionType": "file", "authoritative": true, "deleteThreshold": 10, "later": 1}
	uuid := map[string]any{"id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "name": "AD", "type": "Active Directory", "connectionType": "direct", "deleteThreshold": nil}
	lower := map[string]any{"id": "3", "name": "ad", "type": nil}
	hex := map[string]any{"id": "4", "name": "0123456789abcdef0123456789abcdef"}
	tn := sourceTenant(t, hr, uuid, lower, hex)
	c := tn.client(t)
	wantHR := account.Source{ID: hrID, Name: `HR "old"`, Type: "DelimitedFile", ConnectionType: "file", Authoritative: true, DeleteThreshold: new(10)}
	wantAD := account.Source{ID: "1b4e28ba-2fa1-11d2-883f-0016d3cca427", Name: "AD", Type: "Active Directory", ConnectionType: "direct"}
	for asked, want := range map[string]account.Source{
		hrID: wantHR, `HR "old"`: wantHR, `hr "OLD"`: wantHR,
		"1b4e28ba-2fa1-11d2-883f-0016d3cca427": wantAD, "AD": wantAD,
		"ad":                               {ID: "3", Name: "ad"},
		"0123456789abcdef0123456789abcdef": {ID: "4", Name: "0123456789abcdef0123456789abcdef"}, // a name that looks like an id
	} {
		got, err := c.Source(t.Context(), asked)
		if err != nil {
			t.Errorf("%s: %v", asked, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", asked, d)
		}
	}
}

func TestSourceNotFound(t *testing.T) {
	t.Parallel()
	src := func(id, name string) map[string]any { return map[string]any{"id": id, "name": name} }
	c := sourceTenant(t, src("1", "Employees"), src("2", "employees"), src("3", "Contractors"), src("4", "Badges")).client(t)
	tests := []struct{ asked, err, hint string }{
		{"Employes", `no source has the id or name "Employes"`, `did you mean "Employees", "employees"?`},
		{"contractor", `no source has the id or name "contractor"`, `did you mean "Contractors"?`},
		{"Something else entirely", `no source has the id`, "Admin, Connections, Sources"},
		{hrID, `no source has the id or name "` + hrID, "Sources"},
		{"EMPLOYEES", `2 sources have the name "EMPLOYEES": 1 (Employees), 2 (employees)`, "give the id"},
	}
	for _, tt := range tests {
		_, err := c.Source(t.Context(), tt.asked)
		var e *SourceError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), tt.err) || !strings.Contains(e.Hint(), tt.hint) {
			t.Errorf("%s: %v, hint %q", tt.asked, err, e.Hint())
		}
	}
	if _, err := c.Source(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "--source") {
		t.Errorf("no name: %v", err)
	}
}

// TestSourceTrouble: an error other than "not found" is not taken for it.
func TestSourceTrouble(t *testing.T) {
	t.Parallel()
	for status, hint := range map[int]string{403: "idn:sources:read", 500: "trackingId"} {
		for _, asked := range []string{hrID, "HR"} {
			tn := newTenant(t)
			tn.reply("/", status, `{}`)
			_, err := tn.client(t).Source(t.Context(), asked)
			if e := asError(t, err); e.Status != status || !strings.Contains(e.Hint(), hint) || len(tn.requests()) != 1 {
				t.Errorf("%s: %v, hint %q, %d requests", asked, e, e.Hint(), len(tn.requests()))
			}
		}
	}
	tn := newTenant(t)
	tn.reply("/", 200, `{"id":`)
	if _, err := tn.client(t).Source(t.Context(), hrID); asError(t, err).Status != 200 {
		t.Errorf("half an answer: %v", err)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/sources/s1/schemas", 200, `[
		{"name":"group","identityAttribute":"gid","attributes":[]},
		{"name":"account","nativeObjectType":"User","identityAttribute":"id","displayAttribute":"name","attributes":[
			{"name":"id","type":"STRING","isMulti":false,"isEntitlement":false},
			{"name":"n","type":"long"},{"name":"i","type":"INT"},{"name":"b","type":"Boolean"},{"name":"d","type":"DATE"},
			{"name":"groups","type":"STRING","isMulti":true,"schema":{"type":"CONNECTOR_SCHEMA"}},
			{"name":"roles","type":"STRING","isMultiValued":true},
			{"name":"secret","type":"SECRET"},{"name":"none","type":null,"isMulti":null}]}]`)
	got, err := tn.client(t).Schema(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	want := account.Schema{IdentityAttribute: "id", DisplayAttribute: "name", Attributes: []account.SchemaAttribute{
		{Name: "id", Type: account.TypeString}, {Name: "n", Type: account.TypeLong}, {Name: "i", Type: account.TypeInt},
		{Name: "b", Type: account.TypeBoolean}, {Name: "d", Type: account.TypeDate},
		{Name: "groups", Type: account.TypeString, Multi: true}, {Name: "roles", Type: account.TypeString, Multi: true},
		{Name: "secret", Type: account.TypeString}, {Name: "none", Type: account.TypeString},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if q := tn.last(t).Query.Get("include-names"); q != "account" {
		t.Errorf("include-names is %q", q)
	}
}

func TestSchemaMissing(t *testing.T) {
	t.Parallel()
	for body, part := range map[string]string{
		`[]`:                   "no schema named account",
		`[{"name":"group"}]`:   "no schema named account",
		`[{"name":"account"}]`: "identityAttribute",
		`[{"name":]`:           "not what was asked for",
	} {
		tn := newTenant(t)
		tn.reply("/", 200, body)
		if _, err := tn.client(t).Schema(t.Context(), "s1"); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestEntitlements(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/accounts/a/entitlements", 200, `[{"id":"e1","name":"Staff","attribute":"memberOf","value":"CN=staff","sourceSchemaObjectType":"group","description":null,"privileged":true,"requestable":false,"cloudGoverned":true,"later":[]},{}]`)
	got, all, err := tn.client(t).Entitlements(t.Context(), "a", 250, 0, false)
	if err != nil || all != -1 {
		t.Fatal(all, err)
	}
	want := []Entitlement{{ID: "e1", Name: "Staff", Attribute: "memberOf", Value: "CN=staff", ObjectType: "group", Privileged: true, CloudGoverned: true}, {}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if q := tn.last(t).Query; q.Get("limit") != "250" || q.Get("offset") != "250" || q.Has("count") {
		t.Errorf("sent %v", q)
	}
}

func TestEntitlementsAreCountedByTheAPI(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]int{"7": 7, "0": 0, "": -1, "-3": -1, "many": -1} {
		tn := newTenant(t)
		tn.handle("GET /v3/accounts/a/entitlements", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Total-Count", header)
			_, _ = w.Write([]byte("[]"))
		})
		_, all, err := tn.client(t).Entitlements(t.Context(), "a", 0, 1, true)
		if err != nil || all != want || tn.last(t).Query.Get("count") != "true" {
			t.Errorf("%q: %d, %v, sent %v", header, all, err, tn.last(t).Query)
		}
	}
}
