package isc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"accountsync/internal/network"

	"github.com/rs/zerolog"
)

// Config says which tenant to call, as whom, and through what.
type Config struct {
	BaseURL string // e.g. https://acme.api.identitynow.com
	API     string // v3, v2024, v2025, v2026, beta or v1; "" is v3

	ClientID     string
	ClientSecret string `json:"-"`

	// HTTP carries every request, sign-in included: the stack of limiter and
	// retries. Nil is http.DefaultTransport. The client sets no time-out of its
	// own, since a limiter may rightly wait for an hour: give the innermost
	// transport the time-outs.
	HTTP http.RoundTripper `json:"-"`

	UserAgent string // "" is accountsync

	// CountAttempts returns a context under which HTTP counts the requests it
	// sends, and a function that tells their number so far. Nil: always 1.
	CountAttempts func(context.Context) (context.Context, func() int) `json:"-"`

	// OnDeprecated is told of the first answer that marks its operation as
	// deprecated (X-Deprecated), once. Nil: nobody is.
	OnDeprecated func(method, path string) `json:"-"`
}

// String shows everything but the secret.
func (c Config) String() string {
	secret := "unset"
	if c.ClientSecret != "" {
		secret = "set"
	}
	return fmt.Sprintf("base URL %q, API %q, client id %q, client secret %s", c.BaseURL, c.API, c.ClientID, secret)
}

// Format prints String for every verb, so that no form of printing shows the secret.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalZerologObject logs everything but the secret.
func (c Config) MarshalZerologObject(e *zerolog.Event) {
	e.Str("base_url", c.BaseURL).Str("api", c.API).Str("client_id", c.ClientID).Bool("client_secret_set", c.ClientSecret != "")
}

func (c Config) userAgent() string {
	if c.UserAgent == "" {
		return "accountsync"
	}
	return c.UserAgent
}

// checkCredentials finds credentials that cannot work before any is sent.
func checkCredentials(c Config) error {
	switch {
	case c.ClientID == "" && c.ClientSecret == "":
		return errors.New("no credentials: set SAIL_CLIENT_ID and SAIL_CLIENT_SECRET to those of a personal access token")
	case c.ClientID == "":
		return errors.New("no client id: set SAIL_CLIENT_ID")
	case c.ClientSecret == "":
		return errors.New("no client secret: set SAIL_CLIENT_SECRET")
	case strings.TrimSpace(c.ClientID) != c.ClientID:
		return errors.New("the client id has spaces or line ends around it: remove them")
	case strings.TrimSpace(c.ClientSecret) != c.ClientSecret:
		return errors.New("the client secret has spaces or line ends around it: remove them")
	}
	return nil
}

// cleanBase checks the base URL and reduces it to scheme and host.
func cleanBase(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return "", errors.New("no base URL: set SAIL_BASE_URL, e.g. to https://TENANT.api.identitynow.com")
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return "", errors.New("the base URL cannot be read: give it as https://TENANT.api.identitynow.com, without user or password")
	}
	if strings.Trim(u.Hostname(), ".") == "" {
		return "", fmt.Errorf("the base URL %q has no host: write %s", raw, wholeURL(strings.TrimLeft(raw, "/:")))
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("the base URL %q has more than a host: write %s://%s (the API version is a setting of its own)", raw, u.Scheme, u.Host)
	}
	if err := checkScheme(u); err != nil {
		return "", err
	}
	if err := checkTenantHost(strings.TrimRight(u.Hostname(), ".")); err != nil {
		return "", err
	}
	return u.Scheme + "://" + canonicalHost(u), nil
}

// wholeURL is what was probably meant by a host without a scheme, or by the
// name of a tenant alone.
func wholeURL(host string) string {
	host, _, _ = strings.Cut(host, "/")
	name, domain, hasDomain := strings.Cut(strings.ToLower(strings.TrimRight(host, ".")), ".")
	switch {
	case host == "":
		return "https://TENANT.api.identitynow.com"
	case !hasDomain && name != "localhost" && !strings.Contains(name, ":"):
		return "https://" + name + ".api.identitynow.com"
	case domain == "identitynow.com" || domain == "identitynow-demo.com":
		return "https://" + name + ".api." + domain
	}
	return "https://" + host
}

// canonicalHost is the host in lower case, without the dot that may end it and
// without the port its scheme has anyway.
func canonicalHost(u *url.URL) string {
	host := strings.TrimRight(strings.ToLower(u.Hostname()), ".")
	if strings.Contains(host, ":") {
		if ip, err := netip.ParseAddr(host); err == nil {
			host = ip.String()
		}
		host = "[" + host + "]"
	}
	port := strings.TrimLeft(u.Port(), "0")
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return host
	}
	return host + ":" + port
}

// checkScheme lets http pass to the own machine only: the secret crosses it.
func checkScheme(u *url.URL) error {
	switch {
	case u.Scheme == "https", u.Scheme == "http" && network.IsLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("the base URL http://%s would send the client secret unencrypted: write https://%s", u.Host, u.Host)
	}
	return fmt.Errorf("the base URL has the scheme %q: write https://%s", u.Scheme, u.Host)
}

// checkTenantHost catches the address of the tenant's web pages, which looks
// like that of its API.
func checkTenantHost(host string) error {
	for _, domain := range []string{".identitynow.com", ".identitynow-demo.com"} {
		host = strings.ToLower(host)
		tenant, ok := strings.CutSuffix(host, domain)
		if ok && !strings.Contains(tenant, ".") {
			return fmt.Errorf("%s is the address of the tenant's web pages: its API is at https://%s.api%s", host, tenant, domain)
		}
	}
	return nil
}
