package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/sandbox"

	"pgregory.net/rapid"
)

func TestAFilterErrorNamesItsColumn(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		``:                                `column 1: the end stands where a field, not, or ( should`,
		`name eq`:                         `column 8: the end stands where a value of name should`,
		`name eq Ada`:                     `column 9: the value Ada of name must stand in double quotes`,
		`name EQ "Ada"`:                   `column 6: name takes eq, in, sw, in lower case, not "EQ"`,
		`name eq "Ada" or nme eq "x"`:     `column 18: the API does not filter on nme`,
		`nativeidentity eq "x"`:           `column 1: there is no field nativeidentity: it is written nativeIdentity`,
		`disabled eq true`:                `column 1: the API does not filter on disabled`,
		`name eq "Łukasz" and (id eq "1"`: `column 32: the end stands where and, or, or ) should`,
		`name in "a"`:                     `column 9: the text "a" stands where the ( of a list`,
		`name in ("a" "b")`:               `column 14: the text "b" stands where , or ) should`,
		`uncorrelated eq yes`:             `column 17: uncorrelated is true or false, not "yes"`,
		`created gt "yesterday"`:          `column 12: created is a date and time, not the text "yesterday"`,
		`name eq "a\n"`:                   `column 11: a backslash in a text is written \\`,
		`name eq "a`:                      `column 9: the quote that opens here is not closed`,
		`name eq "a" "b"`:                 `column 13: the text "b" stands where and, or, or the end should`,
		`name sw "a" AND id eq "b"`:       `column 13: "AND" stands where`,
		strings.Repeat("(", 101):          `nests more than 100 deep`,
		"name eq \"\xff\"":                `column 10: the filter is not valid UTF-8`,
	} {
		err := checkFilters(filter)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", filter, err, want)
			continue
		}
		if code, _ := diagnose(err); code != exitUsage {
			t.Errorf("%s: exit status %d", filter, code)
		}
	}
}

func TestSortersAreCheckedAndEndInID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "id", "id": "id", "-id": "-id", "name": "name,id", "-created, name": "-created, name,id", "name,id": "name,id"} {
		if got, err := checkSorters(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"nme": `column 1: the API does not sort by "nme"`, "name, -disabled": `column 7: the API does not sort by "disabled"`,
		"name,": `column 6: the API does not sort by ""`, "name,-name": "column 6: name stands twice", "--name": "column 1",
	} {
		if _, err := checkSorters(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

// judge is the sandbox as a judge of filters: it has a parser of its own.
func judge(t *testing.T) func(filter, sorters string) bool {
	t.Helper()
	seed := &sandbox.Seed{Clients: []sandbox.Client{{ID: "me", Secret: "s"}}, Rate: &sandbox.Rate{Kind: sandbox.RateOff}}
	client, err := isc.New(isc.Config{BaseURL: "https://t.api.identitynow.com", ClientID: "me", ClientSecret: "s", HTTP: sandbox.New(seed).Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return func(filter, sorters string) bool {
		_, err := client.Accounts(context.Background(), account.Query{Filters: filter, Sorters: sorters, Limit: 1})
		var e *isc.Error
		if err != nil && (!errors.As(err, &e) || e.Status != http.StatusBadRequest) {
			t.Fatalf("%q: %v", filter, err)
		}
		return err == nil
	}
}

// The corpus: what the documentation shows, and slips.
var filterCorpus = []string{
	`identityId eq "2c9180858082150f0180893dbaf44201"`, `name sw "A"`, `id in ("1","2")`, `id in ("1" , "2")`, `not uncorrelated eq true`,
	`(name eq "a" or name eq "b") and not (hasEntitlements eq false)`, `created ge 2026-01-31T08:00:00Z`, `modified lt "2026-01-31T08:00:00.5+01:00"`,
	`recommendation.method isnull`, `recommendation.method in ("DISCOVERY")`, `entitlements eq "VPN"`, `name eq "a\\b\"c"`, `name eq "()"`,
	`not not name eq "a"`, `name eq ""`, "name\teq\n\"a\"", `identity.correlated eq "true"`, `source.authoritative eq true`, `origin in ("AGGREGATED", "PROVISIONED")`,
	`name eq "a"and id eq "b"`, `name eq "a" or id eq "b" and sourceId eq "c"`,
	` `, `name`, `name eq`, `name eq a`, `name EQ "a"`, `Name eq "a"`, `name ne "a"`, `name co "a"`, `name pr`, `name isnull`, `disabled eq true`, `attributes.city eq "x"`,
	`name in ()`, `name in ("a",)`, `name in "a"`, `(name eq "a"`, `name eq "a")`, `name eq "a" and`, `and name eq "a"`, `name eq "a" "b"`, `uncorrelated eq TRUE`,
	`uncorrelated eq 1`, `created gt "today"`, `created in ("2026-01-31T08:00:00Z")`, `name eq "a\x"`, `name eq "a`, `name eq "a\`, `not`, `not ()`, `()`, `name eq not`,
	`name eq "a" AND id eq "b"`, `in in ("a")`, `"name" eq "a"`, `name "eq" "a"`, `name eq ("a")`, `name,eq "a"`, `entitlements eq VPN`, `id sw 1`,
}

func TestTheSandboxJudgesTheCorpusAlike(t *testing.T) {
	t.Parallel()
	accepts := judge(t)
	good := 0
	for _, filter := range filterCorpus {
		ours := checkFilters(filter)
		if theirs := accepts(filter, ""); theirs != (ours == nil) {
			t.Errorf("%s\nthe sandbox takes it: %v\nwe say: %v", filter, theirs, ours)
		}
		if ours == nil {
			good++
		}
	}
	if good < 15 || len(filterCorpus)-good < 30 {
		t.Errorf("a corpus of %d good and %d bad filters proves little", good, len(filterCorpus)-good)
	}
}

func TestTheSandboxJudgesDrawnFiltersAlike(t *testing.T) {
	t.Parallel()
	accepts := judge(t)
	words := []string{"(", ")", ",", "not", "and", "or", "eq", "in", "sw", "ge", "isnull", `"a"`, `"true"`, `"2026-01-31T08:00:00Z"`, "true", "x", `"\"`, `\`, "\u00a0"}
	for _, f := range filterFields {
		words = append(words, f.name)
	}
	texts := rapid.OneOf(
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(words), 1, 8), func(w []string) string { return strings.Join(w, " ") }),
		rapid.Map(rapid.SliceOfN(rapid.Custom(drawComparison), 1, 4), func(w []string) string { return strings.Join(w, " and ") }))
	rapid.Check(t, func(t *rapid.T) {
		for _, filter := range rapid.SliceOfN(texts, 30, 30).Draw(t, "filters") {
			if ours := checkFilters(filter); filter != "" && accepts(filter, "") != (ours == nil) {
				t.Fatalf("%s\nwe say: %v", filter, ours)
			}
		}
	})
}

func drawComparison(t *rapid.T) string {
	f := rapid.SampledFrom(filterFields).Draw(t, "field")
	op := rapid.SampledFrom([]string{"eq", "in", "sw", "gt", "isnull"}).Draw(t, "operator")
	value := rapid.SampledFrom([]string{`"a"`, "true", "2026-01-31T08:00:00Z", `("a", "b")`, ""}).Draw(t, "value")
	return strings.TrimSpace(f.name + " " + op + " " + value)
}

func TestTheSandboxJudgesSortersAlike(t *testing.T) {
	t.Parallel()
	accepts := judge(t)
	for _, sorters := range append([]string{"name,id", "-name", " name , -id", "nme", "name,name", "name,-name", "name,,id", "-", "--id", "disabled"}, sortFields...) {
		_, ours := checkSorters(sorters)
		if theirs := accepts("", sorters); theirs != (ours == nil) {
			t.Errorf("%q: the sandbox takes it: %v, we say %v", sorters, theirs, ours)
		}
	}
}

func FuzzFilters(f *testing.F) {
	for _, filter := range filterCorpus {
		f.Add(filter)
	}
	f.Fuzz(func(t *testing.T, filter string) {
		if err := checkFilters(filter); err != nil && !strings.Contains(err.Error(), "column ") {
			t.Error(err)
		}
	})
}
