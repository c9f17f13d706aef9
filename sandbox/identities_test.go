package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"accountsync/sandbox"
)

func TestIdentities(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Identities = append(seed.Identities,
		sandbox.IdentitySeed{Name: "Bo Lund", Alias: "B\"o\\", Email: new("BO@example.com")},
		sandbox.IdentitySeed{ID: "other", Name: "Bo Lund", Alias: "bo2", Email: new("")},
		sandbox.IdentitySeed{Name: "Gone Quill", Email: new("bo@example.com"), Uncorrelated: true})
	seed.Clients = append(seed.Clients, sandbox.Client{ID: "blind", Secret: "s", Scopes: []string{"idn:accounts:read"}})
	seed.Sources = append(seed.Sources, sandbox.Generate(500, 3).Sources...)
	a := newAPI(t, seed)
	names := func(list []map[string]any) (names []string) {
		for _, person := range list {
			names = append(names, fmt.Sprint(person["alias"]))
		}
		slices.Sort(names)
		return names
	}
	for filter, want := range map[string]string{
		`email eq "bo@EXAMPLE.com"`:                                           `B"o\ gquill`,
		`email eq "bo@example.com" or email eq "hnovak@example.com"`:          `B"o\ gquill hnovak`,
		`name eq "bo lund"`:                                                   `B"o\ bo2`,
		`alias eq "b\"O\\"`:                                                   `B"o\`,
		`email eq "nobody@example.com"`:                                       ``,
		`id in ("other","nobody")`:                                            `bo2`,
		`alias sw "bo" and correlated eq true and name sw "bo l"`:             `bo2`,
		`email eq "` + sandbox.GeneratedRow(3, 1)[3] + `"`:                    sandbox.GeneratedRow(3, 1)[1],
		`name eq "` + sandbox.GeneratedRow(3, 7)[2] + `" or name eq "nobody"`: sandbox.GeneratedRow(3, 7)[1],
	} {
		got := a.get("/v2025/identities", "filters", filter, "defaultFilter", "NONE", "count", "true")
		if text := strings.Join(names(got.list(t)), " "); text != want {
			t.Errorf("%s: %s, want %s", filter, text, want)
		}
		if total := got.header.Get("X-Total-Count"); total != fmt.Sprint(len(got.list(t))) {
			t.Errorf("%s: total %s", filter, total)
		}
	}
	if got := names(a.get("/identities/v1", "filters", `email eq "bo@example.com"`).list(t)); !slices.Equal(got, []string{`B"o\`}) {
		t.Errorf("correlated ones only: %v", got)
	}
	all := a.get("/v2026/identities", "limit", "250", "count", "true", "sorters", "alias")
	if len(all.list(t)) != 250 || all.header.Get("X-Total-Count") == "250" {
		t.Errorf("a page of %d of %s", len(all.list(t)), all.header.Get("X-Total-Count"))
	}
	one := a.get("/beta/identities/other").object(t)
	if one["emailAddress"] != nil || one["name"] != "Bo Lund" {
		t.Errorf("one identity: %v", one)
	}
	for path, want := range map[string]int{"/v3/identities": 404, "/v2024/identities": 400, "/v2025/identities/nobody": 404} {
		if got := a.get(path); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for _, filter := range []string{`email in ("bo@example.com")`, `emailAddress eq "bo@example.com"`, `email eq bo`} {
		if got := a.get("/v2025/identities", "filters", filter); got.status != 400 {
			t.Errorf("%s: %d", filter, got.status)
		}
	}
	a.token = a.signIn("blind", "s")
	if got := a.get("/v2025/identities"); got.status != 403 {
		t.Errorf("without the scope: %d", got.status)
	}
}
