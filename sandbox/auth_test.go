package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"accountsync/sandbox"
)

const formMedia = "application/x-www-form-urlencoded"

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, test := range []struct {
		body, media string
		status      int
		code        string
	}{
		{"", formMedia, 400, "invalid_request"},
		{"grant_type=password&client_id=demo&client_secret=demo-secret", formMedia, 400, "unsupported_grant_type"},
		{"grant_type=client_credentials", formMedia, 401, "invalid_client"},
		{"grant_type=client_credentials&client_id=demo&client_secret=wrong", formMedia, 401, "invalid_client"},
		{"grant_type=client_credentials&client_id=nobody&client_secret=demo-secret", formMedia, 401, "invalid_client"},
		{`{"grant_type":"client_credentials"}`, "application/json", 400, "invalid_request"},
		{"grant_type=%zz", formMedia, 400, "invalid_request"},
	} {
		got := a.send("POST", "/oauth/token", test.body, "Content-Type", test.media)
		object := got.object(t)
		if got.status != test.status || object["error"] != test.code || object["error_description"] == "" {
			t.Errorf("%s: %d %s", test.body, got.status, got.body)
		}
	}
	// The secret has no place in the query.
	if got := a.send("POST", "/oauth/token?grant_type=client_credentials&client_id=demo&client_secret=demo-secret", ""); got.status != 400 {
		t.Errorf("credentials in the query: %d", got.status)
	}
}

func TestTokenWays(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Clients = append(seed.Clients, sandbox.Client{ID: "a b", Secret: "p+q:r", TokenLife: sandbox.Duration(749 * time.Second)})
	a := newAPI(t, seed)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("a+b:p%2Bq%3Ar"))
	got := a.send("POST", "/oauth/token", "grant_type=client_credentials", "Content-Type", formMedia, "Authorization", basic)
	object := got.object(t)
	if got.status != 200 || object["expires_in"] != 749.0 || object["token_type"] != "bearer" || object["scope"] != "sp:scopes:all" {
		t.Errorf("basic: %d %s", got.status, got.body)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, value := range map[string]string{"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo-secret"} {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got = a.send("POST", "/oauth/token", form.String(), "Content-Type", w.FormDataContentType())
	if got.status != 200 || got.object(t)["expires_in"] != 43200.0 {
		t.Errorf("multipart, as the official TypeScript client sends: %d %s", got.status, got.body)
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for header, want := range map[string]string{
		"":                  "JWT is required",
		"Basic abc":         "JWT validation failed",
		"Bearer":            "JWT validation failed",
		"Bearer not-a-real": "JWT validation failed: JWT is not valid",
	} {
		got := a.send("GET", "/v3/accounts", "", "Authorization", header)
		if text, _ := got.object(t)["error"].(string); got.status != 401 || !strings.Contains(text, want) {
			t.Errorf("%q: %d %s", header, got.status, got.body)
		}
	}
	a.server.ExpireTokens()
	got := a.get("/v3/accounts")
	if got.status != 401 || got.body != `{"error":"JWT validation failed: JWT is expired"}` {
		t.Errorf("expired: %d %s", got.status, got.body)
	}
	a.token = a.signIn("demo", "demo-secret")
	if got := a.get("/v3/accounts"); got.status != 200 {
		t.Errorf("after signing in again: %d", got.status)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Clients = append(seed.Clients, sandbox.Client{ID: "state", Secret: "s", Scopes: []string{"idn:accounts-state:manage"}})
	a := newAPI(t, seed)
	id := a.account(hr, "C1001").ID
	reader, state := a.signIn("reader", "reader-secret"), a.signIn("state", "s")
	for _, test := range []struct {
		token, request, body, scope string // scope is the one that lacks, empty when the request is allowed
	}{
		{reader, "GET /v3/accounts", "", ""},
		{reader, "GET /v3/accounts/" + id + "/entitlements", "", ""},
		{reader, "GET /v3/sources", "", ""},
		{reader, "GET /v3/sources/" + a.sourceID(hr) + "/schemas", "", ""},
		{reader, "GET /task-status/v1", "", ""},
		{reader, "POST /v3/accounts", "{}", "idn:accounts:manage"},
		{reader, "PUT /v3/accounts/" + id, "{}", "idn:accounts:manage"},
		{reader, "PATCH /v3/accounts/" + id, "[]", "idn:accounts:manage"},
		{reader, "DELETE /v3/accounts/" + id, "", "idn:accounts:manage"},
		{reader, "POST /v3/accounts/" + id + "/disable", "{}", "idn:accounts-state:manage"},
		{state, "POST /v3/accounts/" + id + "/disable", "{}", ""},
		{state, "POST /v3/accounts/" + id + "/reload", "", ""},
		{state, "GET /v3/accounts", "", "idn:accounts:read"},
		{state, "GET /v3/sources", "", "idn:sources:read"},
		{state, "GET /task-status/v1", "", "idn:task-management:read"},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		got := a.send(method, path, test.body, "Authorization", "Bearer "+test.token)
		switch {
		case test.scope == "" && got.status >= 300:
			t.Errorf("%s: %d %s", test.request, got.status, got.body)
		case test.scope != "" && got.status != 403:
			t.Errorf("%s: %d, want 403", test.request, got.status)
		case test.scope != "":
			checkErrorShape(t, test.request, got, test.scope)
		}
	}
}
