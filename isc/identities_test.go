package isc_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/sandbox"
)

// persons is a tenant of many identities, some of them alike.
func persons(n int) *sandbox.Seed {
	seed := staff(1)
	for i := range n {
		seed.Identities = append(seed.Identities, sandbox.IdentitySeed{ID: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Person %d", i%(n/2)),
			Alias: fmt.Sprintf("person%d", i), Email: new(fmt.Sprintf("Person.%d@example.com", i))})
	}
	seed.Identities = append(seed.Identities,
		sandbox.IdentitySeed{ID: "odd", Name: `O'Neil "\" & Søn`, Alias: "odd", Email: new("o'neil+x&y=z@example.com")},
		sandbox.IdentitySeed{ID: "gone", Name: "Gone", Alias: "gone", Email: new("person.3@example.com"), Uncorrelated: true})
	return seed
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	server := sandbox.New(persons(600), sandbox.WithLatency(sandbox.Latency{}))
	listener := httptest.NewServer(server)
	defer listener.Close()
	ids := func(found []account.Identity) string {
		var ids []string
		for _, identity := range found {
			ids = append(ids, identity.ID)
		}
		slices.Sort(ids)
		return strings.Join(ids, " ")
	}
	for _, api := range []string{"v3", "v2024", "v2025", "v2026", "v1", "beta"} {
		c := connect(t, listener.URL, api, nil)
		found, err := c.Identities(t.Context(), account.IdentityName, []string{`o'neil "\" & SØN`, "Person 1", "nobody", "person 1"})
		if err != nil {
			t.Fatalf("%s: %v", api, err)
		}
		for i, want := range []string{"odd", "p1 p301", "", "p1 p301"} {
			if got := ids(found[i]); got != want {
				t.Errorf("%s: text %d: %s, want %s", api, i, got, want)
			}
		}
	}
	c := connect(t, listener.URL, "v2025", nil)
	server.ResetLog()
	var emails []string
	for i := range 600 {
		emails = append(emails, fmt.Sprintf("person.%d@EXAMPLE.com", i))
	}
	found, err := c.Identities(t.Context(), account.IdentityEmail, append(emails, "o'neil+x&y=z@example.com", strings.Repeat("x", 5000)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 {
		want := fmt.Sprintf("p%d", i)
		if i == 3 {
			want = "gone p3"
		}
		if got := ids(found[i]); got != want {
			t.Errorf("email %d: %s, want %s", i, got, want)
		}
	}
	if ids(found[600]) != "odd" || found[601] != nil {
		t.Errorf("the odd ones: %v", found[600:])
	}
	asked := 0
	for _, r := range server.Requests() {
		if strings.HasPrefix(r.Path, "/v2025/identities") {
			asked++
			query, _ := url.ParseQuery(r.Query)
			if n := len(listener.URL) + len(r.Path) + 1 + len(r.Query); n > 4096 || query.Get("count") != "true" || query.Get("defaultFilter") != "NONE" {
				t.Errorf("an address of %d bytes: %s", n, r.Query)
			}
		}
	}
	if asked < 6 || asked > 14 {
		t.Errorf("%d requests for 600 emails", asked)
	}
}

// Everybody has one of few names: an answer that takes several pages is asked for in halves.
func TestIdentitiesOfManyNamesakes(t *testing.T) {
	t.Parallel()
	seed := staff(1)
	for i := range 700 {
		seed.Identities = append(seed.Identities, sandbox.IdentitySeed{ID: fmt.Sprintf("p%d", i), Name: []string{"Ann", "Ben", "Cyd", "Dov"}[min(i%8, 3)]})
	}
	listener := httptest.NewServer(sandbox.New(seed, sandbox.WithLatency(sandbox.Latency{})))
	defer listener.Close()
	found, err := connect(t, listener.URL, "v1", nil).Identities(t.Context(), account.IdentityName, []string{"Ann", "Ben", "Cyd", "Dov", "Eve"})
	if err != nil {
		t.Fatal(err)
	}
	var counts []int
	for _, f := range found {
		counts = append(counts, len(f))
	}
	if !slices.Equal(counts, []int{88, 88, 88, 250, 0}) {
		t.Errorf("%v", counts)
	}
}

func TestIdentitiesAreHeldAgainstTheQuestion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault sandbox.Fault
		want  string
	}{
		{sandbox.Fault{Kind: sandbox.FaultFiltersDropped}, "the API ignored the filter email: an identity came that was not asked for"},
		{sandbox.Fault{Kind: sandbox.FaultShortPage, Rows: 1}, "1 identities came, the total says 2"},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal}, "2 identities came, the total says 3"},
		{sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "none"}, "no X-Total-Count"},
		{sandbox.Fault{Kind: sandbox.FaultEmptyListNoTotal}, "no X-Total-Count"},
	} {
		seed := persons(20)
		seed.Faults = []sandbox.Rule{{Path: "/identities", Fault: test.fault}}
		listener := httptest.NewServer(sandbox.New(seed, sandbox.WithLatency(sandbox.Latency{})))
		_, err := connect(t, listener.URL, "v3", nil).Identities(t.Context(), account.IdentityEmail, []string{"person.1@example.com", "person.2@example.com"})
		listener.Close()
		var e *isc.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) || !e.Void() || !e.Unreachable() {
			t.Errorf("%+v: %v", test.fault, err)
		}
	}
	seed := persons(20)
	seed.Clients = []sandbox.Client{{ID: "tester", Secret: "sand", Scopes: []string{"idn:accounts:read"}}}
	listener := httptest.NewServer(sandbox.New(seed, sandbox.WithLatency(sandbox.Latency{})))
	defer listener.Close()
	_, err := connect(t, listener.URL, "v3", nil).Identities(t.Context(), account.IdentityAlias, []string{"x"})
	var e *isc.Error
	if !errors.As(err, &e) || !e.Denied() || !strings.Contains(e.Hint(), "idn:identity:read") {
		t.Errorf("without the scope: %v", err)
	}
}
