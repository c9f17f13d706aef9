package ratelimit

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pieces is a body that gives one byte every so often, n of them, and nothing
// any more when n is spent, until the request's context ends.
type pieces struct {
	req   *http.Request
	every time.Duration
	n     int
	after error
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.n == 0 && p.after != nil {
		return 0, p.after
	}
	wait := p.every
	if p.n == 0 {
		wait = 1000 * time.Hour
	}
	if err := sleep(p.req.Context(), wait); err != nil {
		return 0, p.req.Context().Err() // as net/http may have it
	}
	p.n--
	b[0] = ' '
	return 1, nil
}

func (p *pieces) Close() error { return nil }

func TestTimeouts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		body  pieces
		never bool // no answer at all
		took  time.Duration
		err   error
	}{
		{"in time", pieces{every: time.Second, n: 100, after: io.EOF}, false, 100 * time.Second, nil},
		{"slow but alive", pieces{every: 29 * time.Second, n: 10, after: io.EOF}, false, 290 * time.Second, nil},
		{"silent from the start", pieces{}, false, idleTimeout, errIdle},
		{"silent in the middle", pieces{every: time.Second, n: 5}, false, 5*time.Second + idleTimeout, errIdle},
		{"without end", pieces{every: time.Second, n: 1 << 30}, false, callTimeout, errCall},
		{"no answer", pieces{}, true, callTimeout, errCall},
		{"broken", pieces{after: io.ErrUnexpectedEOF}, false, 0, io.ErrUnexpectedEOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rt := Timeouts(roundTripper(func(r *http.Request) (*http.Response, error) {
					if tt.never {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					body := tt.body
					body.req = r
					resp := answer(http.StatusOK)
					resp.Body = &body
					return resp, nil
				}))
				start := time.Now()
				resp, err := rt.RoundTrip(newRequest(t, http.MethodGet, ""))
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
				if took := time.Since(start); !errors.Is(err, tt.err) || took != tt.took {
					t.Errorf("%v after %v, want %v after %v", err, took, tt.err, tt.took)
				}
			})
		})
	}
}

// Who takes time between two reads is not timed out.
func TestReaderMayTakeItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rt := Timeouts(roundTripper(func(*http.Request) (*http.Response, error) { return answer(http.StatusOK), nil }))
		resp, err := rt.RoundTrip(newRequest(t, http.MethodGet, ""))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * idleTimeout)
		if b, err := io.ReadAll(resp.Body); string(b) != "{}" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		_ = resp.Body.Close()
	})
}

// A hung read is sent again; a hung create is not.
func TestHungSends(t *testing.T) {
	t.Parallel()
	for method, sends := range map[string]int64{http.MethodGet: 2, http.MethodPost: 1} {
		synctest.Test(t, func(t *testing.T) {
			n := int64(0)
			tr := NewTransport(Timeouts(roundTripper(func(r *http.Request) (*http.Response, error) {
				if n++; n == 1 {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return answer(http.StatusOK), nil
			})), documented)
			resp, err := tr.RoundTrip(newRequest(t, method, ""))
			if n != sends || (err == nil) != (sends == 2) || err != nil && !errors.Is(err, errCall) {
				t.Errorf("%s: %v, %v after %d sends", method, resp, err, n)
			}
		})
	}
}

// Over a real connection nothing is lost, and the connection is used again.
func TestTimeoutsKeepConnections(t *testing.T) {
	t.Parallel()
	conns := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
	}))
	t.Cleanup(s.Close)
	c := &http.Client{Transport: Timeouts(BaseTransport(1))}
	t.Cleanup(c.CloseIdleConnections)
	for range 5 {
		resp, err := c.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if closeErr := resp.Body.Close(); len(b) != 100_000 || err != nil || closeErr != nil {
			t.Fatalf("%d bytes, %v, %v", len(b), err, closeErr)
		}
	}
	if len(conns) != 1 {
		t.Errorf("%d connections", len(conns))
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
