package isc

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/oauth2"
)

// Grant is what signing in gave, without the token.
type Grant struct {
	Life time.Duration // how long the token is good; 0 when the tenant did not say
	// Ends is when the token says of itself that it ends, its claim exp; zero when
	// it is no JWT or has none. The claim is read, not verified.
	Ends time.Time
	// Scopes are those the tenant named, sorted; nil when it named none in words.
	Scopes []string
}

// allScopes is the scope that holds every other.
const allScopes = "sp:scopes:all"

// Has reports whether the grant holds the scope; known is false when the tenant
// did not say what it holds.
func (g Grant) Has(scope string) (has, known bool) {
	if g.Scopes == nil {
		return false, false
	}
	return slices.Contains(g.Scopes, scope) || slices.Contains(g.Scopes, allScopes), true
}

// SignIn signs in anew and says what it was granted.
func (c *Client) SignIn(ctx context.Context) (Grant, error) {
	t := c.tokens
	got, err := t.conf.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		return Grant{}, t.failed(ctx, err)
	}
	var g Grant
	if !got.Expiry.IsZero() {
		g.Life = time.Until(got.Expiry).Round(time.Second)
	}
	said, _ := got.Extra("scope").(string)
	g.Scopes = scopesIn(strings.Fields(said))
	claims := claimsOf(got.AccessToken)
	if g.Scopes == nil {
		g.Scopes = scopesIn(claims.scopes())
	}
	g.Ends = claims.ends()
	return g, nil
}

// scopesIn picks what reads like a scope: tenants also write them as codes that
// nobody outside can read.
func scopesIn(words []string) []string {
	var scopes []string
	for _, w := range words {
		if strings.HasPrefix(w, "idn:") || strings.HasPrefix(w, "sp:") {
			scopes = append(scopes, w)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// claims are what a token that is a JWT says of itself. The one whom it is for
// need not read it, let alone verify it: nothing is decided by it.
type claims struct {
	Scope jsontext.Value `json:"scope"`
	Exp   jsontext.Value `json:"exp"`
}

// claimsOf reads the claims of a token; one that is no JWT has none.
func claimsOf(token string) (c claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(text, &c, lenient) != nil {
		return claims{}
	}
	return c
}

func (c claims) scopes() []string {
	if len(c.Scope) == 0 {
		return nil
	}
	var list []string
	if json.Unmarshal(c.Scope, &list) == nil {
		return list
	}
	return strings.Fields(stringOf(c.Scope))
}

// ends is the claim exp: seconds since 1970, maybe with a fraction.
func (c claims) ends() time.Time {
	const year9999 = 253402300799
	seconds, err := strconv.ParseFloat(stringOf(c.Exp), 64)
	if err != nil || !(seconds > 0 && seconds <= year9999) {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// Probe is one look at something that can be read.
type Probe struct {
	Name  string // accounts, sources or task status
	Scope string // what it needs
	Total int    // how many there are, -1 when the API did not say
	// Err is why it cannot be read, nil when it can.
	Err error
	// Skew is how far the clock of this machine is ahead of the API's, to the
	// second; known only where the answer had a date.
	Skew  time.Duration
	Dated bool
	// Quota are the headers of the answer that speak of a rate limit.
	Quota []string
}

// TaskStatus is the name of the Probe without which a sync works.
const TaskStatus = "task status"

// Probes look once at each thing that can be read without a source. Nothing is written.
func (c *Client) Probes(ctx context.Context) []Probe {
	probes := []Probe{
		{Name: "accounts", Scope: scopeAccountsRead},
		{Name: "sources", Scope: scopeSources},
		{Name: TaskStatus, Scope: scopeTasks},
	}
	for i, path := range []string{c.paths.accounts, c.paths.sources, c.paths.tasks} {
		query := url.Values{"limit": {"1"}, "count": {"true"}}
		a, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query, scope: probes[i].Scope, idempotent: true, list: true})
		if probes[i].Err = err; err == nil {
			probes[i].see(a.header, time.Now())
		}
	}
	return probes
}

// see takes from an answer that came now what its headers say.
func (p *Probe) see(h http.Header, now time.Time) {
	p.Total = total(h)
	p.Skew, p.Dated = skewOf(h, now)
	for name, values := range h {
		if strings.Contains(strings.ToLower(strings.ReplaceAll(name, "-", "")), "ratelimit") {
			p.Quota = append(p.Quota, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(p.Quota)
}
