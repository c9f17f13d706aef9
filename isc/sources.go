package isc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"accountsync/account"
	"accountsync/internal/suggest"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// sourceID is the form of an id: 32 hex digits, or a UUID.
var sourceID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{32}$|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
})

// sourceBody is a source as the API shows it, each member of any type.
type sourceBody struct {
	ID              jsontext.Value `json:"id"`
	Name            jsontext.Value `json:"name"`
	Type            jsontext.Value `json:"type"`
	ConnectionType  jsontext.Value `json:"connectionType"`
	Authoritative   jsontext.Value `json:"authoritative"`
	DeleteThreshold jsontext.Value `json:"deleteThreshold"`
}

func (b sourceBody) source() account.Source {
	s := account.Source{
		ID: stringOf(b.ID), Name: stringOf(b.Name), Type: stringOf(b.Type),
		ConnectionType: stringOf(b.ConnectionType), Authoritative: isTrue(string(b.Authoritative)),
	}
	if f, err := strconv.ParseFloat(stringOf(b.DeleteThreshold), 64); err == nil {
		s.DeleteThreshold = new(int(f))
	}
	return s
}

// Source finds a source by its id or its name. When there is none, or names
// differing in case alone leave several, the error is a *SourceError.
func (c *Client) Source(ctx context.Context, idOrName string) (account.Source, error) {
	if idOrName == "" {
		return account.Source{}, errors.New("no source: give the id or the name of one (--source)")
	}
	if sourceID().MatchString(idOrName) {
		s, err := c.sourceByID(ctx, idOrName)
		if err == nil || !absent(err) {
			return s, err
		}
	}
	return c.sourceByName(ctx, idOrName)
}

// absent reports whether the API says that there is nothing of that id.
func absent(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.is(http.StatusNotFound) || e.is(http.StatusBadRequest))
}

func (c *Client) sourceByID(ctx context.Context, id string) (account.Source, error) {
	var b sourceBody
	r := request{method: http.MethodGet, path: below(c.paths.sources, id), scope: scopeSources, idempotent: true}
	if err := c.get(ctx, r, &b); err != nil {
		return account.Source{}, err
	}
	s := b.source()
	if !strings.EqualFold(s.ID, id) {
		return account.Source{}, r.void(ruleID)
	}
	return s, nil
}

func (c *Client) sourceByName(ctx context.Context, name string) (account.Source, error) {
	r, found, err := c.sources(ctx, eq("name", name))
	if err != nil {
		return account.Source{}, err
	}
	for _, s := range found {
		if s.ID == "" || !strings.EqualFold(s.Name, name) {
			return account.Source{}, r.void(ruleName)
		}
	}
	if exact := named(found, name); len(exact) > 0 {
		found = exact // the API compares without case
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return account.Source{}, &SourceError{Asked: name, Near: c.nearSources(ctx, name)}
	}
	return account.Source{}, &SourceError{Asked: name, Matches: found}
}

// nearSources names the sources whose names look like the one asked for, for
// an error alone: it gives up at the first trouble.
func (c *Client) nearSources(ctx context.Context, name string) []string {
	_, all, err := c.sources(ctx, "")
	if err != nil {
		return nil
	}
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name
	}
	return suggest.Several(name, names)
}

// sources lists the first sources that match the filter.
func (c *Client) sources(ctx context.Context, filter string) (request, []account.Source, error) {
	query := url.Values{"limit": {itoa(pageLimit)}, "sorters": {"name"}}
	if filter != "" {
		query.Set("filters", filter)
	}
	var bodies []sourceBody
	r := request{method: http.MethodGet, path: c.paths.sources, query: query, scope: scopeSources, idempotent: true, list: true}
	if err := c.get(ctx, r, &bodies); err != nil {
		return r, nil, err
	}
	sources := make([]account.Source, len(bodies))
	for i, b := range bodies {
		sources[i] = b.source()
	}
	return r, sources, nil
}

func named(sources []account.Source, name string) []account.Source {
	var exact []account.Source
	for _, s := range sources {
		if s.Name == name {
			exact = append(exact, s)
		}
	}
	return exact
}

// SourceError says that no source, or more than one, has the name asked for.
type SourceError struct {
	Asked   string
	Matches []account.Source // more than one, or none
	Near    []string         // names that look like it
}

func (e *SourceError) Error() string {
	if len(e.Matches) == 0 {
		return fmt.Sprintf("no source has the id or name %q", e.Asked)
	}
	ids := make([]string, len(e.Matches))
	for i, s := range e.Matches {
		ids[i] = fmt.Sprintf("%s (%s)", s.ID, s.Name)
	}
	return fmt.Sprintf("%d sources have the name %q: %s", len(e.Matches), e.Asked, strings.Join(ids, ", "))
}

// Hint says what to give instead.
func (e *SourceError) Hint() string {
	switch {
	case len(e.Matches) > 0:
		return "give the id instead of the name"
	case len(e.Near) > 0:
		return "did you mean " + strings.Join(quoteAll(e.Near), ", ") + "?"
	}
	return "look up the source's name or id under Admin, Connections, Sources; the credentials may not see it"
}

func quoteAll(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = strconv.Quote(t)
	}
	return quoted
}

// get reads a JSON answer into out.
func (c *Client) get(ctx context.Context, r request, out any) error {
	_, err := c.getWithHeader(ctx, r, out)
	return err
}

func (c *Client) getWithHeader(ctx context.Context, r request, out any) (http.Header, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(a.body), out, lenient); err != nil {
		return nil, r.unreadable(a, fmt.Errorf("the answer is not what was asked for: %w", err))
	}
	return a.header, nil
}
