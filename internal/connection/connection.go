// Package connection stacks what a request to the API goes through.
package connection

import (
	"context"
	"net/http"

	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/isc"
	"accountsync/ratelimit"

	"github.com/rs/zerolog"
)

// API is the client of an API and the limiter that counts its requests.
type API struct {
	*isc.Client
	Limiter  *ratelimit.Transport
	ClientID string // who shares it shares a quota
	form     string // of the addresses: --api
}

// Options are what a connection needs beside the settings.
type Options struct {
	Version string                                    // of the program, which is its User-Agent
	Log     *zerolog.Logger                           // which may become that of another sync
	Before  func(http.RoundTripper) http.RoundTripper // what each request passes once it may be sent; may be nil
}

// Open stacks what a request goes through, the outermost first: sign-in (isc),
// limit and retries (ratelimit), the log of requests, time-outs, the network. A
// connection of the same quota domain shares its limiter and, where the addresses
// have the same form, serves as it is.
func Open(ctx context.Context, c *config.Sync, shared *API, o Options) (*API, error) {
	if shared != nil && shared.form == c.API {
		return shared, nil
	}
	secret, err := c.Tenant.ReadSecret(ctx)
	if err != nil {
		return nil, err
	}
	watch := &observer{log: o.Log}
	api := &API{ClientID: c.Tenant.ClientID, form: c.API}
	if shared != nil {
		api.Limiter = shared.Limiter
	} else {
		wire := traced(ratelimit.Timeouts(ratelimit.BaseTransport(c.Workers)), o.Log)
		if o.Before != nil {
			wire = o.Before(wire)
		}
		api.Limiter = ratelimit.NewTransport(wire, c.Quota, ratelimit.WithObserver(watch.observe))
	}
	api.Client, err = isc.New(isc.Config{
		BaseURL: c.Tenant.BaseURL, API: c.API, ClientID: c.Tenant.ClientID, ClientSecret: secret,
		OnDeprecated: watch.deprecated,
		HTTP:         api.Limiter, UserAgent: "accountsync/" + o.Version, CountAttempts: countAttempts,
	})
	if err != nil {
		return nil, problem.Errorf(problem.Config, "", "%w", err)
	}
	return api, nil
}
