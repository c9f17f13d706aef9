package isc

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"accountsync/account"
)

// An answer that does not fit its question is void, whole: nothing that does
// not fit is handed out, and the error says which rule broke without naming
// whom the answer was about.
func TestAnswersThatDoNotFit(t *testing.T) {
	t.Parallel()
	one := func(id, source, name string) string {
		return `{"id":"` + id + `","sourceId":"` + source + `","nativeIdentity":"` + name + `","attributes":{"id":"` + name + `"}}`
	}
	names := account.Query{SourceID: "s1", NativeIdentities: []string{"Jürgen", "b"}}
	tests := []struct {
		name string
		q    account.Query
		page string
		rule string // "" fits
		fit  int    // accounts before the one that does not
	}{
		{"the source", account.Query{SourceID: "s1"}, one("1", "s1", "a") + "," + one("2", "s1", "b"), "", 2},
		{"another source", account.Query{SourceID: "s1"}, one("1", "s1", "a") + "," + one("2", "s2", "secret-name"), ruleSource, 1},
		{"no source", account.Query{SourceID: "s1"}, `{"id":"1","nativeIdentity":"a"}`, ruleSource, 0},
		{"no source asked for", account.Query{}, `{"id":"1"}`, "", 1},
		{"no id", account.Query{}, one("", "s1", "a"), ruleNoID, 0},
		{"null id", account.Query{SourceID: "s1"}, `{"id":null,"sourceId":"s1"}`, ruleNoID, 0},
		{"names in another case", names, one("1", "s1", "JÜRGEN") + "," + one("2", "s1", "B"), "", 2},
		{"a name nobody asked for", names, one("1", "s1", "b") + "," + one("2", "s1", "secret-name"), ruleNames, 1},
		{"an empty name", names, one("1", "s1", ""), ruleNames, 0},
		{"an empty name was asked for", account.Query{NativeIdentities: []string{""}}, one("1", "s1", ""), ruleNames, 0},
		{"any account for no name", account.Query{NativeIdentities: []string{}}, one("1", "s1", "a"), ruleNames, 0},
		{"the name, of another source", names, one("1", "s2", "b"), ruleSource, 0},
		{"ids", account.Query{IDs: []string{"1", "AB"}}, one("1", "s1", "a") + "," + one("ab", "s2", "b"), "", 2},
		{"an id nobody asked for", account.Query{IDs: []string{"1"}}, one("2", "s1", "secret-name"), ruleIDs, 0},
		{"more than asked for", account.Query{Limit: 2}, one("1", "s", "a") + "," + one("2", "s", "b") + "," + one("3", "s", "c"), ruleLimit, 2},
		{"its own filter, another source", account.Query{SourceID: "s1", Filters: `name sw "a"`}, one("1", "s2", "a"), ruleSource, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.reply("GET /v3/accounts", 200, "["+tt.page+"]")
			c := tn.client(t)
			page, err := c.Accounts(t.Context(), tt.q)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // a page can be ranged over again
				n := 0
				for acc, err := range page.Accounts {
					if n++; n <= tt.fit && (err != nil || acc.ID == "") {
						t.Fatalf("account %d: %v", n, err)
					} else if n > tt.fit {
						checkVoid(t, err, tt.rule)
					}
				}
			}
			shown, err := c.Shown(t.Context(), tt.q)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for acc, err := range shown.Accounts {
				if n++; n <= tt.fit && (err != nil || acc.Text == "") {
					t.Fatalf("shown account %d: %v", n, err)
				} else if n > tt.fit {
					checkVoid(t, err, tt.rule)
				}
			}
			if last := tt.fit + min(1, len(tt.rule)); n != last {
				t.Errorf("the range had %d steps, want %d", n, last)
			}
		})
	}
}

func checkVoid(t *testing.T, err error, rule string) {
	t.Helper()
	e := asError(t, err)
	if !e.Void() || !e.Unreachable() || e.Denied() || e.Ambiguous() || e.NotFound() {
		t.Errorf("wrong behaviour of %#v", e)
	}
	if text := e.Error() + e.Hint(); !strings.Contains(text, rule) || !strings.Contains(text, "a proxy or cache may stand between") || strings.Contains(text, "secret-name") {
		t.Errorf("%q lacks %q", text, rule)
	}
}

// TestAnotherThanAskedFor: what is got by its id, or found by its name, must be it.
func TestAnotherThanAskedFor(t *testing.T) {
	t.Parallel()
	const source = "2c9180835d191a86015d28455b4a2329"
	tests := []struct {
		name, rule, body string
		call             func(context.Context, *Client) error
	}{
		{"shown account without id", ruleID, `{}`, func(ctx context.Context, c *Client) error { _, err := c.ShownByID(ctx, "a"); return err }},
		{"shown account", ruleID, `{"id":"other"}`, func(ctx context.Context, c *Client) error { _, err := c.ShownByID(ctx, "a"); return err }},
		{"tasks", ruleTasks, `[{"id":"t"},{"id":"other","completionStatus":"SUCCESS"}]`, func(ctx context.Context, c *Client) error { _, err := c.Tasks(ctx, []string{"t"}); return err }},
		{"tasks without id", ruleTasks, `[{"completionStatus":"SUCCESS"}]`, func(ctx context.Context, c *Client) error { _, err := c.Tasks(ctx, []string{"t"}); return err }},
		{"source by id", ruleID, `{"id":"other","name":"HR"}`, func(ctx context.Context, c *Client) error { _, err := c.Source(ctx, source); return err }},
		{"source by name", ruleName, `[{"id":"1","name":"HR"}]`, func(ctx context.Context, c *Client) error { _, err := c.Source(ctx, "Staff"); return err }},
		{"source among others", ruleName, `[{"id":"1","name":"Staff"},{"id":"2","name":"HR"}]`, func(ctx context.Context, c *Client) error { _, err := c.Source(ctx, "Staff"); return err }},
		{"source without id", ruleName, `[{"name":"Staff"}]`, func(ctx context.Context, c *Client) error { _, err := c.Source(ctx, "Staff"); return err }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.reply("/", 200, tt.body)
			checkVoid(t, tt.call(t.Context(), tn.client(t)), tt.rule)
		})
	}
	one := newTenant(t) // a tenant that takes no filter on task ids
	one.reply("GET /v2025/task-status", 400, `{}`)
	one.reply("GET /v2025/task-status/t", 200, `{"id":"other","completionStatus":"SUCCESS"}`)
	_, err := one.client(t).Tasks(t.Context(), []string{"t"})
	checkVoid(t, err, ruleID)
}

// TestHoldingAgainstTheQuestionIsCheap: a page of the listing costs no more
// allocations for it.
func TestHoldingAgainstTheQuestionIsCheap(t *testing.T) {
	text := samplePage(250, "u")
	r := request{method: http.MethodGet}
	q := account.Query{SourceID: "2c9180835d191a86015d28455b4a2329"}
	n := testing.AllocsPerRun(20, func() {
		for _, err := range accountsOf(&answer{body: text}, r, q) {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	if n > 100 { // one an account would be 250; the race detector empties pools at random
		t.Errorf("%v allocations", n)
	}
}
