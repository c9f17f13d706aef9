package ratelimit

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A request is checked when its wait is over: one that does not pass is not
// sent, not tried again, and takes no place under the quota.
func TestCheckRightBeforeTheSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		base, began := always(http.StatusOK), time.Now()
		tr := NewTransport(base, Quota{N: 1, Per: 10 * time.Second})
		no := errors.New("no")
		send := func(check func() error) error {
			r := newRequest(t, http.MethodPut, "{}")
			resp, err := tr.RoundTrip(r.WithContext(WithCheck(r.Context(), check)))
			discard(resp)
			return err
		}
		if err := send(func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		var checked time.Duration
		if err := send(func() error { checked = time.Since(began); return no }); !errors.Is(err, no) || checked < 10*time.Second {
			t.Errorf("%v after %v", err, checked)
		}
		if err := send(func() error { return nil }); err != nil || time.Since(began) > checked {
			t.Errorf("%v, the place was not given back for %v", err, time.Since(began)-checked)
		}
		if n := base.calls.Load(); n != 2 {
			t.Errorf("%d were sent", n)
		}
	})
}

// What a check says that took long is old, as after a process was stopped in the
// middle of it: it is asked again. One that always takes long is believed.
func TestCheckThatTookLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		base := always(http.StatusOK)
		tr := NewTransport(base, Quota{N: 10, Per: time.Second})
		no := errors.New("no")
		asked := 0
		send := func(check func() error) error {
			asked = 0
			r := newRequest(t, http.MethodPut, "{}")
			resp, err := tr.RoundTrip(r.WithContext(WithCheck(r.Context(), func() error { asked++; return check() })))
			discard(resp)
			return err
		}
		stopped := func() error {
			if asked > 1 {
				return no
			}
			time.Sleep(stale)
			return nil
		}
		if err := send(stopped); !errors.Is(err, no) || asked != 2 || base.calls.Load() != 0 {
			t.Errorf("%v, asked %d times, %d were sent", err, asked, base.calls.Load())
		}
		if err := send(func() error { time.Sleep(stale - 1); return nil }); err != nil || asked != 1 {
			t.Errorf("%v, asked %d times", err, asked)
		}
		if err := send(func() error { time.Sleep(2 * stale); return nil }); err != nil || asked != 5 || base.calls.Load() != 2 {
			t.Errorf("%v, asked %d times, %d were sent", err, asked, base.calls.Load())
		}
	})
}
