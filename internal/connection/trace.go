package connection

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"accountsync/internal/network"
	"accountsync/ratelimit"

	"github.com/rs/zerolog"
)

// trace logs every request, below the limiter: what goes over the wire. It
// knows a request by its method and path alone: the query holds native
// identities, the header the token, the body the account.
type trace struct {
	next http.RoundTripper
	log  *zerolog.Logger
}

// traced is the transport, with a log of its requests when somebody asks for one.
func traced(next http.RoundTripper, log *zerolog.Logger) http.RoundTripper {
	if log.GetLevel() > zerolog.DebugLevel {
		return next
	}
	return &trace{next, log}
}

// RoundTrip sends the request, and logs it once its answer has been read.
func (t *trace) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := time.Now()
	resp, err := t.next.RoundTrip(req)
	line := t.log.Debug().Str("method", req.Method).Str("path", shownPath(req.URL.Path)).Int64("sent_bytes", max(0, req.ContentLength))
	if n := attempt(req.Context()); n > 0 {
		line.Int("attempt", n)
	}
	if err != nil {
		line.Str("error", network.Reason(err)).Dur("took_ms", time.Since(begun)).Msg("request")
		return resp, err
	}
	line.Int("status", resp.StatusCode)
	if id := resp.Header.Get("SLPT-Request-ID"); id != "" {
		line.Str("request_id", id)
	}
	resp.Body = &counted{ReadCloser: resp.Body, done: func(n int64) {
		line.Int64("bytes", n).Dur("took_ms", time.Since(begun)).Msg("request")
	}}
	return resp, nil
}

// CloseIdleConnections closes those of the transport.
func (t *trace) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// counted tells how long a body was when it is closed.
type counted struct {
	io.ReadCloser
	n    int64
	done func(n int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counted) Close() error {
	if c.done != nil {
		c.done(c.n)
		c.done = nil
	}
	return c.ReadCloser.Close()
}

// ours are the segments of the API's paths that are no names, and what ISC's
// ids look like. Anything else could be what somebody is called.
var ours = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(|v\d+|beta|oauth|token|accounts|sources|schemas|task-status|entitlements|schedules|enable|disable|unlock|reload|[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)
})

// shownPath is a path with a * for each segment that is not ours.
func shownPath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if !ours().MatchString(s) {
			segments[i] = "*"
		}
	}
	return strings.Join(segments, "/")
}

type attemptsKey struct{}

// countAttempts counts the requests sent under a context, and lets trace see
// the number.
func countAttempts(ctx context.Context) (context.Context, func() int) {
	ctx, attempts := ratelimit.WithAttempts(ctx)
	return context.WithValue(ctx, attemptsKey{}, attempts), attempts.Count
}

func attempt(ctx context.Context) int {
	if attempts, ok := ctx.Value(attemptsKey{}).(*ratelimit.Attempts); ok {
		return attempts.Count()
	}
	return 0
}
