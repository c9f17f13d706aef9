package isc

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"accountsync/account"
)

// The scopes of the operations.
const (
	scopeAccountsRead  = "idn:accounts:read"
	scopeAccountsWrite = "idn:accounts:manage"
	scopeAccountState  = "idn:accounts-state:manage"
	scopeProvisioning  = "idn:accounts-provisioning:manage"
	scopeTasks         = "idn:task-management:read"
	scopeSources       = "idn:sources:read"
	scopeSchemas       = "idn:source-schema:read"
	scopeIdentities    = "idn:identity:read"
)

// Accounts fetches one page of a listing. The whole answer is read before it
// returns; the accounts are decoded while they are ranged over, again each
// time, so a page can be held while others are fetched. Each is held against
// the query before it is handed out: one that does not fit ends the range with
// an Error that is Void, and what came before it is not to be believed either.
func (c *Client) Accounts(ctx context.Context, q account.Query) (account.Page, error) {
	r := request{method: http.MethodGet, path: c.paths.accounts, query: listQuery(q), scope: scopeAccountsRead, idempotent: true, list: true}
	a, err := c.do(ctx, r)
	if err != nil {
		return account.Page{}, err
	}
	return account.Page{Total: total(a.header), Accounts: accountsOf(a, r, q)}, nil
}

// Batch cuts native identities of one source into lists, each of which fits
// into one query of Accounts: its address stays under 4 KB and its accounts on
// one page. A key too long for any address is a list of its own.
func (c *Client) Batch(sourceID string, keys []string) [][]string {
	q := listQuery(account.Query{SourceID: sourceID, NativeIdentities: []string{}, Offset: 99_999_999, Count: true})
	return split(keys, len(c.address(c.paths.accounts, q)))
}

// accountsOf decodes the page lazily and reports what is wrong with it as an Error.
func accountsOf(a *answer, r request, q account.Query) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		asked := questionOf(q)
		for acc, err := range decodePage(a.body) {
			if err != nil {
				yield(nil, r.unreadable(a, fmt.Errorf("page at offset %s: %w", r.query.Get("offset"), err)))
				return
			}
			if rule := asked.broken(acc.ID, acc.SourceID, acc.NativeIdentity); rule != "" {
				yield(nil, r.void(rule))
				return
			}
			if !yield(acc, nil) {
				return
			}
		}
	}
}

// unreadable is the Error of an answer that is not what it should be.
func (r request) unreadable(a *answer, err error) *Error {
	return &Error{Method: r.method, Path: r.path, Scope: r.scope, Status: a.status, Err: err, Attempts: a.attempts, kind: noAnswer}
}

func listQuery(q account.Query) url.Values {
	limit := q.Limit
	if limit == 0 {
		limit = pageLimit
	}
	v := url.Values{
		"limit":   {itoa(limit)},
		"offset":  {itoa(q.Offset)},
		"sorters": {cmp.Or(q.Sorters, "id")},
	}
	if q.Count {
		v.Set("count", "true")
	}
	if q.DetailLevel != "" {
		v.Set("detailLevel", q.DetailLevel)
	}
	if f := filterOf(q); f != "" {
		v.Set("filters", f)
	}
	return v
}

func filterOf(q account.Query) string {
	var parts []string
	if q.SourceID != "" {
		parts = append(parts, eq("sourceId", q.SourceID))
	}
	if q.NativeIdentities != nil {
		parts = append(parts, in("nativeIdentity", q.NativeIdentities))
	}
	if q.IDs != nil {
		parts = append(parts, in("id", q.IDs))
	}
	switch {
	case q.Filters != "" && parts == nil:
		return q.Filters
	case q.Filters != "":
		parts = append(parts, "("+q.Filters+")")
	}
	return strings.Join(parts, " and ")
}

// total is the X-Total-Count, -1 when the answer has none, or several that differ.
func total(h http.Header) int {
	said := h.Values("X-Total-Count")
	if len(slices.Compact(slices.Clone(said))) > 1 {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("X-Total-Count")))
	if err != nil || n < 0 {
		return -1
	}
	return n
}
