package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// filterStore is a small tenant to filter.
func filterStore() *store {
	return newStore(&Seed{
		Identities: []IdentitySeed{{Name: "Ada Quill"}, {Name: "Bo", State: "INACTIVE"}},
		Sources: []SourceSeed{
			{Name: "File", ConnectionType: "file", Schema: SchemaSeed{IdentityAttribute: "id",
				Attributes: []AttributeSeed{{Name: "id"}, {Name: "groups", IsMulti: true, IsEntitlement: true}}},
				Accounts: []AccountSeed{
					{NativeIdentity: "a1", Name: "Ada", Identity: "Ada Quill", Attributes: Attributes{"id": "a1", "groups": []string{"VPN", "Wiki"}}},
					{NativeIdentity: `q"uo\te`, Name: `q"uo\te`, Attributes: Attributes{"id": "x"}, ManuallyJoined: true},
					{NativeIdentity: "A1", Name: "ada", Attributes: nil, Created: epoch.AddDate(0, 1, 0)},
				}},
			{Name: "Direct", ConnectionType: "direct", Authoritative: true, Schema: SchemaSeed{IdentityAttribute: "id",
				Attributes: []AttributeSeed{{Name: "id"}}},
				Accounts: []AccountSeed{{NativeIdentity: "b1", Name: "Bo", Identity: "Bo", Recommendation: "SOURCE", Attributes: Attributes{"id": "b1"}}}},
		}})
}

// natives lists what a filter finds, by native identity.
func natives(t *testing.T, st *store, filters string) []string {
	t.Helper()
	rows, p := st.find(query{filters: filters, sorters: "id"})
	if p != nil {
		t.Fatalf("%s: %s", filters, p.cause)
	}
	var found []string
	for _, a := range rows {
		found = append(found, a.native)
	}
	slices.Sort(found)
	return found
}

func TestFilters(t *testing.T) {
	t.Parallel()
	st := filterStore()
	file, quoted := st.sources[0].id, `q"uo\te`
	all := []string{"A1", "a1", "b1", quoted}
	for filter, want := range map[string][]string{
		fmt.Sprintf("sourceId eq %q", file):                                   {"A1", "a1", quoted},
		fmt.Sprintf("sourceId eq %q", strings.ToUpper(file)):                  {"A1", "a1", quoted},
		fmt.Sprintf("sourceId sw %q", file[:5]):                               {"A1", "a1", quoted},
		fmt.Sprintf("sourceId in (%q, %q)", file, st.sources[1].id):           all,
		`sourceId eq "nope"`:                                                  nil,
		`nativeIdentity eq "a1"`:                                              {"A1", "a1"}, // comparisons ignore case
		`nativeIdentity in ("B1","nope","a1","A1")`:                           {"A1", "a1", "b1"},
		`nativeIdentity in("b1")`:                                             {"b1"},
		`nativeIdentity eq "q\"uo\\te"`:                                       {quoted},
		`nativeIdentity sw "Q\""`:                                             {quoted},
		`name eq "ADA"`:                                                       {"A1", "a1"},
		`identity.name sw "ada"`:                                              {"a1"},
		`identity.identityState in ("inactive")`:                              {"b1"},
		`identity.correlated eq false`:                                        {"A1", quoted},
		`uncorrelated eq "true"`:                                              {"A1", quoted},
		`manuallyCorrelated eq true`:                                          {quoted},
		`hasEntitlements eq true`:                                             {"a1"},
		`entitlements eq "wiki"`:                                              {"a1"},
		`source.authoritative eq true`:                                        {"b1"},
		`source.displayableName in ("file")`:                                  {"A1", "a1", quoted},
		`source.connectionType eq "DIRECT"`:                                   {"b1"},
		`origin eq "AGGREGATED"`:                                              all,
		`recommendation.method isnull`:                                        {"A1", "a1", quoted},
		`recommendation.method in ("source","criteria")`:                      {"b1"},
		`created gt 2026-01-15T00:00:00Z`:                                     {"A1"},
		`created le "2026-01-01T01:00:00+01:00"`:                              {"a1", "b1", quoted},
		`modified ge 2026-01-01T00:00:00Z`:                                    all,
		fmt.Sprintf(`identityId eq %q`, st.people["Bo"].id):                   {"b1"},
		`not name eq "bo"`:                                                    {"A1", "a1", quoted},
		`not not name eq "bo"`:                                                {"b1"},
		`not identity.name eq "Bo" and name eq "bo"`:                          nil, // not binds tighter than and
		`not (identity.name eq "Bo" and name eq "ada")`:                       all,
		`name eq "ada" or name eq "bo" and nativeIdentity eq "b1"`:            {"A1", "a1", "b1"}, // and binds tighter than or
		`(name eq "ada" or name eq "bo") and nativeIdentity eq "b1"`:          {"b1"},
		`nativeIdentity eq "b1" and(uncorrelated eq false)`:                   {"b1"},
		fmt.Sprintf(`id eq %q or name eq "x"`, st.sources[1].ordered()[0].id): {"b1"},
		fmt.Sprintf(`id in (%q)`, st.sources[1].ordered()[0].id):              {"b1"},
	} {
		if diff := cmp.Diff(want, natives(t, st, filter)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", filter, diff)
		}
	}
}

func TestWrongFilters(t *testing.T) {
	t.Parallel()
	st := filterStore()
	for _, filter := range []string{
		` `, `name`, `name eq`, `name EQ "a"`, `name eq "a" AND name eq "b"`, `name eq a`, `name eq "a`, `name eq "\n"`,
		`name eq "a" name eq "b"`, `name in ()`, `name in ("a",)`, `name in "a"`, `name in ("a" "b")`, `(name eq "a"`,
		`name eq "a")`, `not`, `and name eq "a"`, `name eq "a" or`, `disabled eq true`, `locked eq true`,
		`attributes.city eq "x"`, `id gt "a"`, `id ne "a"`, `name co "a"`, `created in ("x")`, `created gt "yesterday"`,
		`created eq 2026`, `uncorrelated eq maybe`, `uncorrelated in (true)`, `entitlements in ("a")`, `name isnull`,
		`pr name`, `source.displayableName sw "F"`, `source.name eq "File"`, `name eq ("a")`, `"name" eq "a"`,
		"name eq \"\xff\"", strings.Repeat("(", 200) + `name eq "a"` + strings.Repeat(")", 200),
		strings.Repeat("not ", 200) + `name eq "a"`,
	} {
		if _, p := st.find(query{filters: filter, sorters: "id"}); p == nil || p.status != 400 {
			t.Errorf("%.60s: accepted", filter)
		}
	}
}

// write renders an expression as a filter, with parentheses only where the precedence needs them.
func write(n node, parent int) string {
	const orLevel, andLevel, notLevel = 1, 2, 3
	join := func(parts []node, word string, level int) string {
		var texts []string
		for _, part := range parts {
			texts = append(texts, write(part, level))
		}
		text := strings.Join(texts, " "+word+" ")
		if parent >= level {
			return "(" + text + ")"
		}
		return text
	}
	switch n := n.(type) {
	case anyOf:
		return join(n, "or", orLevel)
	case allOf:
		return join(n, "and", andLevel)
	case negation:
		return "not " + write(n.of, notLevel)
	}
	c := n.(comparison)
	return fmt.Sprintf("%s %s %s", c.field, c.op, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(c.values[0].text)+`"`)
}

// drawNode draws an expression over the letters a row may have.
func drawNode(t *rapid.T, depth int) node {
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	if depth == 0 {
		kind = 0
	}
	switch kind {
	case 1:
		return negation{drawNode(t, depth-1)}
	case 2:
		return allOf{drawNode(t, depth-1), drawNode(t, depth-1)}
	case 3:
		return anyOf{drawNode(t, depth-1), drawNode(t, depth-1)}
	}
	return comparison{"name", "eq", []literal{{text: rapid.SampledFrom([]string{`a`, `b"`, `c\`, `D`}).Draw(t, "value")}}}
}

// holds evaluates an expression straight from its tree.
func holds(n node, name string) bool {
	switch n := n.(type) {
	case negation:
		return !holds(n.of, name)
	case allOf:
		return holds(n[0], name) && holds(n[1], name)
	case anyOf:
		return holds(n[0], name) || holds(n[1], name)
	}
	return strings.EqualFold(n.(comparison).values[0].text, name)
}

func TestFilterMeansWhatItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		expression := drawNode(t, 5)
		text := write(expression, 0)
		match, _, p := bindFilter(text, accountFields)
		if p != nil {
			t.Fatalf("%s: %s", text, p.cause)
		}
		for _, name := range []string{`A`, `b"`, `c\`, `d`, `e`} {
			if got := match(&account{name: name}); got != holds(expression, name) {
				t.Fatalf("%s on %s: %v", text, name, got)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`id eq "a"`, `not (name in ("a","b") or uncorrelated eq true) and created gt 2026-01-01T00:00:00Z`,
		`name eq "\\\""`, `recommendation.method isnull`, "((", `"`, "name eq \"\xff\""} {
		f.Add(seed)
	}
	st := filterStore()
	f.Fuzz(func(t *testing.T, filter string) {
		if filter == "" {
			return
		}
		rows, p := st.find(query{filters: filter, sorters: "id"})
		if p != nil {
			if p.status != 400 || p.cause == "" {
				t.Fatalf("%q: %+v", filter, p)
			}
			return
		}
		negated, p := st.find(query{filters: "not (" + filter + ")", sorters: "id"})
		if p != nil && !strings.Contains(p.cause, "deep") {
			t.Fatalf("not (%q): %s", filter, p.cause)
		}
		if p == nil && len(rows)+len(negated) != 4 {
			t.Fatalf("%q finds %d rows and its negation %d, of 4", filter, len(rows), len(negated))
		}
	})
}
