package sandbox

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// loginPath is where redirects lead: a page that answers 200 to everybody, as gateways have one.
const loginPath = "/login"

// signInPage is what a gateway answers in the API's name.
func signInPage(status int) *reply {
	return &reply{status: status, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		body: []byte("<!DOCTYPE html>\n<html><head><title>Sign in to continue</title></head>\n" +
			"<body><form method=\"post\"><input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>\n")}
}

// faultReply is the answer that a fault gives in place of any work, or nil.
func (s *Server) faultReply(c *call) *reply {
	f := c.fault
	switch f.Kind {
	case FaultLostBefore, FaultHangBefore:
		return &reply{}
	case FaultExpireToken:
		if c.token != nil {
			c.token.expires = c.now
		}
		return unauthorized("JWT validation failed: JWT is expired")
	case FaultStatus:
		return s.statusFault(c)
	case FaultEncoding:
		if f.Status != 0 {
			return s.statusFault(c)
		}
	case FaultThrottled:
		c.entry.Refused = true
		return tooMany(seconds(s.limiter(c).violate(c.now)))
	case FaultRedirect:
		return &reply{status: f.statusOr(http.StatusFound), header: http.Header{"Location": {loginPath}}}
	case FaultHTML:
		page := signInPage(f.statusOr(http.StatusOK))
		if f.Body != "" {
			page.body = []byte(f.Body)
		}
		return page
	case FaultGzipBomb:
		return &reply{status: http.StatusOK, header: http.Header{"Content-Encoding": {"gzip"}}, body: bomb(f.rowsOr(1024))}
	}
	return nil
}

// reshape is what a fault makes of an answer after the work.
func (s *Server) reshape(c *call, answer *reply) *reply {
	f := c.fault
	done := answer.status < http.StatusMultipleChoices
	switch {
	case f.Kind == FaultStatusAfter && done:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.statusFault(c)
	case (f.Kind == FaultEmptyList || f.Kind == FaultEmptyListNoTotal) && done && bytes.HasPrefix(answer.body, []byte("[")):
		return f.empty(answer)
	}
	return answer
}

func (f *Fault) statusOr(instead int) int {
	if f.Status == 0 {
		return instead
	}
	return f.Status
}

func (s *Server) statusFault(c *call) *reply {
	f := c.fault
	status := f.statusOr(http.StatusInternalServerError)
	r := &reply{status: status, header: http.Header{}, body: errorBody(wording(status), s.trackingID(), "")}
	if status == http.StatusTooManyRequests {
		r = tooMany("")
	}
	if after := f.retryAfter(c.now); after != "" {
		r.header.Set("Retry-After", after)
	}
	if f.Body != "" {
		r.body = []byte(f.Body)
		if !jsontext.Value(strings.TrimPrefix(f.Body, byteOrderMark)).IsValid() {
			r.header.Set("Content-Type", "text/html")
		}
	}
	if f.Body == BodyNone {
		r.header.Del("Content-Type")
		r.body = nil
	}
	return r
}

const byteOrderMark = "\ufeff"

// encode brings an answer into the form it travels in: compressed where the client takes that, or as the fault
// has it. It sets the headers that go with it.
func (s *Server) encode(c *call, header http.Header, body []byte) []byte {
	gzipped := s.compresses(c.request, body)
	switch f := c.fault; f.Kind {
	case FaultGzipBomb, FaultEndless:
		return body
	case FaultEncoding:
		encoding := f.Encoding
		if encoding == "" {
			encoding = "UTF-8"
		}
		header.Set("Content-Encoding", encoding)
		return body
	case FaultBOM:
		body = append([]byte(byteOrderMark), body...)
	case FaultCutGzip, FaultNestedGzip:
		gzipped = true
	}
	if !gzipped {
		return body
	}
	header.Set("Content-Encoding", "gzip")
	header.Set("Vary", "Accept-Encoding")
	body = compressed(body)
	switch c.fault.Kind {
	case FaultCutGzip:
		body = body[:len(body)/2]
	case FaultNestedGzip:
		body = compressed(body)
	}
	return body
}

// bomb is gzip of a JSON array with one string of so many MiB. A gzip file may have several members: the
// one that holds a MiB is made once and repeated.
func bomb(mebibytes int) []byte {
	pack := func(text string) []byte {
		var out bytes.Buffer
		w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
		_, _ = w.Write([]byte(text))                            // a buffer takes everything
		_ = w.Close()
		return out.Bytes()
	}
	body := pack(`[{"id":"`)
	body = append(body, bytes.Repeat(pack(strings.Repeat("0", 1<<20)), mebibytes)...)
	return append(body, pack(`"}]`)...)
}

// date is the Date header that a fault gives an answer; empty for the usual one.
func (f *Fault) date(now time.Time) string {
	if f.Kind != FaultDateAhead {
		return ""
	}
	return now.Add(time.Duration(f.Delay)).UTC().Format(http.TimeFormat)
}
