package ratelimit

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// httpServer is a real server that counts what arrives and how often it is
// dialed.
type httpServer struct {
	*httptest.Server
	requests, dials atomic.Int64
	limit           limit
	mu              sync.Mutex
	refused         int
}

func serve(t *testing.T, l limit, h http.HandlerFunc) *httpServer {
	s := &httpServer{limit: l}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if wait := s.admit(); wait > 0 {
			w.Header().Set("Retry-After", strconv.FormatFloat(wait.Seconds(), 'f', 3, 64))
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"message": " Rate Limit Exceeded "}`)
			return
		}
		h(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.dials.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *httpServer) admit() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.limit.admit(time.Now())
	if wait > 0 {
		s.refused++
	}
	return wait
}

// withBackoff sets the back-off of one request.
func withBackoff(base, most time.Duration) Option {
	return func(o *options) { o.backoff = backoff{base, most} }
}

func client(t *testing.T, q Quota, opts ...Option) (*http.Client, *Transport) {
	tr := NewTransport(BaseTransport(4), q, append(opts, withBackoff(time.Millisecond, time.Millisecond))...)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}, tr
}

func post(c *http.Client, url string) (*http.Response, error) {
	resp, err := c.Post(url, "application/json", strings.NewReader(`{"a":1}`))
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return resp, err
}

func echoOK(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }

func TestQuotaOverHTTP(t *testing.T) {
	t.Parallel()
	q := Quota{N: 20, Per: 200 * time.Millisecond}
	s := serve(t, &slidingLimit{Quota: q}, echoOK)
	c, tr := client(t, q)
	run(t, 4, 60, func() { mustPost(t, c, s.URL) })
	if s.refused != 0 || s.dials.Load() > mostDials || tr.Stats().Total != 60 {
		t.Errorf("%d refusals, %d connections, %+v; want none, few, 60 sent", s.refused, s.dials.Load(), tr.Stats())
	}
}

func TestRefusalsOverHTTPKeepTheConnections(t *testing.T) {
	t.Parallel()
	s := serve(t, &slidingLimit{Quota: Quota{N: 10, Per: 200 * time.Millisecond}}, echoOK)
	c, tr := client(t, Quota{N: 20, Per: 200 * time.Millisecond}, func(o *options) { o.pauseFloor = time.Millisecond })
	run(t, 4, 30, func() { mustPost(t, c, s.URL) })
	stats := tr.Stats()
	if s.refused == 0 || stats.Throttled != int64(s.refused) || stats.Retried != stats.Throttled || stats.Paused == 0 {
		t.Errorf("the server refused %d, Stats tells %+v", s.refused, stats)
	}
	if s.dials.Load() > mostDials {
		t.Errorf("%d connections for 4 workers", s.dials.Load())
	}
}

// mostDials is for 4 workers: net/http may dial for a request that then finds
// an idle connection.
const mostDials = 8

func run(t *testing.T, workers, n int, f func()) {
	t.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				f()
			}
		})
	}
	wg.Wait()
}

func mustPost(t *testing.T, c *http.Client, url string) {
	resp, err := post(c, url)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("POST ended with %v, %v", resp, err)
	}
}

// cutter answers whole, save for the requests that it cuts by number (1, 2, ...):
// the work is done, the answer lost.
func cutter(n *atomic.Int64, cut func(n int64) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		part := cut(n.Add(1))
		if part == "" {
			return
		}
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = buf.WriteString(strings.TrimPrefix(part, "-"))
		_ = buf.Flush()
		_ = conn.Close()
	}
}

func TestLostAnswersOverHTTP(t *testing.T) {
	t.Parallel()
	wide := Quota{N: 1000, Per: time.Second}
	tests := []struct {
		name, method string
		first        string // what comes of the first answer; "-" for nothing
		want         int64  // requests that the server saw
	}{
		{"create, no answer", http.MethodPost, "-", 1},
		{"create, cut in the header", http.MethodPost, "HTTP/1.1 202 Acce", 1},
		{"list, no answer", http.MethodGet, "-", 2},
		{"list, cut in the header", http.MethodGet, "HTTP/1.1 200 OK\r\nContent-Ty", 2},
		{"put, no answer", http.MethodPut, "-", 2},
		{"delete, cut in the header", http.MethodDelete, "HTTP/1.1 202", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			s := serve(t, &slidingLimit{Quota: wide}, cutter(&n, func(n int64) string {
				if n == 1 {
					return test.first
				}
				return ""
			}))
			c, _ := client(t, wide)
			req, _ := http.NewRequestWithContext(t.Context(), test.method, s.URL, strings.NewReader("{}"))
			resp, err := c.Do(req)
			if lost := test.want == 1; lost != (err != nil) {
				t.Errorf("got %v, %v", resp, err)
			}
			if resp != nil {
				_ = resp.Body.Close()
			}
			if got := s.requests.Load(); got != test.want {
				t.Errorf("the server saw %d requests, want %d", got, test.want)
			}
		})
	}
}

// On a kept connection net/http itself sends a GET again when its answer is
// lost. That send is counted, and waits for a slot, like any other.
func TestResendByNetHTTPIsUnderTheQuota(t *testing.T) {
	t.Parallel()
	q := Quota{N: 2, Per: 300 * time.Millisecond}
	var n atomic.Int64
	s := serve(t, &slidingLimit{Quota: q}, cutter(&n, func(n int64) string {
		if n == 2 {
			return "-"
		}
		return ""
	}))
	c, tr := client(t, q)
	for range 2 {
		ctx, attempts := WithAttempts(t.Context())
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
		resp, err := c.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp, err)
		}
		_ = resp.Body.Close()
		if got := int64(attempts.Count()); got != s.requests.Load() && got != s.requests.Load()-1 {
			t.Errorf("Attempts tells %d, the server saw %d in all", got, s.requests.Load())
		}
	}
	if got := tr.Stats(); s.refused != 0 || got.Total != 3 || got.Total != s.requests.Load() || got.Retried != 1 {
		t.Errorf("%d refusals, the server saw %d, Stats tells %+v; want 0, 3, 3", s.refused, s.requests.Load(), got)
	}
}

func TestBaseTransport(t *testing.T) {
	t.Parallel()
	tests := map[int]int{0: 16, 16: 16, 200: 200}
	for workers, want := range tests {
		tr := BaseTransport(workers)
		if tr.MaxIdleConnsPerHost != want || tr.MaxIdleConns < want || !tr.ForceAttemptHTTP2 || tr.Proxy == nil {
			t.Errorf("for %d workers: %d idle per host, %d in all", workers, tr.MaxIdleConnsPerHost, tr.MaxIdleConns)
		}
	}
	if tr := http.DefaultTransport.(*http.Transport); tr.MaxIdleConnsPerHost != 0 {
		t.Error("http.DefaultTransport was changed")
	}
}
