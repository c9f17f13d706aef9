package isc

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

func TestShownKeepsWhatTheAPISaid(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	first := `{"id":"1","new member":{"a":[1,2.50]},"attributes":{"n":12345678901234567890}}`
	second := `{"name":"x","id":"\u0032"}`
	tn.handle("GET /v3/accounts", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Total-Count", "2")
		_, _ = fmt.Fprintf(w, " [ %s,\n %s ] ", first, second)
	})
	page, err := tn.client(t).Shown(t.Context(), account.Query{Filters: `name eq "x"`, Sorters: "name,id", Limit: 7, Count: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []Shown
	for a, err := range page.Accounts {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	if diff := cmp.Diff([]Shown{{"1", first}, {"2", second}}, got); diff != "" || page.Total != 2 {
		t.Errorf("total %d\n%s", page.Total, diff)
	}
	q := tn.last(t).Query
	if q.Get("filters") != `name eq "x"` || q.Get("sorters") != "name,id" || q.Get("limit") != "7" {
		t.Errorf("asked for %v", q)
	}
}

func TestShownSaysWhatIsWrongWithAPage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`[{"id":"1"}, 7]`: "account 2 of the page: not an account but a number",
		`[{"id":"1"},]`:   "invalid character",
	} {
		tn := newTenant(t)
		tn.reply("GET /v3/accounts", 200, body)
		page, err := tn.client(t).Shown(t.Context(), account.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var last error
		for _, err := range page.Accounts {
			last = err
		}
		var e *Error
		if !errors.As(last, &e) || !strings.Contains(last.Error(), want) {
			t.Errorf("%s: %v, want %q", body, last, want)
		}
	}
}

func TestShownByID(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/accounts/1", 200, "\n"+`{"name":"n","id":"1"}`+"\n")
	tn.reply("GET /v3/accounts/2", 200, `{]}`)
	c := tn.client(t)
	if got, err := c.ShownByID(t.Context(), "1"); err != nil || got != (Shown{"1", `{"name":"n","id":"1"}`}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := c.ShownByID(t.Context(), "2"); err == nil || !strings.Contains(err.Error(), "not an account") {
		t.Errorf("%v", err)
	}
	var e *Error
	if _, err := c.ShownByID(t.Context(), "3"); !errors.As(err, &e) || !e.NotFound() {
		t.Errorf("%v", err)
	}
}

func TestQueriesByIDFitIntoAddresses(t *testing.T) {
	t.Parallel()
	c := newTenant(t).client(t)
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = fmt.Sprintf("%032d", i)
	}
	asked := 0
	for _, q := range c.ByID(ids) {
		q.Offset = 99_999_999
		if n := len(c.address(c.paths.accounts, listQuery(q))); n > maxURL {
			t.Errorf("an address of %d bytes", n)
		}
		asked += strings.Count(filterOf(q), `"`) / 2
	}
	if asked != len(ids) {
		t.Errorf("asked for %d of %d", asked, len(ids))
	}
}

func TestFilterNarrowsToASource(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]account.Query{
		`sourceId eq "a\"b"`:           {SourceID: `a"b`},
		`sourceId eq "1" and (a or b)`: {SourceID: "1", Filters: "a or b"},
		`a or b`:                       {Filters: "a or b"},
		`id in ("1","2")`:              {IDs: []string{"1", "2"}},
		``:                             {},
	} {
		if got := filterOf(q); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
