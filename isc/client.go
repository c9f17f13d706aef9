// Package isc is the adapter to the SailPoint Identity Security Cloud API: it
// signs in, calls the operations on accounts, sources and tasks in any of the
// API's address forms, and reports each failure as an Error that says what to do.
package isc

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"

	"golang.org/x/oauth2/clientcredentials"
)

// Client calls the API of one tenant. It is safe for concurrent use.
type Client struct {
	base      string // scheme and host, no slash at the end
	paths     paths
	userAgent string
	http      *http.Client
	tokens    *tokens
	count     func(context.Context) (context.Context, func() int)
	scrub     scrubber
	clock     clock

	onDeprecated func(method, path string)
	deprecated   atomic.Bool // onDeprecated was called

	// tasksOneByOne is set once the tenant has refused a filter on task ids.
	tasksOneByOne atomic.Bool
}

// New checks the configuration and returns a client. It sends nothing: the
// first call signs in.
func New(cfg Config) (*Client, error) {
	base, err := cleanBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	paths, err := pathsOf(cfg.API)
	if err != nil {
		return nil, err
	}
	if err := checkCredentials(cfg); err != nil {
		return nil, err
	}
	transport := cfg.HTTP
	if transport == nil {
		transport = http.DefaultTransport
	}
	c := &Client{
		base:      base,
		paths:     paths,
		userAgent: cfg.userAgent(),
		http:      &http.Client{Transport: transport, CheckRedirect: noRedirect},
		count:     cfg.CountAttempts,
		scrub:     newScrubber(cfg.ClientSecret),

		onDeprecated: cfg.OnDeprecated,
	}
	if c.count == nil {
		c.count = countOne
	}
	c.tokens = newTokens(clientcredentials.Config{
		ClientID:     cfg.ClientID,
		ClientSecret: cfg.ClientSecret,
		TokenURL:     base + tokenPath,
	}, transport, c.userAgent, c.scrub)
	return c, nil
}

// Tenant is the one form of the base URL, however it was written: runs of one
// tenant share their locks and their memory by it.
func (c *Client) Tenant() string { return c.base }

// String names the tenant. It keeps the credentials out of whatever prints a Client.
func (c *Client) String() string { return "isc.Client(" + c.base + ")" }

// Format prints String for every verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// noRedirect hands a redirect back as the answer: the API sends none, and the
// token must not follow one to another place.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func countOne(ctx context.Context) (context.Context, func() int) {
	return ctx, func() int { return 1 }
}

// address is the whole URL of a call.
func (c *Client) address(path string, query url.Values) string {
	if len(query) == 0 {
		return c.base + path
	}
	return c.base + path + "?" + query.Encode()
}
