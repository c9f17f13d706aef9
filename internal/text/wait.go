package text

import (
	"strings"
	"time"
)

// Wait is a wait in whole seconds, without what is zero at its end: 10m, 1h.
func Wait(d time.Duration) string {
	short := RoundedUp(d).String()
	for _, zero := range []struct{ end, without string }{{"m0s", "m"}, {"h0m", "h"}} {
		if before, found := strings.CutSuffix(short, zero.end); found {
			short = before + zero.without
		}
	}
	return short
}

// RoundedUp is a wait in whole seconds, at least as long.
func RoundedUp(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }
