package isc

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSignInSaysWhatWasGranted(t *testing.T) {
	t.Parallel()
	jwt := func(claims string) string {
		return "h." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".s"
	}
	for name, c := range map[string]struct {
		body string
		want Grant
	}{
		"in the answer": {`{"access_token":"opaque","expires_in":749,"scope":"sp:scopes:all  idn:accounts:read"}`, Grant{Life: 749 * time.Second, Scopes: []string{"idn:accounts:read", "sp:scopes:all"}}},
		"a list claim":  {`{"access_token":"` + jwt(`{"scope":["idn:b:read","idn:a:read","idn:a:read"]}`) + `"}`, Grant{Scopes: []string{"idn:a:read", "idn:b:read"}}},
		"a text claim":  {`{"access_token":"` + jwt(`{"scope":"idn:a:read other"}`) + `"}`, Grant{Scopes: []string{"idn:a:read"}}},
		"in codes":      {`{"access_token":"` + jwt(`{"scope":["Cg==","Ag=="]}`) + `"}`, Grant{}},
		"no scope":      {`{"access_token":"` + jwt(`{}`) + `"}`, Grant{}},
		"its end":       {`{"access_token":"` + jwt(`{"exp":1767225600}`) + `"}`, Grant{Ends: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"with fraction": {`{"access_token":"` + jwt(`{"exp":1.7672256005e9,"scope":7}`) + `"}`, Grant{Ends: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"in a text":     {`{"access_token":"` + jwt(`{"exp":"1767225600"}`) + `"}`, Grant{Ends: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"no end at all": {`{"access_token":"` + jwt(`{"exp":null}`) + `"}`, Grant{}},
		"never":         {`{"access_token":"` + jwt(`{"exp":1e300}`) + `"}`, Grant{}},
		"before time":   {`{"access_token":"` + jwt(`{"exp":-5}`) + `"}`, Grant{}},
		"NaN":           {`{"access_token":"` + jwt(`{"exp":"NaN"}`) + `"}`, Grant{}},
		"broken claims": {`{"access_token":"` + jwt(`{"exp":1767225600`) + `"}`, Grant{}},
		"no JWT":        {`{"access_token":"a.b.c"}`, Grant{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := roundTrip(func(*http.Request) (*http.Response, error) { return answerOf(200, c.body), nil })
			client, err := New(Config{BaseURL: "https://t.api.identitynow.com", ClientID: "a", ClientSecret: "b", HTTP: answers})
			if err != nil {
				t.Fatal(err)
			}
			got, err := client.SignIn(t.Context())
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestGrantKnowsItsScopes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scopes     []string
		has, known bool
	}{{nil, false, false}, {[]string{"idn:a:read"}, true, true}, {[]string{"sp:scopes:all"}, true, true}, {[]string{"idn:b:read"}, false, true}} {
		if has, known := (Grant{Scopes: c.scopes}).Has("idn:a:read"); has != c.has || known != c.known {
			t.Errorf("%v: %v, %v", c.scopes, has, known)
		}
	}
}

func TestProbesLookAndWriteNothing(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.handle("GET /v3/accounts", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("X-Total-Count", "12500")
		h.Set("X-RateLimit-Limit", "100")
		h.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		_, _ = w.Write([]byte("[]"))
	})
	tn.reply("GET /v3/sources", 403, `{"detailCode":"403 Forbidden"}`)
	tn.reply("GET /v2025/task-status", 200, `[]`)
	probes := tn.client(t).Probes(t.Context())
	if len(probes) != 3 {
		t.Fatalf("%d probes", len(probes))
	}
	first := probes[0]
	if first.Err != nil || first.Total != 12500 || !first.Dated || first.Skew < 59*time.Minute || first.Skew > 61*time.Minute {
		t.Errorf("accounts: %+v", first)
	}
	if diff := cmp.Diff([]string{"X-Ratelimit-Limit: 100"}, first.Quota); diff != "" {
		t.Error(diff)
	}
	if probes[1].Err == nil || probes[1].Scope != "idn:sources:read" || probes[2].Err != nil || probes[2].Total != -1 {
		t.Errorf("%+v", probes[1:])
	}
	for _, r := range tn.requests() {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s", r.Method, r.Path)
		}
	}
}
