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
