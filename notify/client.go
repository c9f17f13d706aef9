// Package notify tells monitors and people how a run ended: pings in the dialect
// of healthchecks.io, and webhooks.
package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"accountsync/internal/network"
)

// Receiver is somebody on the web who is told of runs. Whoever knows the whole
// address can speak in our name, so only its host is ever shown.
type Receiver struct{ url *url.URL }

// Host is where the receiver is.
func (r *Receiver) Host() string { return r.url.Host }

// ParseReceiver reads an address; "" is no receiver. Its errors never repeat it.
func ParseReceiver(address string) (*Receiver, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || strings.TrimSpace(address) != address:
		return nil, errors.New("it is not the address of a web page")
	case u.Scheme != "https" && (u.Scheme != "http" || !network.IsLoopback(u.Hostname())):
		return nil, errors.New("it is not an https address, so others could read it on its way")
	}
	u.Fragment, u.RawFragment = "", ""
	return &Receiver{u}, nil
}

// Masked is what is shown of an address.
func Masked(address string) string {
	if address == "" {
		return ""
	}
	if r, err := ParseReceiver(address); err == nil {
		return r.url.Scheme + "://" + r.url.Host + "/***"
	}
	return "***"
}

// The time others are given: for one try, and for all of them. A run never
// waits longer for anybody.
const (
	tryFor   = 4 * time.Second
	tellFor  = 10 * time.Second
	tellMost = 3
)

// Client sends messages. It shares nothing with the API's client: no limit, no
// token, no connection.
type Client struct {
	http      http.Client
	userAgent string
}

// NewClient makes a client that calls itself by the user agent.
func NewClient(userAgent string) *Client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	t.DisableKeepAlives = true // hours pass between two messages
	return &Client{http.Client{Transport: t, CheckRedirect: sameOrigin}, userAgent}
}

// sameOrigin hands a redirect back as the answer when it leads elsewhere, or
// would lose the body.
func sameOrigin(next *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > tellMost || next.Method != first.Method || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// post sends a message, again when nobody answers or the answer is 5xx, and
// returns the beginning of what is answered.
func (c *Client) post(ctx context.Context, address, kind string, body []byte) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, tellFor)
	defer cancel()
	for try := 1; ; try++ {
		said, again, err := c.once(ctx, address, kind, body)
		if err == nil || !again || try == tellMost {
			return said, err
		}
		select {
		case <-time.After(time.Duration(try) * 300 * time.Millisecond):
		case <-ctx.Done():
			return said, err
		}
	}
}

func (c *Client) once(ctx context.Context, address, kind string, body []byte) (said string, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", false, errors.New("its address cannot be used")
	}
	req.Header.Set("User-Agent", c.userAgent)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", true, errors.New(network.Reason(err))
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // the status says it all
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return "", resp.StatusCode >= 500, fmt.Errorf("it answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return string(text), false, nil
}

// Webhook posts JSON to a receiver.
func (c *Client) Webhook(ctx context.Context, r *Receiver, json []byte) error {
	_, err := c.post(ctx, r.url.String(), "application/json", json)
	return err
}
