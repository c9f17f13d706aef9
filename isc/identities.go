package isc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"accountsync/account"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"
)

// identitiesAtOnce is how many requests for identities are under way at once.
const identitiesAtOnce = 8

// identityTries is how often an answer that is not whole is asked for.
const identityTries = 3

type identityBody struct {
	ID    jsontext.Value `json:"id"`
	Name  jsontext.Value `json:"name"`
	Alias jsontext.Value `json:"alias"`
	Email jsontext.Value `json:"emailAddress"`
}

// Identities finds, for each of the texts, every identity whose field has it,
// letter case ignored as the API does, uncorrelated ones too. Many texts go
// into one request, whose address stays under 4 KB; an answer counts only when
// it is whole: as many identities as its total says, and all on one page. The
// documentation lets email, alias and name take eq and sw alone, and no in.
func (c *Client) Identities(ctx context.Context, field account.IdentityField, texts []string) ([][]account.Identity, error) {
	found := make([][]account.Identity, len(texts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(identitiesAtOnce)
	from := 0
	for _, batch := range splitBy(texts, len(c.address(c.paths.identities, identityQuery(""))), func(text string) string { return " or " + eq(string(field), text) }) {
		into := found[from : from+len(batch)]
		from += len(batch)
		g.Go(func() error { return c.identityBatch(ctx, field, batch, into) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return found, nil
}

func identityQuery(filter string) url.Values {
	// With its usual defaultFilter the API leaves out identities, and one of two namesakes could pass for the only one.
	return url.Values{"filters": {filter}, "defaultFilter": {"NONE"}, "count": {"true"}, "limit": {itoa(pageLimit)}}
}

// identityBatch asks for some of the texts, and for each half of them where
// their identities do not fit on one page: pages that follow have no order
// that is sure to stay.
func (c *Client) identityBatch(ctx context.Context, field account.IdentityField, texts []string, into [][]account.Identity) error {
	conditions := make([]string, len(texts))
	for i, text := range texts {
		conditions[i] = eq(string(field), text)
	}
	r := request{method: http.MethodGet, path: c.paths.identities, query: identityQuery(strings.Join(conditions, " or ")), scope: scopeIdentities, idempotent: true, list: true}
	if len(c.address(r.path, r.query)) > maxURL {
		return nil // one text that no identity can have
	}
	page, all, err := c.identityPage(ctx, r)
	if err != nil {
		return err
	}
	if half := len(texts) / 2; all > len(page) && half > 0 {
		if err := c.identityBatch(ctx, field, texts[:half], into[:half]); err != nil {
			return err
		}
		return c.identityBatch(ctx, field, texts[half:], into[half:])
	}
	for _, identity := range page {
		asked := false
		for i, text := range texts {
			if strings.EqualFold(text, identity.Text(field)) {
				into[i] = append(into[i], identity)
				asked = true
			}
		}
		if identity.ID == "" || !asked && !slices.ContainsFunc(texts, func(text string) bool { return unaccented(text) == unaccented(identity.Text(field)) }) {
			return r.void(fmt.Sprintf("the API ignored the filter %s: an identity came that was not asked for", field))
		}
	}
	return nil
}

// unaccented is a text as a database may compare it that takes é for e: what
// comes so is no answer to the question, and no sign of a dropped filter.
func unaccented(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text)))
}

// identityPage gets the first page of an answer that is whole, and how many
// identities there are in all.
func (c *Client) identityPage(ctx context.Context, r request) (page []account.Identity, all int, err error) {
	for try := 1; ; try++ {
		var bodies []identityBody
		header, err := c.getWithHeader(ctx, r, &bodies)
		if err != nil {
			return nil, 0, err
		}
		page, all = make([]account.Identity, len(bodies)), total(header)
		for i, b := range bodies {
			page[i] = account.Identity{ID: stringOf(b.ID), Name: stringOf(b.Name), Alias: stringOf(b.Alias), Email: stringOf(b.Email)}
		}
		switch {
		case len(page) == min(all, pageLimit):
			return page, all, nil
		case try < identityTries:
			continue
		case all < 0:
			return nil, 0, r.unproven(errors.New("the answer has no X-Total-Count, so that nobody knows whether more identities have the same value"))
		}
		return nil, 0, r.unproven(fmt.Errorf("%d identities came, the total says %d", len(page), all))
	}
}

// unproven is the Error of an answer that may not be whole.
func (r request) unproven(err error) *Error {
	return &Error{Method: r.method, Path: r.path, Scope: r.scope, Status: http.StatusOK, Err: err, Attempts: identityTries, kind: isVoid}
}
