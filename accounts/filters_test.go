package accounts

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatNoDocumentListsIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		api, filter string
		want        []string
	}{
		{"v3", ``, nil},
		{"v3", `identityId eq "2c91" and (name sw "A" or not uncorrelated eq true)`, nil},
		{"v3", `created lt 2026-01-01T00:00:00Z`, nil},
		{"beta", `created lt 2026-01-01T00:00:00Z and modified lt 2026-01-01T00:00:00Z`, []string{"created lt"}},
		{"v3", `disabled eq true`, []string{"disabled"}},
		{"v2026", `(nme eq "a" or name co "b") and Name eq "c"`, []string{"nme", "name co", "Name"}},
		{"v3", `name EQ "a"`, []string{"name EQ"}},
		{"v3", `name eq "disabled eq true"`, nil},
		{"v3", `name eq "a \" or nme eq " and id in ("1","2")`, nil},
		{"v3", `recommendation.method isnull`, nil},
		{"v3", `name isnull and disabled isnull`, []string{"name isnull", "disabled"}},
		{"v3", `id in("1")`, nil},
		{"v3", `disabled in("1")`, []string{"disabled"}},
	} {
		if got := Undocumented(test.api, test.filter); !slices.Equal(got, test.want) {
			t.Errorf("%s, %s: %q, want %q", test.api, test.filter, got, test.want)
		}
	}
}

func TestSortersEndInID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		api, text, want string
		odd             []string
	}{
		{"v3", "", "id", nil},
		{"v3", " ", "id", nil},
		{"v3", "id", "id", nil},
		{"v3", "-id", "-id", nil},
		{"v3", "name", "name,id", nil},
		{"v3", "-created, name", "-created, name,id", nil},
		{"v3", "identity.id", "identity.id,id", []string{"identity.id"}},
		{"v3", "-hasEntitlements,nme", "-hasEntitlements,nme,id", []string{"hasEntitlements", "nme"}},
		{"beta", "-hasEntitlements,sourceOwner.name", "-hasEntitlements,sourceOwner.name,id", nil},
	} {
		if got, odd := WithID(test.api, test.text); got != test.want || !slices.Equal(odd, test.odd) {
			t.Errorf("%s, %q: %q, %q; want %q, %q", test.api, test.text, got, odd, test.want, test.odd)
		}
	}
}

// What the documents list is never warned of, in whatever company.
func TestDocumentedFiltersAreNotWarnedOf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		filter := ""
		for range rapid.IntRange(1, 4).Draw(t, "comparisons") {
			field := rapid.SampledFrom(sortFields[:4]).Draw(t, "field")
			op := rapid.SampledFrom(operatorsOf("v3", field)).Draw(t, "operator")
			value := rapid.SampledFrom([]string{`"a"`, `"x eq \" y"`, `("a", "nme eq (")`, `"\\"`}).Draw(t, "value")
			filter += rapid.SampledFrom([]string{"not ", "(", ""}).Draw(t, "before") + field + " " + op + " " + value + rapid.SampledFrom([]string{" and ", ") or "}).Draw(t, "after")
		}
		if odd := Undocumented("v3", filter); odd != nil {
			t.Fatalf("%s: %q", filter, odd)
		}
	})
}
