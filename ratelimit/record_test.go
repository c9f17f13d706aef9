package ratelimit

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// slow answers after a time of its own for each request.
type slow struct {
	took  []time.Duration
	sends int
	next  http.RoundTripper
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.took[s.sends%len(s.took)])
	s.sends++
	return s.next.RoundTrip(r)
}

func TestRecordHoldsTheCourseOfTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := &script{answers: func(n int) (*http.Response, error) {
			if n == 3 {
				return answer(http.StatusTooManyRequests, "Retry-After", "3"), nil
			}
			return answer(http.StatusOK), nil
		}}
		base := &slow{took: []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}, next: refused}
		tr := NewTransport(base, documented)
		start := time.Now()
		r := tr.Record(start)
		for range 3 { // at 0.0, 0.1 and 0.3 s, refused at 0.7 s, and again at 3.7 s
			mustGet(t, tr)
		}
		want := []Interval{
			{At: 0, Seconds: 1, Requests: 3, Refused: 1, Paused: 300 * time.Millisecond},
			{At: 1, Seconds: 1, Paused: time.Second},
			{At: 2, Seconds: 1, Paused: time.Second},
			{At: 3, Seconds: 1, Requests: 1, Paused: 700 * time.Millisecond},
		}
		if diff := cmp.Diff(want, r.Course(1000)); diff != "" {
			t.Errorf("course (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Interval{{Seconds: 2, Requests: 3, Refused: 1, Paused: 1300 * time.Millisecond},
			{At: 2, Seconds: 2, Requests: 1, Paused: 1700 * time.Millisecond}}, r.Course(3)); diff != "" {
			t.Errorf("in at most three intervals (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[int]int64{200: 3, 429: 1}, r.Codes()); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
		if got, want := r.Latency(), (Latency{Count: 4, P50: 100 * time.Millisecond, P90: 400 * time.Millisecond, P99: 400 * time.Millisecond, Max: 400 * time.Millisecond}); got != want {
			t.Errorf("latency: %+v, want %+v", got, want)
		}
		if got, want := r.Stats(), tr.Stats(); got != want {
			t.Errorf("Stats: %+v, want all of the transport's %+v", got, want)
		}
	})
}

// A fleet's syncs share a transport: each has a record of its own.
func TestRecordBeginsWhereTheOneBeforeEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := NewTransport(always(http.StatusOK), documented)
		first := tr.Record(time.Now())
		mustGet(t, tr)
		time.Sleep(5 * time.Second)
		second := tr.Record(time.Now())
		mustGet(t, tr)
		mustGet(t, tr)
		if got := len(first.Course(10)) + int(first.Codes()[200]); got != 2 {
			t.Errorf("the first record went on: %v, %v", first.Course(10), first.Codes())
		}
		if diff := cmp.Diff([]Interval{{Seconds: 1, Requests: 2}}, second.Course(10)); diff != "" {
			t.Errorf("second course (-want +got):\n%s", diff)
		}
		if n := second.Stats().Total; n != 2 {
			t.Errorf("the second counts %d", n)
		}
	})
}

func TestRecordOfWhatWasNeverAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := NewTransport(resender{}, documented)
		mustGet(t, tr) // sent twice, answered once
		r := tr.record.Load()
		if diff := cmp.Diff(map[int]int64{0: 1, 200: 1}, r.Codes()); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
		if n := r.Latency().Count; n != 1 {
			t.Errorf("latency of %d answers", n)
		}
		if empty := tr.Record(time.Now()); empty.Course(10) != nil || empty.Latency() != (Latency{}) {
			t.Errorf("an empty record says %v, %v", empty.Course(10), empty.Latency())
		}
	})
}

func TestPausedForTellsOfThePauseAtHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := NewTransport(failing(1, func() (*http.Response, error) { return answer(429, "Retry-After", "7"), nil }), documented)
		if d := tr.PausedFor(); d != 0 {
			t.Errorf("before any: %v", d)
		}
		go func() { _, _ = tr.RoundTrip(newRequest(t, http.MethodGet, "")) }()
		time.Sleep(2 * time.Second)
		if d := tr.PausedFor(); d != 5*time.Second {
			t.Errorf("two seconds into a pause of seven: %v", d)
		}
		time.Sleep(6 * time.Second)
		if d := tr.PausedFor(); d != 0 {
			t.Errorf("after it: %v", d)
		}
	})
}
