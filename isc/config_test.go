package isc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func TestNewChecksConfig(t *testing.T) {
	t.Parallel()
	good := func(base string) Config { return Config{BaseURL: base, ClientID: "id", ClientSecret: "secret"} }
	tests := []struct {
		name string
		cfg  Config
		base string // when it is taken
		err  string // a part of the error when it is not
	}{
		{"plain", good("https://acme.api.identitynow.com"), "https://acme.api.identitynow.com", ""},
		{"slash and spaces", good(" https://acme.api.identitynow.com// \n"), "https://acme.api.identitynow.com", ""},
		{"vanity", good("https://iam.example.org:8443"), "https://iam.example.org:8443", ""},
		{"fedramp", good("https://acme.api.saas.sailpointfedramp.com"), "https://acme.api.saas.sailpointfedramp.com", ""},
		{"loopback name", good("http://localhost:8080"), "http://localhost:8080", ""},
		{"loopback v4", good("http://127.0.0.9:1"), "http://127.0.0.9:1", ""},
		{"loopback v6", good("http://[::1]:1"), "http://[::1]:1", ""},
		{"upper case scheme", good("HTTPS://acme.api.identitynow.com"), "https://acme.api.identitynow.com", ""},
		{"upper case host", good("https://ACME.Api.IdentityNow.com"), "https://acme.api.identitynow.com", ""},
		{"upper case loopback", good("http://LocalHost:8080"), "http://localhost:8080", ""},
		{"dot at the end", good("https://acme.api.identitynow.com./"), "https://acme.api.identitynow.com", ""},
		{"the port it has anyway", good("https://acme.api.identitynow.com:443"), "https://acme.api.identitynow.com", ""},
		{"the port with a zero", good("https://acme.api.identitynow.com:0443/"), "https://acme.api.identitynow.com", ""},
		{"no port", good("https://localhost:"), "https://localhost", ""},
		{"the port of http", good("http://localhost:80"), "http://localhost", ""},
		{"the port of http for https", good("https://localhost:80"), "https://localhost:80", ""},
		{"loopback v6 in full", good("http://[0:0:0:0:0:0:0:1]:8080"), "http://[::1]:8080", ""},
		{"only a dot", good("https://./"), "", "has no host"},
		{"none", good(" "), "", "set SAIL_BASE_URL"},
		{"http", good("http://acme.api.identitynow.com"), "", "write https://acme.api.identitynow.com"},
		{"http, looks like loopback", good("http://localhost.evil.example"), "", "unencrypted"},
		{"no scheme", good("acme.api.identitynow.com"), "", "write https://acme.api.identitynow.com"},
		{"other scheme", good("ftp://acme.api.identitynow.com"), "", `scheme "ftp"`},
		{"path", good("https://acme.api.identitynow.com/v3"), "", "write https://acme.api.identitynow.com"},
		{"query", good("https://acme.api.identitynow.com/?a=b"), "", "more than a host"},
		{"web pages", good("https://acme.identitynow.com"), "", "https://acme.api.identitynow.com"},
		{"demo web pages", good("https://acme.identitynow-demo.com"), "", "https://acme.api.identitynow-demo.com"},
		{"user", good("https://me:pass@acme.api.identitynow.com"), "", "without user"},
		{"unreadable", good("https://a b\x7f"), "", "cannot be read"},
		{"api", Config{BaseURL: "https://h", API: "v9", ClientID: "id", ClientSecret: "s"}, "", "v3, v2024, v2025, v2026, v1, beta"},
		{"no credentials", Config{BaseURL: "https://h"}, "", "SAIL_CLIENT_ID and SAIL_CLIENT_SECRET"},
		{"no id", Config{BaseURL: "https://h", ClientSecret: "s"}, "", "SAIL_CLIENT_ID"},
		{"no secret", Config{BaseURL: "https://h", ClientID: "i"}, "", "SAIL_CLIENT_SECRET"},
		{"secret with a line end", Config{BaseURL: "https://h", ClientID: "i", ClientSecret: "hush\n"}, "", "client secret has spaces"},
		{"id with a space", Config{BaseURL: "https://h", ClientID: " i", ClientSecret: "hush"}, "", "client id has spaces"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := New(tt.cfg)
			switch {
			case tt.err == "" && err != nil:
				t.Fatal(err)
			case tt.err == "" && (c.base != tt.base || c.Tenant() != tt.base):
				t.Fatalf("base is %q, want %q", c.base, tt.base)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Fatalf("error is %v, want one with %q", err, tt.err)
			case tt.err != "" && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "pass@")):
				t.Fatalf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	cfg := Config{BaseURL: "https://h", API: "v3", ClientID: "id", ClientSecret: "hush-hush"}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+"\n", cfg, &cfg, c, struct{ C any }{cfg})
	}
	var log bytes.Buffer
	logger := zerolog.New(&log)
	logger.Info().Object("config", cfg).Interface("raw", cfg).Interface("client", c).Send()
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string]string{"fmt": out.String(), "zerolog": log.String(), "json": string(text)} {
		if strings.Contains(shown, "hush-hush") || strings.Contains(shown, "687573682d68757368") {
			t.Errorf("%s shows the secret:\n%s", name, shown)
		}
		if !strings.Contains(shown, "https://h") {
			t.Errorf("%s does not show the base URL:\n%s", name, shown)
		}
	}
}
