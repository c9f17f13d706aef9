package isc

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxText is the number of characters kept of what the API says.
const maxText = 300

// lenient lets through what strict JSON readers refuse.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// errorBody is every form of an error in one: the API's own, that of an invalid
// token, that of the rate limit, that of OAuth and those of older services. Members are
// read as raw values, since none can be relied on to have its type.
type errorBody struct {
	DetailCode  jsontext.Value `json:"detailCode"`
	TrackingID  jsontext.Value `json:"trackingId"`
	Messages    jsontext.Value `json:"messages"`
	Causes      jsontext.Value `json:"causes"`
	Code        jsontext.Value `json:"error"`
	Description jsontext.Value `json:"error_description"`
	Message     jsontext.Value `json:"message"`

	ErrorMessage  jsontext.Value `json:"errorMessage"`
	FormattedMsg  jsontext.Value `json:"formatted_msg"`
	DetailMessage jsontext.Value `json:"detailMessage"`
}

type errorMessage struct {
	Locale string `json:"locale"`
	Text   string `json:"text"`
}

// readBody fills in what the body of an error says.
func (e *Error) readBody(body []byte, scrub scrubber) {
	var b errorBody
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	if err := json.Unmarshal(body, &b, lenient); err != nil {
		e.Text = scrub.clean(plainText(string(body)))
		if e.refusedByPage(body) {
			e.kind, e.Err = isBlocked, errBlocked
		}
		return
	}
	e.DetailCode = scrub.clean(stringOf(b.DetailCode))
	e.TrackingID = scrub.clean(stringOf(b.TrackingID))
	e.Text = scrub.clean(b.text())
}

// readRetryAfter says how long the API asks to wait.
func (e *Error) readRetryAfter(h http.Header, scrub scrubber) {
	asked := scrub.clean(h.Get("Retry-After"))
	if asked != "" && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) {
		e.Err = fmt.Errorf("the API asks to wait (Retry-After: %s)", asked)
	}
}

var errBlocked = errors.New("a proxy or firewall refused it")

// refusedByPage reports whether a web page says no: the API has none. That of a
// 429 asks to wait, whoever sent it.
func (e *Error) refusedByPage(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) && e.Status >= 400 && e.Status < 500 &&
		e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout
}

func (b errorBody) text() string {
	var parts []string
	for _, text := range []string{
		messageText(b.Messages), messageText(b.Causes),
		stringOf(b.Code), stringOf(b.Description), stringOf(b.Message),
		stringOf(b.ErrorMessage), stringOf(b.FormattedMsg), stringOf(b.DetailMessage),
	} {
		if text = strings.TrimSpace(text); text != "" && !containsFold(parts, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ": ")
}

// messageText picks the English text of messages, else the first there is.
func messageText(raw jsontext.Value) string {
	var messages []errorMessage
	if len(raw) == 0 || json.Unmarshal(raw, &messages, lenient) != nil {
		return ""
	}
	first := ""
	for _, m := range messages {
		if m.Text != "" && strings.HasPrefix(strings.ToLower(m.Locale), "en") {
			return m.Text
		}
		if first == "" {
			first = m.Text
		}
	}
	return first
}

func containsFold(texts []string, text string) bool {
	for _, t := range texts {
		if strings.Contains(strings.ToLower(t), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// stringOf is the text of a JSON value that should be a string.
func stringOf(raw jsontext.Value) string {
	var s string
	switch {
	case len(raw) == 0 || raw.Kind() == 'n':
		return ""
	case raw.Kind() != '"':
		return string(raw)
	case json.Unmarshal(raw, &s, lenient) != nil:
		return ""
	}
	return s
}

var htmlTitle = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
})

// plainText is what a body that is no JSON says: a proxy's page is its title.
func plainText(body string) string {
	trimmed := strings.TrimSpace(body)
	if !strings.HasPrefix(trimmed, "<") {
		return trimmed
	}
	if title := htmlTitle().FindStringSubmatch(trimmed); title != nil {
		return "a web page titled " + strings.TrimSpace(title[1])
	}
	return "a web page"
}

// scrubber removes the secret from texts of others, should they echo it.
type scrubber struct{ secrets []string }

func newScrubber(secret string) scrubber {
	s := scrubber{[]string{secret}}
	if escaped := url.QueryEscape(secret); escaped != secret {
		s.secrets = append(s.secrets, escaped)
	}
	return s
}

// clean makes one line of the text, without the secret and at most maxText long.
func (s scrubber) clean(text string) string {
	for _, secret := range s.secrets {
		if secret == "" {
			continue
		}
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), unicode.IsSpace), " ")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	return capped(text, maxText)
}

// capped cuts the text to n characters, the last of them an ellipsis.
func capped(text string, n int) string {
	if len(text) <= n {
		return text
	}
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}
