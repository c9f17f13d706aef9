package ratelimit

import "time"

// Least is the least time n requests take under the quota, the requests' own
// time left out.
func (q Quota) Least(n int) time.Duration {
	if n < 1 {
		return 0
	}
	return time.Duration((n-1)/q.N) * q.Per
}
