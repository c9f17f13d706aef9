package isc

import (
	"errors"
	"net/http"
	"strconv"
	"syscall"
)

// Hint says what to do about the error, in one sentence; "" when there is
// nothing to do but to read it.
func (e *Error) Hint() string {
	switch {
	case e.kind == unsendable:
		return "look the account up by its name, and get rid of it in ISC itself"
	case e.kind == isBlocked:
		return "ask those who run the proxy or firewall between this machine and the API to let " + e.Method + " pass; HTTPS_PROXY names a proxy"
	case errors.Is(e.Err, ErrSignIn):
		return "check that SAIL_CLIENT_ID and SAIL_CLIENT_SECRET are those of a personal access token of this tenant that has neither expired nor been revoked"
	case e.Status == 0:
		return e.connectionHint()
	case e.Status >= 200 && e.Status < 300:
		return "the answer is not the API's own, or was changed on its way: run it again, and look at proxies, caches and gateways in between if it stays so"
	}
	return e.statusHint()
}

func (e *Error) statusHint() string {
	switch s := e.Status; {
	case s == http.StatusNotModified:
		return "the answer is not the API's own: look at proxies, caches and gateways in between"
	case s >= 300 && s < 400:
		return "the API does not redirect: check that SAIL_BASE_URL is the API's address, https://TENANT.api.identitynow.com"
	case s == http.StatusBadRequest:
		return "the API does not accept the request as it is: check the values it names against the source's account schema"
	case s == http.StatusUnauthorized:
		return "the API rejected a new access token (401): check that the personal access token and its owner are active and belong to this tenant"
	case s == http.StatusForbidden && e.Scope != "":
		return "give the personal access token the scope " + e.Scope + ", and its owner a user level that includes it"
	case s == http.StatusForbidden:
		return "give the personal access token the scope this needs, and its owner a user level that includes it"
	case s == http.StatusNotFound && e.Path == tokenPath:
		return "there is no sign-in at this address: check SAIL_BASE_URL"
	case s == http.StatusNotFound:
		return "check the id, and that the tenant serves this API version (--api)"
	case s == http.StatusTooManyRequests && e.Err != nil:
		return "run it again after that time; accountsync waits up to an hour by itself. The tenant grants fewer requests than --rate says, or others use the same client id: lower --rate, or use a token of its own"
	case s == http.StatusTooManyRequests:
		return "the tenant grants fewer requests than --rate says, or others use the same client id: lower --rate, or use a token of its own"
	case s == http.StatusProxyAuthRequired:
		return "the proxy wants to be signed in to: put its user and password into HTTPS_PROXY"
	case unavailable(s):
		return "server error: run it again later, and give SailPoint's support the trackingId if it stays so"
	}
	return ""
}

func (e *Error) connectionHint() string {
	switch err := e.Err; {
	case e.ended:
		return ""
	case isDNS(err):
		return "host name could not be resolved (DNS): check the tenant's name in SAIL_BASE_URL, and the network"
	case isTLS(err):
		return "no secure connection: check that SAIL_BASE_URL is right, and that this machine trusts the certificate of the API or of the proxy in between"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused: check SAIL_BASE_URL and its port, and HTTPS_PROXY if there is a proxy"
	}
	return "no answer came: check the network and HTTPS_PROXY, and run it again"
}

func itoa(n int) string { return strconv.Itoa(n) }
