package ratelimit

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"
)

// resender behaves as net/http does when a kept connection ends: it sends the
// request again by itself.
type resender struct{}

func (resender) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(req.Context())
	for range 2 {
		trace.GotConn(httptrace.GotConnInfo{Reused: true})
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		trace.WroteHeaders()
	}
	return answer(http.StatusOK), nil
}

func TestResendTakesASlotOfItsOwn(t *testing.T) {
	t.Parallel()
	q := Quota{N: 1, Per: 10 * time.Second} // the second send must not wait for the first one's answer
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		tr := NewTransport(resender{}, q)
		mustGet(t, tr)
		if took, want := time.Since(start), q.Per+time.Millisecond+lostGrace; took != want {
			t.Errorf("the second send came after %v, want %v", took, want)
		}
		if got, want := tr.Stats(), (Stats{Total: 2, Retried: 1}); got != want {
			t.Errorf("Stats: %+v, want %+v", got, want)
		}
	})
}

func TestResendEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		tr := NewTransport(resender{}, Quota{N: 1, Per: 10 * time.Second})
		_, err := tr.RoundTrip(newRequest(t, http.MethodGet, "").WithContext(ctx))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if w := &tr.pacer.window; w.inFlight != 0 || len(w.until) != 1 {
			t.Errorf("%d slots in flight and %d held after one send", w.inFlight, len(w.until))
		}
	})
}
