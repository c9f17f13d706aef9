package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/isc"
	"accountsync/journal"
	"accountsync/ratelimit"
	"accountsync/sandbox"
	"accountsync/sync"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"
)

var documentedQuota = ratelimit.Quota{N: 100, Per: 10 * time.Second}

const (
	listTime  = 300 * time.Millisecond // of a page
	writeTime = 150 * time.Millisecond
)

// BenchmarkSync simulates a whole sync, 95,000 accounts listed on 380 pages, 940
// writes sent and verified, under the documented quota on each kind of server:
// the last window has room for the looks. The time is virtual: ns/op is only how long the simulation took. What counts:
//
//	x-bound     the time as a multiple of the least possible for all requests that were sent
//	x-bound-of-writes-and-pages
//	            the same for the writes and pages alone: what looking the source up
//	            and verifying cost comes on top
//	refusals    answers 429
func BenchmarkSync(b *testing.B) {
	accounts, writes := 95_000, 940
	if testing.Short() {
		accounts, writes = 5000, 100
	}
	bucket := func(limit rate.Limit) func(http.RoundTripper) http.RoundTripper {
		return func(base http.RoundTripper) http.RoundTripper { return bucketClient{base, rate.NewLimiter(limit, 1)} }
	}
	path := writeNight(b, accounts, writes)
	for _, kind := range []string{sandbox.RateSliding, sandbox.RateFixed, sandbox.RateBucket} {
		for _, way := range []struct {
			name  string
			limit func(http.RoundTripper) http.RoundTripper
		}{
			{"ours", func(base http.RoundTripper) http.RoundTripper { return ratelimit.NewTransport(base, documentedQuota) }},
			{"bucket-9.8s-burst-1", bucket(9.8)},
			{"no-limiter", bucket(rate.Inf)},
		} {
			b.Run(fmt.Sprintf("server=%s/way=%s", kind, way.name), func(b *testing.B) {
				var all nights
				for b.Loop() {
					inBubble(b, func(t *testing.T) {
						all.add(simulateNight(t, path, accounts, kind, way.limit), writes, accounts)
					})
				}
				all.report(b)
			})
		}
	}
}

// writeNight writes the desired state: of the writes three in ten are creates,
// two are deletes and the others puts.
func writeNight(b *testing.B, accounts, writes int) (path string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "night.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := csv.NewWriter(f)
	_ = w.Write(sandbox.GeneratedColumns()) // Flush keeps the error
	creates, deletes := writes*3/10, writes*2/10
	for i := deletes; i < accounts+creates; i++ {
		row := sandbox.GeneratedRow(1, i)
		switch {
		case i >= accounts:
			row[10] = "VPN" // several values would take a put more
		case i < writes-creates:
			row[6] = "Elsewhere"
		}
		_ = w.Write(row)
	}
	w.Flush()
	if err := errors.Join(w.Error(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

// night is what a simulated sync took.
type night struct {
	took              time.Duration
	requests, refused int
}

// simulateNight syncs inside a bubble. Every operation must end verified.
func simulateNight(t *testing.T, path string, accounts int, kind string, limit func(http.RoundTripper) http.RoundTripper) night {
	seed := sandbox.Generate(accounts, 1)
	seed.Sources[0].DeleteThreshold = 100 // percent: the source itself stops no removal
	server := sandbox.New(seed,
		sandbox.WithRate(sandbox.Rate{Kind: kind}), sandbox.WithTaskDelay(2*time.Second),
		sandbox.WithLatency(sandbox.Latency{List: sandbox.Duration(listTime), Write: sandbox.Duration(writeTime)}))
	client, err := isc.New(isc.Config{BaseURL: "https://t.api.identitynow.com", API: "v3",
		ClientID: "demo", ClientSecret: "demo-secret", HTTP: limit(server.Transport())})
	if err != nil {
		t.Fatal(err)
	}
	f, err := csvfile.Open(path, csvfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	settings := sync.Settings{Policy: diff.Policy{Removal: diff.RemovalDelete}, Stop: t.Context(), Log: zerolog.Nop()}
	st, err := journal.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	time.Sleep(3700 * time.Millisecond) // elsewhere in a fixed window
	began := time.Now()
	source, err := client.Source(t.Context(), sandbox.GeneratedSource)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := st.Begin(t.Context(), &sync.Head{Run: "night", Command: "sync", Tenant: "t", Started: began, Source: source, Writes: true,
		Terms: sync.Terms{Removal: diff.RemovalDelete, Workers: 16, Verify: true, VerifyTimeout: 5 * time.Minute, Limits: diff.DefaultLimits()}})
	if err == nil {
		err = sync.Run(t.Context(), client, rec, &sync.FromFile{File: f}, settings)
	}
	if err != nil {
		t.Fatal(err)
	}
	for op, err := range rec.Operations(t.Context(), sync.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if op.State != sync.Verified {
			t.Fatalf("%s %s is %s: %+v %s", op.Op, op.Key, op.State, op.Reason, op.Error)
		}
	}
	stats := server.Stats()
	return night{time.Since(began), stats.Requests - stats.Refused, stats.Refused}
}

// nights sum up simulated syncs.
type nights struct {
	runs                       int
	requests, refused          int
	ofAll, ofWritesAndPages, s float64
}

func (a *nights) add(n night, writes, accounts int) {
	a.runs++
	a.requests += n.requests
	a.refused += n.refused
	a.s += n.took.Seconds()
	a.ofAll += n.took.Seconds() / leastTime(n.requests).Seconds()
	a.ofWritesAndPages += n.took.Seconds() / leastTime(writes+accounts/250).Seconds()
}

// leastTime is how long n requests take at least under the documented quota.
func leastTime(n int) time.Duration {
	return time.Duration((n-1)/documentedQuota.N)*documentedQuota.Per + writeTime
}

func (a *nights) report(b *testing.B) {
	runs := float64(a.runs)
	b.ReportMetric(a.ofAll/runs, "x-bound")
	b.ReportMetric(a.ofWritesAndPages/runs, "x-bound-of-writes-and-pages")
	b.ReportMetric(float64(a.refused)/runs, "refusals")
	b.ReportMetric(float64(a.requests)/runs, "requests")
	b.ReportMetric(a.s/runs, "virtual-s")
}

// bucketClient is another way to stay under a quota: a bucket or nothing
// before the send, and each worker waits for Retry-After on its own.
type bucketClient struct {
	base   http.RoundTripper
	bucket *rate.Limiter
}

func (c bucketClient) RoundTrip(req *http.Request) (*http.Response, error) {
	for {
		if err := c.bucket.Wait(req.Context()); err != nil {
			return nil, err
		}
		resp, err := c.base.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusTooManyRequests {
			return resp, err
		}
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		time.Sleep(time.Duration(seconds) * time.Second)
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// inBubble gives a benchmark virtual time, which synctest keeps for tests.
func inBubble(b *testing.B, f func(t *testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	test := testing.InternalTest{Name: b.Name(), F: func(t *testing.T) { synctest.Test(t, f) }}
	if !testing.RunTests(all, []testing.InternalTest{test}) {
		b.Fatal("the simulation failed")
	}
}
