package ratelimit

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Record is what a Transport sent from a time on: how much, when, and how it
// was answered.
type Record struct {
	t      *Transport
	since  time.Time
	before Stats

	mu      sync.Mutex
	seconds []Interval // by the second of the send
	codes   map[int]int64
	took    []time.Duration // of every answer
}

// Interval is what was sent in one stretch of a Record.
type Interval struct {
	At, Seconds       int // whole seconds since the Record's time, and how long it is
	Requests, Refused int64
	Paused            time.Duration // time paused by rate limiting
}

// Latency is how long answers took: half of them at most P50.
type Latency struct {
	Count              int
	P50, P90, P99, Max time.Duration
}

// Record starts a new record, as of a time not after now. The one before it
// takes up nothing more.
func (t *Transport) Record(since time.Time) *Record {
	r := &Record{t: t, since: since, before: t.Stats(), codes: map[int]int64{}}
	t.record.Store(r)
	return r
}

// Stats counts what was sent since the Record began.
func (r *Record) Stats() Stats {
	s := r.t.Stats()
	s.Total -= r.before.Total
	s.Throttled -= r.before.Throttled
	s.Retried -= r.before.Retried
	s.Paused -= r.before.Paused
	return s
}

// Codes counts the requests by the HTTP status of their answer, 0 for none.
func (r *Record) Codes() map[int]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	codes := make(map[int]int64, len(r.codes))
	for code, n := range r.codes {
		codes[code] = n
	}
	return codes
}

// Latency is how long the answers took, from the send to the first byte of the
// body.
func (r *Record) Latency() Latency {
	r.mu.Lock()
	took := slices.Sorted(slices.Values(r.took))
	r.mu.Unlock()
	if len(took) == 0 {
		return Latency{}
	}
	at := func(percent int) time.Duration { return took[(len(took)*percent+99)/100-1] }
	return Latency{Count: len(took), P50: at(50), P90: at(90), P99: at(99), Max: took[len(took)-1]}
}

// Course is what was sent in the course of time, in at most so many intervals
// of the same length. Those in which nothing happened are left out.
func (r *Record) Course(most int) []Interval {
	pauses := r.t.pacer.pauses()
	r.mu.Lock()
	defer r.mu.Unlock()
	seconds := slices.Clone(r.seconds)
	for _, p := range pauses {
		seconds = r.spread(seconds, p)
	}
	step := (len(seconds) + most - 1) / most
	var course []Interval
	for at := 0; at < len(seconds); at += step {
		i := Interval{At: at, Seconds: step}
		for _, s := range seconds[at:min(at+step, len(seconds))] {
			i.Requests, i.Refused, i.Paused = i.Requests+s.Requests, i.Refused+s.Refused, i.Paused+s.Paused
		}
		if i.Requests > 0 || i.Paused > 0 {
			course = append(course, i)
		}
	}
	return course
}

// spread adds a pause to the seconds it covers.
func (r *Record) spread(seconds []Interval, p span) []Interval {
	from, until := max(0, p.from.Sub(r.since)), p.until.Sub(r.since)
	for from < until {
		at := int(from / time.Second)
		end := min(until, time.Duration(at+1)*time.Second)
		seconds = grown(seconds, at)
		seconds[at].Paused += end - from
		from = end
	}
	return seconds
}

// grown makes room for a second.
func grown(seconds []Interval, at int) []Interval {
	if missing := at + 1 - len(seconds); missing > 0 {
		seconds = append(seconds, make([]Interval, missing)...)
	}
	return seconds
}

// add takes up one send and its answer; a code of 0 says that none came.
func (r *Record) add(sent time.Time, code int) {
	took := time.Since(sent)
	r.mu.Lock()
	defer r.mu.Unlock()
	at := int(max(0, sent.Sub(r.since)) / time.Second)
	r.seconds = grown(r.seconds, at)
	r.seconds[at].Requests++
	r.codes[code]++
	if code == http.StatusTooManyRequests {
		r.seconds[at].Refused++
	}
	if code != 0 {
		r.took = append(r.took, took)
	}
}
