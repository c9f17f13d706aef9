package isc

import (
	"net/http"
	"sync/atomic"
	"time"
)

// clock is the API's, as far as its answers tell: they have a date to the second.
type clock struct{ ahead atomic.Int64 } // how far this machine's is ahead of it

// nearEnough is how far two clocks may differ and still tell the same time.
const nearEnough = 30 * time.Second

// see takes note of the date of an answer that came now.
func (c *clock) see(h http.Header) {
	if skew, dated := skewOf(h, time.Now()); dated {
		c.ahead.Store(int64(skew))
	}
}

// Now is the time by the API's clock, or by this machine's while no answer had
// a date or the two are less than half a minute apart. What counts days goes by
// it, so that a clock set wrong here takes no account away too early.
func (c *Client) Now() time.Time {
	now := time.Now()
	if ahead := time.Duration(c.clock.ahead.Load()); ahead.Abs() >= nearEnough {
		return now.Add(-ahead)
	}
	return now
}

// skewOf is how far this machine's clock is ahead of an answer's date.
func skewOf(h http.Header, now time.Time) (skew time.Duration, dated bool) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0, false
	}
	return now.Sub(date).Truncate(time.Second), true
}
