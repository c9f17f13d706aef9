package isc

import (
	"net/http"
	"sync"
	"time"
)

// clock is the API's, as far as the dates of its answers tell, which are to the
// second. Not all of them need to agree: a cache keeps the date of what it holds.
type clock struct {
	mu            sync.Mutex
	behind, ahead time.Duration // the most that an answer's date was behind this machine's clock, and ahead of it
}

// nearEnough is how far two clocks may differ and still tell the same time.
const nearEnough = 30 * time.Second

// see takes note of the date of an answer that came now.
func (c *clock) see(h http.Header) {
	skew, dated := skewOf(h, time.Now())
	if !dated || skew.Abs() < nearEnough {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behind, c.ahead = max(c.behind, skew), max(c.ahead, -skew)
}

// Clocks is the time now by the clock that is furthest behind and by the one
// that is furthest ahead, of this machine's and of those that dated the answers
// so far. Nobody knows which is right: what is due should be due by the
// earliest, so that a clock set wrong takes no account away too early.
func (c *Client) Clocks() (earliest, latest time.Time) {
	now := time.Now()
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	return now.Add(-c.clock.behind), now.Add(c.clock.ahead)
}

// skewOf is how far this machine's clock is ahead of an answer's date.
func skewOf(h http.Header, now time.Time) (skew time.Duration, dated bool) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0, false
	}
	return now.Sub(date).Truncate(time.Second), true
}
