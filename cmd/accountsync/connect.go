package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/isc"
	"accountsync/ratelimit"
)

// connection is the API client and the limiter that counts its requests.
type connection struct {
	*isc.Client
	limiter  *ratelimit.Transport
	tenant   string
	clientID string // who shares it shares a quota
	form     string // of the addresses: --api
}

// connectTo stacks what a request goes through, the outermost first: sign-in
// (isc), limit and retries (ratelimit), the log of requests, time-outs, the
// network. A connection of the same quota domain shares its limiter and, where
// the addresses have the same form, serves as it is.
func (a *app) connectTo(c *config.Sync, before *connection) (*connection, error) {
	if before != nil && before.form == c.API {
		return before, nil
	}
	secret, err := c.Tenant.ReadSecret(a.stop.Draining)
	if err != nil {
		return nil, err
	}
	var limiter *ratelimit.Transport
	if before != nil {
		limiter = before.limiter
	} else {
		limiter = ratelimit.NewTransport(a.gate.before(a.traced(ratelimit.Timeouts(ratelimit.BaseTransport(c.Workers)))), c.Quota, ratelimit.WithObserver(a.observe))
	}
	client, err := isc.New(isc.Config{
		BaseURL: c.Tenant.BaseURL, API: c.API, ClientID: c.Tenant.ClientID, ClientSecret: secret,
		OnDeprecated: a.deprecated,
		HTTP:         limiter, UserAgent: "accountsync/" + version(), CountAttempts: countAttempts,
	})
	if err != nil {
		return nil, problem.Errorf(problem.Config, "", "%w", err)
	}
	return &connection{Client: client, limiter: limiter, tenant: client.Tenant(), clientID: c.Tenant.ClientID, form: c.API}, nil
}

// deprecated warns of an operation that the API marks as deprecated.
func (a *app) deprecated(method, path string) {
	a.log.Warn().Str("method", method).Str("path", shownPath(path)).Msg("the API marks this operation as deprecated: choose another --api before it ends")
}

// observe logs what the limiter meets.
func (a *app) observe(e ratelimit.Event) {
	switch e.Kind {
	case ratelimit.Paused:
		said := "the API refused a request without saying how long to wait: every worker pauses"
		if e.Asked {
			said = fmt.Sprintf("the API asks to wait %s (Retry-After): every worker waits", text.Wait(e.Wait))
		}
		a.log.Warn().Dur("wait_ms", e.Wait).Int("status", e.Status).Msg(said)
	case ratelimit.RateChanged:
		a.log.Info().Float64("requests_per_second", e.Rate).Msg("rate changed")
	case ratelimit.Retrying:
		if e.Status == 0 && e.Err != nil && a.retries.due(time.Now()) {
			a.log.Warn().Str("reason", noAnswer(e.Err)).Int("tries", e.Tries).Msg("no answer from the API: sending again")
			return
		}
		a.log.Debug().Str("method", e.Method).Int("status", e.Status).Int("tries", e.Tries).Msg("sending again")
	}
}

// noAnswer says why no answer came, without an address.
func noAnswer(err error) string {
	var dns *net.DNSError
	var slow net.Error
	switch {
	case errors.As(err, &dns):
		return "host name could not be resolved (DNS)"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.As(err, &slow) && slow.Timeout():
		return "timed out"
	}
	return "connection failed"
}

// seldom lets something be said at once, and then every few seconds: many
// workers lose their connections at the same time.
type seldom struct{ last atomic.Int64 } // Unix milliseconds

func (s *seldom) due(now time.Time) bool {
	if s == nil {
		return false
	}
	const every = 5000
	last := s.last.Load()
	return now.UnixMilli()-last >= every && s.last.CompareAndSwap(last, now.UnixMilli())
}
