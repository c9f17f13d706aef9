package isc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"accountsync/account"

	"github.com/go-json-experiment/json/jsontext"
)

// Shown is an account as the API shows it, members included that this program
// knows nothing of.
type Shown struct {
	ID   string
	Text string // a JSON object; a part of the page, so clone what must outlive it
}

// ShownPage is one page of a listing; its accounts are decoded while they are
// ranged over.
type ShownPage struct {
	Total    int // the X-Total-Count, -1 when the answer has none
	Accounts iter.Seq2[Shown, error]
}

// Shown fetches one page of a listing as the API shows it.
func (c *Client) Shown(ctx context.Context, q account.Query) (ShownPage, error) {
	r := request{method: http.MethodGet, path: c.paths.accounts, query: listQuery(q), scope: scopeAccountsRead, idempotent: true, list: true}
	a, err := c.do(ctx, r)
	if err != nil {
		return ShownPage{}, err
	}
	return ShownPage{Total: total(a.header), Accounts: shownOf(a, r, q)}, nil
}

// ShownByID gets one account by its id as the API shows it.
func (c *Client) ShownByID(ctx context.Context, id string) (Shown, error) {
	r := request{method: http.MethodGet, path: c.paths.account(id), scope: scopeAccountsRead, idempotent: true}
	a, err := c.do(ctx, r)
	if err != nil {
		return Shown{}, err
	}
	text := strings.TrimSpace(a.body)
	if !jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) || text[0] != '{' {
		return Shown{}, r.unreadable(a, errors.New("the answer is not an account"))
	}
	found := Shown{ID: keysOf(text).id, Text: text}
	if !strings.EqualFold(found.ID, id) {
		return Shown{}, r.void(ruleID)
	}
	return found, nil
}

// ByID gives the queries that find accounts by their ids, of whatever source.
func (c *Client) ByID(ids []string) []account.Query {
	empty := listQuery(account.Query{IDs: []string{}, Offset: 99_999_999, Count: true})
	var queries []account.Query
	for _, some := range split(ids, len(c.address(c.paths.accounts, empty))) {
		queries = append(queries, account.Query{IDs: some, Limit: pageLimit, Count: true})
	}
	return queries
}

// shownOf takes a page apart, holds its accounts against the query and reports
// what is wrong with it as an Error.
func shownOf(a *answer, r request, q account.Query) iter.Seq2[Shown, error] {
	return func(yield func(Shown, error) bool) {
		asked := questionOf(q)
		read(a.body, func(p *pageReader) {
			for text, err := range p.shown() {
				if err != nil {
					yield(Shown{}, r.unreadable(a, fmt.Errorf("page at offset %s: %w", r.query.Get("offset"), err)))
					return
				}
				k := keysOf(text)
				if rule := asked.broken(k.id, k.sourceID, k.nativeIdentity); rule != "" {
					yield(Shown{}, r.void(rule))
					return
				}
				if !yield(Shown{ID: k.id, Text: text}, nil) {
					return
				}
			}
		})
	}
}

// shown yields the text of every account of the page.
func (p *pageReader) shown() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := p.begin('[', "an array of accounts")
		for n := 1; err == nil && p.dec.PeekKind() != ']'; n++ {
			var text string
			text, err = p.value()
			if err == nil && text[0] != '{' {
				err = fmt.Errorf("not an account but %s", kindName(jsontext.Value(text).Kind()))
			}
			if err != nil {
				err = fmt.Errorf("account %d of the page: %w", n, err)
			} else if !yield(text, nil) {
				return
			}
		}
		if err == nil {
			err = p.end()
		}
		if err != nil {
			yield("", err)
		}
	}
}

// keys are the members of an account that it is held against its question by.
type keys struct{ id, sourceID, nativeIdentity string }

func keysOf(text string) (k keys) {
	read(text, func(p *pageReader) {
		_ = p.members("an account", func(name string) error { // which has been read before
			raw, err := p.value()
			switch name {
			case "id":
				k.id = textOf(raw)
			case "sourceId":
				k.sourceID = textOf(raw)
			case "nativeIdentity":
				k.nativeIdentity = textOf(raw)
			}
			return err
		})
	})
	return k
}
