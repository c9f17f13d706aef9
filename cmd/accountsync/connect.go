package main

import (
	"fmt"

	"accountsync/internal/problem"
	"accountsync/isc"
	"accountsync/ratelimit"
)

// connection is the API client and the limiter that counts its requests.
type connection struct {
	*isc.Client
	limiter  *ratelimit.Transport
	tenant   string
	clientID string // who shares it shares a quota
}

// connect stacks what a request goes through, the outermost first: sign-in
// (isc), limit and retries (ratelimit), the log of requests, time-outs, the network.
func (a *app) connect(c config) (*connection, error) {
	quota, err := c.quota()
	if err != nil {
		return nil, err
	}
	found, err := findCredentials(c, a.environ)
	if err != nil {
		return nil, err
	}
	limiter := ratelimit.NewTransport(a.traced(ratelimit.Timeouts(ratelimit.BaseTransport(c.Workers))), quota, ratelimit.WithObserver(a.observe))
	client, err := isc.New(isc.Config{
		BaseURL: found.baseURL, API: c.API, ClientID: found.clientID, ClientSecret: found.clientSecret,
		OnDeprecated: a.deprecated,
		HTTP:         limiter, UserAgent: "accountsync/" + version(), CountAttempts: countAttempts,
	})
	if err != nil {
		return nil, problem.Errorf(problem.Config, "", "%w", err)
	}
	return &connection{Client: client, limiter: limiter, tenant: client.Tenant(), clientID: found.clientID}, nil
}

// deprecated warns of an operation that the API marks as deprecated.
func (a *app) deprecated(method, path string) {
	a.log.Warn().Str("method", method).Str("path", shownPath(path)).Msg("the API marks this operation as deprecated: choose another --api before it ends")
}

// observe logs what the limiter meets.
func (a *app) observe(e ratelimit.Event) {
	switch e.Kind {
	case ratelimit.Paused:
		text := "the API refused a request without saying how long to wait: every worker pauses"
		if e.Asked {
			text = fmt.Sprintf("the API asks to wait %s (Retry-After): every worker waits", shortly(e.Wait))
		}
		a.log.Warn().Dur("wait_ms", e.Wait).Int("status", e.Status).Msg(text)
	case ratelimit.RateChanged:
		a.log.Info().Float64("requests_per_second", e.Rate).Msg("rate changed")
	case ratelimit.Retrying:
		a.log.Debug().Str("method", e.Method).Int("status", e.Status).Int("tries", e.Tries).Msg("sending again")
	}
}
