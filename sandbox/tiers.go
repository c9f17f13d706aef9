package sandbox

import "time"

// tierWaits are the waits that a client is told, from the first tier to the last.
var tierWaits = []time.Duration{60 * time.Second, 300 * time.Second, 600 * time.Second, 1200 * time.Second}

const (
	tierInterval = 120 * time.Second // requests over the quota within one interval are one violation
	tierLimit    = 3                 // so many violated intervals climb a tier
	tierMemory   = time.Hour         // all is forgotten so long after the last violation
	tierGrace    = 2 * time.Second   // requests that were under way when the wait was told are not early
)

// tiers are the waits of one quota that climb. While a wait lasts everything is refused; who comes before its
// end climbs a tier at once.
type tiers struct {
	tier     int
	violated int       // intervals of this tier with a violation
	interval time.Time // start of the last of them
	last     time.Time // the last violation
	told     time.Time // when the wait was told
	until    time.Time // when it ends
}

// violate counts a request over the quota and tells how long to wait.
func (l *limiter) violate(now time.Time) time.Duration {
	t := &l.tiers
	if now.Before(t.until) {
		return t.early(now)
	}
	if now.Sub(t.last) >= tierMemory {
		*t = tiers{}
	}
	if t.violated == 0 || now.Sub(t.interval) >= tierInterval {
		t.violated++
		t.interval = now
	}
	if t.violated >= tierLimit {
		t.climb()
	}
	return t.tell(now)
}

// early answers a request that came before the wait was over.
func (t *tiers) early(now time.Time) time.Duration {
	if now.Sub(t.told) < tierGrace {
		return t.until.Sub(now)
	}
	t.climb()
	return t.tell(now)
}

func (t *tiers) climb() {
	t.tier = min(t.tier+1, len(tierWaits)-1)
	t.violated = 0
}

func (t *tiers) tell(now time.Time) time.Duration {
	wait := tierWaits[t.tier]
	t.last, t.told, t.until = now, now, now.Add(wait)
	return wait
}
