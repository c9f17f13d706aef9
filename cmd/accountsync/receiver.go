package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"accountsync/internal/problem"
)

// receiver is somebody on the web who is told of runs. Whoever knows the whole
// address can speak in our name, so only its host is ever shown.
type receiver struct {
	setting string
	url     *url.URL
}

// parseReceiver reads an address; none is no receiver. Its errors never repeat it.
func parseReceiver(setting, text string) (*receiver, error) {
	if text == "" {
		return nil, nil
	}
	const hint = "write https://HOST/... (http only to this machine); what stands in the file or the environment is not seen in the list of processes"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || strings.TrimSpace(text) != text:
		return nil, problem.Errorf(problem.Config, hint, "the setting %s is not the address of a web page", setting)
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return nil, problem.Errorf(problem.Config, hint, "the setting %s is not an https address, so others could read it on its way", setting)
	}
	u.Fragment, u.RawFragment = "", ""
	return &receiver{setting, u}, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// maskedReceiver is what is shown of an address.
func maskedReceiver(text string) string {
	if text == "" {
		return ""
	}
	if r, err := parseReceiver("", text); err == nil {
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

// messenger tells receivers of runs. It shares nothing with the API's client:
// no limit, no token, no connection.
type messenger struct{ http http.Client }

func newMessenger() *messenger {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	t.DisableKeepAlives = true // hours pass between two messages
	return &messenger{http.Client{Transport: t, CheckRedirect: sameOrigin}}
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
func (m *messenger) post(ctx context.Context, address, kind string, body []byte) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, tellFor)
	defer cancel()
	for try := 1; ; try++ {
		said, again, err := m.once(ctx, address, kind, body)
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

func (m *messenger) once(ctx context.Context, address, kind string, body []byte) (said string, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", false, errors.New("its address cannot be used")
	}
	req.Header.Set("User-Agent", "accountsync/"+version())
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := m.http.Do(req)
	if err != nil {
		return "", true, errors.New(whyUnanswered(err))
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // the status says it all
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return "", resp.StatusCode >= 500, fmt.Errorf("it answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return string(text), false, nil
}

// whyUnanswered says why no answer came, without the address that was asked
// and without a word of anybody else's.
func whyUnanswered(err error) string {
	var slow net.Error
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.As(err, &slow) && slow.Timeout():
		return "no answer in time"
	case errors.As(err, &dns):
		return "its name cannot be resolved"
	case errors.As(err, &certificate):
		return "its certificate is not one to trust"
	case errors.As(err, &op) && op.Op == "dial":
		return "nobody listens there"
	}
	return "the connection broke"
}
