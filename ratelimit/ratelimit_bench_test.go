package ratelimit

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// instant answers at once: what is left is the cost of the Transport.
type instant struct{ resp *http.Response }

func (i instant) RoundTrip(*http.Request) (*http.Response, error) { return i.resp, nil }

func BenchmarkRoundTrip(b *testing.B) {
	unlimited := Quota{N: maxRequests, Per: time.Millisecond}
	base := instant{answer(http.StatusOK)}
	for _, way := range []struct {
		name   string
		rt     http.RoundTripper
		method string
	}{
		{"base", base, http.MethodPut},
		{"put", NewTransport(base, unlimited), http.MethodPut},
		{"get", NewTransport(base, unlimited), http.MethodGet},
	} {
		b.Run(way.name, func(b *testing.B) {
			req := newRequest(b, way.method, "")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := way.rt.RoundTrip(req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// peer is another way to stay under a quota: a bucket or nothing before the
// send, and each worker waits for Retry-After on its own.
type peer struct {
	base   http.RoundTripper
	bucket *rate.Limiter
}

func (p peer) RoundTrip(req *http.Request) (*http.Response, error) {
	for {
		if err := p.bucket.Wait(req.Context()); err != nil {
			return nil, err
		}
		resp, err := p.base.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusTooManyRequests {
			return resp, err
		}
		wait, _ := parseRetryAfter(resp.Header, time.Now())
		if err := sleep(req.Context(), wait); err != nil {
			return nil, err
		}
	}
}

type limiter struct {
	name string
	wrap func(http.RoundTripper) http.RoundTripper
}

func limiters() []limiter {
	bucket := func(limit rate.Limit, burst int) func(http.RoundTripper) http.RoundTripper {
		return func(base http.RoundTripper) http.RoundTripper {
			return peer{base, rate.NewLimiter(limit, burst)}
		}
	}
	return []limiter{
		{"ours", func(base http.RoundTripper) http.RoundTripper { return NewTransport(base, documented) }},
		{"no-limiter", bucket(rate.Inf, 1)},
		{"bucket-10s-burst-100", bucket(10, 100)},
		{"bucket-9.8s-burst-1", bucket(9.8, 1)},
	}
}

// BenchmarkQuota simulates the jobs under the documented quota and where half
// of it is granted, on each kind of server. What counts is x-bound, the time
// as a multiple of the least possible, and the refusals, both means over the
// seeds of one iteration; ns/op is only how long the simulation took.
func BenchmarkQuota(b *testing.B) {
	for _, granted := range []Quota{documented, half} {
		for _, j := range []job{writes, pages} {
			for _, kind := range kinds {
				for _, way := range limiters() {
					name := fmt.Sprintf("granted=%d/job=%s/server=%s/client=%s", granted.N, j.name, kind.name, way.name)
					b.Run(name, func(b *testing.B) { benchmarkQuota(b, j, granted, kind, way) })
				}
			}
		}
	}
}

func benchmarkQuota(b *testing.B, j job, granted Quota, kind kind, way limiter) {
	var ratio float64
	var refused, runs int
	for b.Loop() {
		for seed := range uint64(3) {
			inBubble(b, func(t *testing.T) {
				time.Sleep(time.Duration(seed) * 1733 * time.Millisecond)
				s := newServer(kind.limit(granted), j.call, seed)
				ratio += j.run(t, way.wrap(s)).Seconds() / j.bound(granted).Seconds()
				refused += s.refused
				runs++
			})
		}
	}
	b.ReportMetric(ratio/float64(runs), "x-bound")
	b.ReportMetric(float64(refused)/float64(runs), "refusals")
}

// inBubble gives a benchmark virtual time, which synctest keeps for tests.
func inBubble(b *testing.B, f func(t *testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	test := testing.InternalTest{Name: b.Name(), F: func(t *testing.T) { synctest.Test(t, f) }}
	if !testing.RunTests(all, []testing.InternalTest{test}) {
		b.Fatal("the simulation failed")
	}
}
