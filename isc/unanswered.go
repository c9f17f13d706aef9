package isc

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	byteOrderMark = "\ufeff"
	gzipMagic     = "\x1f\x8b"
)

// redirects reports whether a status sends the client elsewhere. The API sends
// none: somebody between wants a sign-in, and did not pass the request on, or did.
func redirects(status int) bool { return status >= 300 && status < 400 }

// unanswered says why a 2xx or a redirect is no answer to the request, nil when
// it is one. Gateways answer in the API's name: with a sign-in page, with
// nothing, with what is left of a page.
func (r request) unanswered(resp *http.Response, body string) error {
	if resp.StatusCode == http.StatusNotModified { // which was not asked about
		return errors.New("a cache answered that nothing has changed")
	}
	if redirects(resp.StatusCode) {
		return errors.New("redirected" + redirectHost(resp) + " instead of answered")
	}
	if resp.StatusCode == http.StatusNoContent && r.method != http.MethodGet {
		return nil
	}
	text := strings.Trim(body, " \t\r\n")
	want, end := byte('{'), byte('}')
	if r.list {
		want, end = '[', ']'
	}
	switch {
	case text == "":
		return errors.New("the answer is empty")
	case strings.HasPrefix(text, byteOrderMark):
		return errors.New("the answer begins with a byte order mark, which JSON does not")
	case strings.HasPrefix(text, gzipMagic):
		return errors.New("the answer is compressed twice, or does not say that it is compressed")
	case text[0] == '<':
		return errors.New(newScrubber("").clean(plainText(text)) + " came instead of an answer")
	case text[0] != want:
		return fmt.Errorf("the answer is not %s but %s", kindName(jsontext.Kind(want)), startOf(text))
	case text[len(text)-1] != end:
		return fmt.Errorf("the answer is cut short at byte %d", len(body))
	case r.method != http.MethodGet && !jsontext.Value(text).IsValid(lenient):
		return errors.New("the answer is not JSON")
	}
	return nil
}

// startOf names what a text is, as far as its first byte tells.
func startOf(text string) string {
	switch c := text[0]; {
	case c >= '0' && c <= '9' || c == '-':
		return kindName('0')
	case strings.IndexByte(`{["`, c) >= 0:
		return kindName(jsontext.Kind(c))
	case text == "null" || text == "true" || text == "false":
		return text
	}
	return "no JSON"
}

// redirectHost names the host a redirect leads to: the rest of its address can
// hold anything.
func redirectHost(resp *http.Response) string {
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Host == "" {
		return ""
	}
	return " to " + newScrubber("").clean(to.Hostname())
}
