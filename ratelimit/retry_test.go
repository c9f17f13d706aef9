package ratelimit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// script is a base transport whose nth answer is known. It reads the request's
// body, as a server would.
type script struct {
	answers func(n int) (*http.Response, error)
	calls   atomic.Int64
	bodies  []string
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		b, _ := io.ReadAll(req.Body)
		s.bodies = append(s.bodies, string(b))
		_ = req.Body.Close()
	}
	return s.answers(int(s.calls.Add(1)))
}

func always(status int, header ...string) *script {
	return &script{answers: func(int) (*http.Response, error) { return answer(status, header...), nil }}
}

func broken(err error) *script {
	return &script{answers: func(int) (*http.Response, error) { return nil, err }}
}

func newRequest(t testing.TB, method, body string) *http.Request {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://api.test/accounts", r)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestRetryRules(t *testing.T) {
	t.Parallel()
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	badCertificate := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	noSuchHost := &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}
	tests := []struct {
		name    string
		methods string
		answer  func() *script
		sends   int64
	}{
		{"429", "GET HEAD OPTIONS PUT PATCH DELETE POST POST+key", func() *script { return always(429, "Retry-After", "1") }, 20},
		{"502", "GET HEAD OPTIONS PUT DELETE PATCH+key POST+key", func() *script { return always(502) }, 6},
		{"503", "GET HEAD OPTIONS PUT DELETE PATCH+key POST+key", func() *script { return always(503) }, 6},
		{"503 with Retry-After", "GET PUT POST+key", func() *script { return always(503, "Retry-After", "3") }, 6},
		{"500", "GET HEAD OPTIONS PUT DELETE PATCH+key POST+key", func() *script { return always(500) }, 6},
		{"408", "GET HEAD OPTIONS PUT DELETE PATCH+key POST+key", func() *script { return always(408) }, 6},
		{"520, as a content network has it", "GET PUT POST+key", func() *script { return always(520) }, 6},
		{"504", "GET HEAD OPTIONS PUT DELETE PATCH+key POST+key", func() *script { return always(504) }, 6},
		{"reset", "GET HEAD OPTIONS PUT DELETE PATCH+key POST+key", func() *script { return broken(reset) }, 6},
		{"cut in the header", "GET PUT POST+key", func() *script { return broken(io.ErrUnexpectedEOF) }, 6},
		{"nobody listens", "GET", func() *script { return broken(refused) }, 6},
		{"create answered 500", "POST PATCH", func() *script { return always(500) }, 1},
		{"create answered 408", "POST PATCH", func() *script { return always(408) }, 1},
		{"create answered 502", "POST PATCH", func() *script { return always(502) }, 1},
		{"create answered 503", "POST", func() *script { return always(503) }, 1},
		{"create answered 503 with Retry-After", "POST", func() *script { return always(503, "Retry-After", "3") }, 1},
		{"create answered 504", "POST", func() *script { return always(504) }, 1},
		{"create lost its answer", "POST PATCH", func() *script { return broken(reset) }, 1},
		{"bad certificate", "GET", func() *script { return broken(badCertificate) }, 1},
		{"no such host", "GET", func() *script { return broken(noSuchHost) }, 1},
		{"done", "GET POST", func() *script { return always(202) }, 1},
		{"refused for good", "GET POST DELETE", func() *script { return always(403) }, 1},
		{"not implemented", "GET PUT", func() *script { return always(501) }, 1},
		{"429 for more than an hour", "GET PUT POST", func() *script { return always(429, "Retry-After", "3601") }, 1},
		{"503 for more than an hour", "GET PUT POST", func() *script { return always(503, "Retry-After", "86400") }, 1},
	}
	for _, test := range tests {
		for _, method := range strings.Fields(test.methods) {
			t.Run(test.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { checkSends(t, method, test.answer(), test.sends) })
			})
		}
	}
}

// checkSends makes one call and wants the last answer back as it was.
func checkSends(t *testing.T, method string, s *script, want int64) {
	name, key := strings.CutSuffix(method, "+key")
	req := newRequest(t, name, "")
	if key {
		req.Header["Idempotency-Key"] = nil
	}
	tr := NewTransport(s, documented)
	ctx, attempts := WithAttempts(req.Context())
	resp, err := tr.RoundTrip(req.WithContext(ctx))
	if (resp == nil) == (err == nil) {
		t.Fatalf("got response %v and error %v", resp, err)
	}
	wantResp, wantErr := s.answers(0)
	if !errors.Is(err, wantErr) || resp != nil && resp.StatusCode != wantResp.StatusCode {
		t.Errorf("got %v, %v; want the last answer", resp, err)
	}
	if resp != nil {
		if b, err := io.ReadAll(resp.Body); string(b) != "{}" || err != nil {
			t.Errorf("the last answer's body reads %q, %v", b, err)
		}
	}
	got := []int64{s.calls.Load(), int64(attempts.Count()), tr.Stats().Total, tr.Stats().Retried + 1}
	if diff := cmp.Diff([]int64{want, want, want, want}, got); diff != "" {
		t.Errorf("sends as the server, Attempts and Stats count them (-want +got):\n%s", diff)
	}
}

func TestBodyIsSentAgainWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := failing(2, func() (*http.Response, error) { return answer(429), nil })
		req := newRequest(t, http.MethodPost, `{"id":1}`)
		resp, err := NewTransport(s, documented).RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp, err)
		}
		if diff := cmp.Diff([]string{`{"id":1}`, `{"id":1}`, `{"id":1}`}, s.bodies); diff != "" {
			t.Error(diff)
		}
	})
}

// failing fails n times and then answers 200.
func failing(n int, fail func() (*http.Response, error)) *script {
	return &script{answers: func(i int) (*http.Response, error) {
		if i <= n {
			return fail()
		}
		return answer(http.StatusOK), nil
	}}
}

func TestBodyThatCannotBeHadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(429, "Retry-After", "1")
		req := newRequest(t, http.MethodPut, "x")
		req.GetBody = nil
		resp, err := NewTransport(s, documented).RoundTrip(req)
		if err != nil || resp.StatusCode != 429 || s.calls.Load() != 1 {
			t.Errorf("got %v, %v after %d sends", resp, err, s.calls.Load())
		}

		lost := errors.New("file is gone")
		req = newRequest(t, http.MethodPut, "x")
		req.GetBody = func() (io.ReadCloser, error) { return nil, lost }
		if _, err = NewTransport(s, documented).RoundTrip(req); !errors.Is(err, lost) {
			t.Errorf("got %v, want %v", err, lost)
		}
	})
}

func TestAnswersThatAreNotReturnedAreDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bodies []*closeRecorder
		s := failing(3, func() (*http.Response, error) {
			b := &closeRecorder{Reader: strings.NewReader(strings.Repeat("x", 5000))}
			bodies = append(bodies, b)
			resp := answer([]int{429, 502, 503}[len(bodies)-1])
			resp.Body = b
			return resp, nil
		})
		mustGet(t, NewTransport(s, documented))
		for i, b := range bodies {
			if rest, _ := io.ReadAll(b); len(rest) > 0 || !b.closed {
				t.Errorf("answer %d: %d bytes left, closed %v", i+1, len(rest), b.closed)
			}
		}
	})
}

func TestObserverIsToldOfRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reset := errors.New("connection reset")
		s := &script{answers: func(n int) (*http.Response, error) {
			switch n {
			case 1:
				return answer(502), nil
			case 2:
				return nil, reset
			case 3:
				return answer(429, "Retry-After", "2"), nil
			case 4:
				return answer(503, "Retry-After", "3"), nil
			}
			return answer(http.StatusOK), nil
		}}
		var told []Event
		tr := NewTransport(s, documented, withBackoff(0, 0), WithObserver(func(e Event) { told = append(told, e) }))
		mustGet(t, tr)
		want := []Event{
			{Kind: Retrying, Method: "GET", Status: 502, Tries: 1},
			{Kind: Retrying, Method: "GET", Err: reset, Tries: 2},
			{Kind: Refused, Method: "GET", Status: 429, Tries: 3},
			{Kind: Paused, Method: "GET", Status: 429, Tries: 3, Wait: 2 * time.Second, Asked: true},
			{Kind: RateChanged, Rate: 9.8},
			{Kind: Retrying, Method: "GET", Status: 429, Tries: 3},
			{Kind: Paused, Method: "GET", Status: 503, Tries: 4, Wait: 3 * time.Second, Asked: true},
			{Kind: Retrying, Method: "GET", Status: 503, Tries: 4},
		}
		if diff := cmp.Diff(want, told, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if got, want := tr.Stats(), (Stats{Total: 5, Throttled: 1, Retried: 4, Paused: 5 * time.Second}); got != want {
			t.Errorf("Stats: %+v, want %+v", got, want)
		}
	})
}

func TestMaxWait(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		s    *script
		most time.Duration
	}{
		{"pauses", always(429, "Retry-After", "10"), 35 * time.Second},
		{"pauses of our own", always(429), 35 * time.Second},
		{"back-offs", always(502), 35 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tr := NewTransport(test.s, documented, func(o *options) { o.maxWait, o.maxAsked, o.tries, o.refusedTries = test.most, test.most, 1000, 1000 },
					withBackoff(5*time.Second, 10*time.Second))
				start := time.Now()
				resp, err := tr.RoundTrip(newRequest(t, http.MethodGet, ""))
				took := time.Since(start)
				if err != nil || resp.StatusCode < 400 {
					t.Errorf("got %v, %v", resp, err)
				}
				if took > test.most || took < test.most-30*time.Second-time.Millisecond {
					t.Errorf("gave up after %v, want a little less than %v", took, test.most)
				}
			})
		})
	}
}

func TestBackoffIsFullJitter(t *testing.T) {
	t.Parallel()
	b := backoff{base: time.Second, most: 5 * time.Second}
	for failures, ceiling := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 5, 100: 5} {
		ceiling *= time.Second
		low, high := ceiling, time.Duration(0)
		for range 500 {
			d, h := b.full(failures), b.half(failures)
			if d < 0 || d > ceiling || h < ceiling/2 || h > ceiling {
				t.Fatalf("after %d failures: %v and %v, ceiling %v", failures, d, h, ceiling)
			}
			low, high = min(low, d), max(high, d)
		}
		if low > ceiling/10 || high < ceiling*9/10 {
			t.Errorf("after %d failures the waits span %v to %v of %v", failures, low, high, ceiling)
		}
	}
}

func TestContextEndsEveryWait(t *testing.T) {
	t.Parallel()
	over := errors.New("operator said stop")
	hang := &script{answers: func(int) (*http.Response, error) { select {} }}
	tests := []struct {
		name string
		base http.RoundTripper
		busy bool // another request holds the only slot
	}{
		{"pause", always(429, "Retry-After", "30"), false},
		{"back-off", always(503), false},
		{"queue", hang, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tr := NewTransport(test.base, Quota{1, time.Hour}, withBackoff(time.Hour, time.Hour))
				if test.busy {
					if _, _, err := tr.pacer.acquire(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(3*time.Second, func() { cancel(over) })
				body := &closeRecorder{Reader: strings.NewReader("x")}
				req, _ := http.NewRequestWithContext(ctx, http.MethodPut, "http://api.test/", body)
				req.GetBody = func() (io.ReadCloser, error) { return body, nil }
				start := time.Now()
				_, err := tr.RoundTrip(req)
				if took := time.Since(start); !errors.Is(err, over) || took > 3*time.Second {
					t.Errorf("got %v after %v", err, took)
				}
				if !body.closed {
					t.Error("the request's body was left open")
				}
			})
		})
	}
}

type closeRecorder struct {
	io.Reader
	closed bool
}

func (c *closeRecorder) Close() error { c.closed = true; return nil }
