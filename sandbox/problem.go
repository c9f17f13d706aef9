package sandbox

import (
	"fmt"
	"net/http"
)

// reply is an answer before it is written.
type reply struct {
	status int
	header http.Header // may be nil
	body   []byte
}

// with sets a header.
func (r *reply) with(name, value string) *reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

func jsonReply(status int, body []byte) *reply { return &reply{status: status, body: body} }

// problem is a refusal of the documented shape. Its reply needs the tracking id of the request.
type problem struct {
	status int
	cause  string
	allow  string // the Allow header of a 405
	// malformed tells a body that is no JSON from one that says something wrong.
	malformed bool
}

func badRequest(format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, cause: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *problem {
	return &problem{status: http.StatusNotFound, cause: fmt.Sprintf(format, args...)}
}

// generic are the detailCode and the message that go with a status.
var generic = map[int][2]string{
	http.StatusBadRequest: {"400.1 Bad Request Content",
		"The request was syntactically correct but its content is semantically invalid."},
	http.StatusForbidden: {"403 Forbidden", "The server understood the request but refuses to authorize it."},
	http.StatusNotFound: {"404 Not found",
		"The server did not find a current representation for the target resource."},
	http.StatusMethodNotAllowed: {"405 Method Not Allowed",
		"The method received in the request-line is known by the origin server but not supported by the target resource."},
	http.StatusRequestEntityTooLarge: {"413 Payload Too Large", "The request is larger than the server is willing to process."},
	http.StatusRequestURITooLong:     {"414 URI Too Long", "The URI is longer than the server is willing to interpret."},
	http.StatusUnsupportedMediaType: {"415 Unsupported Media Type",
		"The payload is in a format not supported by this method on the target resource."},
	http.StatusInternalServerError: {"500.0 Internal Fault", "An internal fault occurred."},
}

func (p *problem) reply(trackingID string) *reply {
	header := http.Header{}
	if p.allow != "" {
		header.Set("Allow", p.allow)
	}
	words := wording(p.status)
	if p.malformed {
		words = [2]string{"400.0 Bad Request Syntax", "The request could not be parsed."}
	}
	return &reply{status: p.status, header: header, body: errorBody(words, trackingID, p.cause)}
}

// wording is the detailCode and the message of a status.
func wording(status int) [2]string {
	if words, known := generic[status]; known {
		return words
	}
	text := http.StatusText(status)
	return [2]string{fmt.Sprintf("%d %s", status, text), text + "."}
}

// errorBody writes {"detailCode", "trackingId", "messages", "causes"}.
func errorBody(words [2]string, trackingID, cause string) []byte {
	body := append([]byte(`{"detailCode":`), quote(nil, words[0])...)
	body = member(body, "trackingId", trackingID)
	body = append(body, `,"messages":[`...)
	body = appendMessage(body, words[1])
	body = append(body, `],"causes":[`...)
	if cause != "" {
		body = appendMessage(body, cause)
	}
	return append(body, `]}`...)
}

func appendMessage(dst []byte, text string) []byte {
	dst = append(dst, `{"locale":"en-US","localeOrigin":"DEFAULT"`...)
	return append(member(dst, "text", text), '}')
}

func unauthorized(message string) *reply {
	return &reply{status: http.StatusUnauthorized, header: http.Header{"Www-Authenticate": {"Bearer"}},
		body: append(append([]byte(`{"error":`), quote(nil, message)...), '}')}
}

// tooMany is the 429 as documented, the odd blanks included.
func tooMany(retryAfter string) *reply {
	header := http.Header{}
	if retryAfter != "" {
		header.Set("Retry-After", retryAfter)
	}
	return &reply{status: http.StatusTooManyRequests, header: header, body: []byte(`{"message":" Rate Limit Exceeded "}`)}
}
