package ratelimit

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Every form of Retry-After holds up every request, not only the one refused.
func TestPauseForEveryRetryAfter(t *testing.T) {
	t.Parallel()
	for _, form := range everyRetryAfter(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) { // synctest's start
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			t.Run(form.name+"/"+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { checkPause(t, form, status) })
			})
		}
	}
}

func checkPause(t *testing.T, form retryAfterForm, status int) {
	s := failing(1, func() (*http.Response, error) {
		resp := answer(status)
		resp.Header = form.header()
		return resp, nil
	})
	tr := NewTransport(s, documented)
	low, high := pauseBounds(form, status)
	start := time.Now()
	var wg sync.WaitGroup
	wg.Go(func() {
		if form.want <= longestAsked {
			mustGet(t, tr)
		} else if resp, err := tr.RoundTrip(newRequest(t, http.MethodGet, "")); err != nil || resp.StatusCode != status {
			t.Errorf("it did not give up: %v, %v", resp, err)
		}
	})
	synctest.Wait() // the answer is in: whoever comes now must wait too
	mustGet(t, tr)
	if took := time.Since(start); took < low || took > high {
		t.Errorf("another request waited %v, want %v to %v", took, low, high)
	}
	wg.Wait()
	if paused := tr.Stats().Paused; paused < low-longestGap || paused > high {
		t.Errorf("Stats tells %v, want %v to %v", paused, low, high)
	}
}

// pauseBounds is how long everyone waits. Another request may have to wait for
// the gap or the even pace besides.
func pauseBounds(form retryAfterForm, status int) (low, high time.Duration) {
	slack := 250 * time.Millisecond
	o := defaults(documented)
	switch {
	case form.known:
		d := o.pauseFor(form.want)
		return d, d + slack
	case status == http.StatusServiceUnavailable:
		return 0, longestGap
	}
	return o.unhintedPause.base / 2, o.unhintedPause.base + slack
}

func mustGet(t *testing.T, rt http.RoundTripper) {
	resp, err := rt.RoundTrip(newRequest(t, http.MethodGet, ""))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("GET ended with %v, %v", resp, err)
	}
}

// The requests under way when the pause begins are one wave, however many are
// refused; the next wave brings the rate down once more.
func TestWavesCountOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var told []string
		tr := NewTransport(refusingUntil(25*time.Second), documented, WithObserver(func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Kind == RateChanged || e.Kind == Paused {
				told = append(told, time.Since(start).Round(time.Second).String()+" "+e.Kind.String()+" "+rateText(e))
			}
		}))
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { mustGet(t, tr) })
		}
		wg.Wait()
		time.Sleep(time.Minute)
		mustGet(t, tr)
		want := []string{
			"0s paused 10s", "0s rate changed 9.800",
			"11s paused 10s", "11s rate changed 7.840",
			"21s paused 10s", "21s rate changed 6.272",
			"1m33s rate changed 6.772",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func rateText(e Event) string {
	if e.Kind == Paused {
		return e.Wait.String()
	}
	return strconv.FormatFloat(e.Rate, 'f', 3, 64)
}

// slowRefuser takes 300 ms for each answer, and refuses what comes too early.
type slowRefuser struct{ until time.Time }

func refusingUntil(d time.Duration) slowRefuser { return slowRefuser{time.Now().Add(d)} }

func (s slowRefuser) RoundTrip(req *http.Request) (*http.Response, error) {
	early := time.Now().Before(s.until)
	if err := sleep(req.Context(), 300*time.Millisecond); err != nil {
		return nil, err
	}
	if early {
		return answer(http.StatusTooManyRequests, "Retry-After", "10"), nil
	}
	return answer(http.StatusOK), nil
}

// A server that never says how long is asked less and less often.
func TestSilentRefusalsBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		tr := NewTransport(failing(6, func() (*http.Response, error) { return answer(429), nil }), documented,
			WithObserver(func(e Event) {
				if e.Kind == Paused {
					waits = append(waits, e.Wait)
				}
			}))
		mustGet(t, tr)
		if len(waits) != 6 {
			t.Fatalf("%d pauses, want 6: %v", len(waits), waits)
		}
		for i, d := range waits {
			ceiling := min(2*time.Second<<i, 30*time.Second)
			if d < ceiling/2 || d > ceiling {
				t.Errorf("pause %d took %v, want %v to %v", i+1, d, ceiling/2, ceiling)
			}
		}
		if tr.pacer.silent != 0 {
			t.Error("an accepted request did not end the row of waves")
		}
	})
}

// The waits of the tiers are waited out, whole: who comes early waits longer.
func TestTiersAreWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tiers := []time.Duration{60 * time.Second, 300 * time.Second, 600 * time.Second, 1200 * time.Second}
		var told []time.Duration
		var until time.Time
		n := 0
		s := &script{answers: func(int) (*http.Response, error) {
			if time.Now().Before(until) {
				t.Errorf("send %d came %v early", n+1, time.Until(until))
			}
			if n == len(tiers) {
				return answer(http.StatusOK), nil
			}
			until = time.Now().Add(tiers[n])
			n++
			return answer(http.StatusTooManyRequests, "Retry-After", strconv.Itoa(int(tiers[n-1].Seconds()))), nil
		}}
		tr := NewTransport(s, documented, WithObserver(func(e Event) {
			if e.Kind == Paused && e.Asked {
				told = append(told, e.Wait)
			}
		}))
		mustGet(t, tr)
		if diff := cmp.Diff(tiers, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// A pause of our own is not said to be the server's.
func TestWhoAskedToWait(t *testing.T) {
	t.Parallel()
	for header, asked := range map[string]time.Duration{"": 0, "soon": 0, "90": 90 * time.Second, "7200": 0} {
		synctest.Test(t, func(t *testing.T) {
			answers := failing(1, func() (*http.Response, error) { return answer(429, "Retry-After", header), nil })
			tr := NewTransport(answers, documented, WithObserver(func(e Event) {
				if e.Kind == Paused && e.Asked != (asked > 0) {
					t.Errorf("%q: %+v", header, e)
				}
			}))
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = tr.RoundTrip(newRequest(t, http.MethodGet, "")) })
			synctest.Wait()
			if got := tr.AskedFor(); got != asked || tr.PausedFor() == 0 {
				t.Errorf("%q: asked for %v, want %v; paused for %v", header, got, asked, tr.PausedFor())
			}
			wg.Wait()
		})
	}
}
