package isc

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAccountsQuery(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		q    account.Query
		want url.Values
	}{
		{"plain", account.Query{SourceID: "s1"}, url.Values{"filters": {`sourceId eq "s1"`}, "limit": {"250"}, "offset": {"0"}, "sorters": {"id"}}},
		{"page and count", account.Query{SourceID: "s1", Offset: 500, Limit: 100, Count: true},
			url.Values{"filters": {`sourceId eq "s1"`}, "limit": {"100"}, "offset": {"500"}, "sorters": {"id"}, "count": {"true"}}},
		{"keys", account.Query{SourceID: "s1", NativeIdentities: []string{`a"b`, `c\d`, "é, (x)"}},
			url.Values{"filters": {`sourceId eq "s1" and nativeIdentity in ("a\"b","c\\d","é, (x)")`}, "limit": {"250"}, "offset": {"0"}, "sorters": {"id"}}},
		{"own filter", account.Query{SourceID: "s1", Filters: `name sw "a"`, Sorters: "-name,id"},
			url.Values{"filters": {`sourceId eq "s1" and (name sw "a")`}, "limit": {"250"}, "offset": {"0"}, "sorters": {"-name,id"}}},
		{"all", account.Query{}, url.Values{"limit": {"250"}, "offset": {"0"}, "sorters": {"id"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.reply("GET /v3/accounts", 200, `[]`)
			if _, err := tn.client(t).Accounts(t.Context(), tt.q); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, tn.last(t).Query); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAccountsTotal(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]int{"": -1, "12500": 12500, "0": 0, " 7 ": 7, "-3": -1, "many": -1, "7|7": 7, "7|9": -1} {
		tn := newTenant(t)
		tn.handle("GET /v3/accounts", func(w http.ResponseWriter, _ *http.Request) {
			for said := range strings.SplitSeq(header, "|") {
				if said != "" {
					w.Header().Add("X-Total-Count", said)
				}
			}
			_, _ = io.WriteString(w, `[]`)
		})
		p, err := tn.client(t).Accounts(t.Context(), account.Query{Count: true})
		if err != nil || p.Total != want {
			t.Errorf("X-Total-Count %q gives %d and %v, want %d", header, p.Total, err, want)
		}
	}
}

func TestAccountKeepsDigits(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/accounts", 200, `[{"id":"a","attributes":{"n":12345678901234567890,"f":1.10}}]`)
	page, err := tn.client(t).Accounts(t.Context(), account.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var a *account.Account
	for one, err := range page.Accounts {
		if err != nil {
			t.Fatal(err)
		}
		a = one.Clone()
	}
	want := &account.Account{ID: "a", Attributes: []account.Attribute{{Name: "n", Value: "12345678901234567890"}, {Name: "f", Value: "1.10"}}}
	if d := cmp.Diff(want, a); d != "" {
		t.Error(d)
	}
}

func TestAccountIsNoObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[]`, `null`, ``, `{"id":`, `{} {}`, `<html><title>Sign in</title>`, "\ufeff{}", "\x1f\x8b\x08"} {
		synctest.Test(t, func(t *testing.T) {
			c := fake(t, func(*http.Request) (*http.Response, error) { return answerOf(200, body), nil })
			c.tokens.current.Store(&grant{token: "t"})
			a, err := c.ShownByID(t.Context(), "a")
			e := asError(t, err)
			if a != (Shown{}) || e.Status != 200 || !e.Unreachable() || e.NotFound() || e.Denied() || e.Hint() == "" {
				t.Errorf("body %q gives %v and %v", body, a, err)
			}
			if strings.Contains(body, "<title>") && !strings.Contains(e.Error(), `a web page titled Sign in came instead`) {
				t.Errorf("the page's title is missing in %v", e)
			}
		})
	}
}

func TestPageErrorNamesThePage(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/accounts", 200, `[{"id":"1","sourceId":"s"},{"id":]`)
	p, err := tn.client(t).Accounts(t.Context(), account.Query{SourceID: "s", Offset: 500})
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range p.Accounts {
		last = err
	}
	e := asError(t, last)
	if want := "GET /v3/accounts: 200 OK: page at offset 500: account 2 of the page: jsontext: invalid character ']' after object value (expecting ',' or '}') within \"/1\" after offset 33"; e.Error() != want {
		t.Errorf("got  %s\nwant %s", e, want)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	page := samplePage(250, "u")
	tn.handle("GET /v3/accounts", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, page)
		_ = z.Close()
	})
	p, err := tn.client(t).Accounts(t.Context(), account.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if got := all(t, p); len(got) != 250 {
		t.Errorf("%d accounts", len(got))
	}
}

// TestCutBody breaks the first answers in the middle, in each way HTTP frames a body.
func TestCutBody(t *testing.T) {
	t.Parallel()
	page := samplePage(250, "u")
	half := func(w http.ResponseWriter) { _, _ = io.WriteString(w, page[:len(page)/2]) }
	cuts := map[string]func(http.ResponseWriter){
		"length":  func(w http.ResponseWriter) { w.Header().Set("Content-Length", fmt.Sprint(len(page))); half(w) },
		"chunked": func(w http.ResponseWriter) { half(w); w.(http.Flusher).Flush() },
		"gzip": func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, page[:len(page)/2])
			_ = z.Flush() // its end is missing
		},
	}
	for name, cut := range cuts {
		for _, times := range []int32{1, 3, 4} {
			t.Run(fmt.Sprintf("%s %d times", name, times), func(t *testing.T) {
				t.Parallel()
				tn := newTenant(t)
				tn.server.Config.ErrorLog = quiet
				var calls atomic.Int32
				tn.handle("GET /v3/accounts", func(w http.ResponseWriter, _ *http.Request) {
					if calls.Add(1) > times {
						_, _ = io.WriteString(w, page)
						return
					}
					cut(w)
					if name != "gzip" {
						panic(http.ErrAbortHandler)
					}
				})
				p, err := tn.client(t).Accounts(t.Context(), account.Query{})
				if times > maxAgain {
					e := asError(t, err)
					if !errors.Is(err, io.ErrUnexpectedEOF) || e.Status != 200 || e.Ambiguous() || !e.Unreachable() || !strings.Contains(e.Error(), "reading the answer") {
						t.Errorf("%v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := all(t, p); len(got) != 250 || calls.Load() != times+1 {
					t.Errorf("%d accounts after %d calls", len(got), calls.Load())
				}
			})
		}
	}
}

// TestConnectionsAreUsedAgain: every body is read and closed, errors included.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	var status atomic.Int32
	tn.handle("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, `{"message":"`+strings.Repeat("x", 300_000)+`"}`)
	})
	var conns sync.Map
	tn.handle("GET /v3/accounts/where", func(w http.ResponseWriter, r *http.Request) {
		conns.Store(r.RemoteAddr, true)
		_, _ = io.WriteString(w, `{"id":"where"}`)
	})
	c := tn.client(t)
	for _, s := range []int32{200, 202, 400, 401, 404, 500} {
		status.Store(s)
		_, _ = c.Delete(t.Context(), "a")
		if s >= 400 {
			_ = list(t.Context(), c)
		}
		if _, err := c.ShownByID(t.Context(), "where"); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for range conns.Range {
		n++
	}
	if n != 1 {
		t.Errorf("%d connections were opened, want 1", n)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	c := fake(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.OneOf(
			rapid.StringN(0, 40, 400),
			rapid.StringMatching(`[a-z]{1,3}`),
			rapid.StringMatching(`["\\ %,()]{1,30}`),
		), 0, 600).Draw(t, "keys")
		var joined []string
		for _, batch := range c.Batch("2c9180835d191a86015d28455b4a2329", keys) {
			joined = append(joined, batch...)
			q := account.Query{SourceID: "2c9180835d191a86015d28455b4a2329", NativeIdentities: batch, Count: true, Offset: 12345}
			if n := len(c.address(c.paths.accounts, listQuery(q))); n > maxURL && len(batch) > 1 {
				t.Fatalf("%d keys give an address of %d bytes", len(batch), n)
			}
			if len(batch) == 0 || len(batch) > pageLimit {
				t.Fatalf("a batch of %d keys", len(batch))
			}
		}
		if d := cmp.Diff(append([]string{}, keys...), append([]string{}, joined...)); d != "" {
			t.Fatal(d)
		}
	})
}

// TestBatchIsFull: no more requests than the address allows.
func TestBatchIsFull(t *testing.T) {
	t.Parallel()
	c := fake(t, nil)
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("user%06d", i)
	}
	batches := c.Batch("s1", keys)
	for i, b := range batches[:len(batches)-1] {
		q := account.Query{SourceID: "s1", NativeIdentities: keys[:len(b)+1], Count: true, Offset: 99_999_999}
		if n := len(c.address(c.paths.accounts, listQuery(q))); n+len("%2C") <= maxURL {
			t.Errorf("batch %d of %d keys has room for one more: %d bytes", i, len(b), n)
		}
	}
	if n := len(batches[0]); n < 200 {
		t.Errorf("%d keys of 10 characters in a batch", n)
	}
}
