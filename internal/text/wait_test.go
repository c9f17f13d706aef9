package text

import (
	"testing"
	"time"
)

func TestWaitsInFewLetters(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{time.Second: "1s", 1500 * time.Millisecond: "2s", 10 * time.Minute: "10m", 90 * time.Second: "1m30s",
		time.Hour: "1h", time.Hour + time.Second: "1h0m1s", time.Hour + time.Minute: "1h1m", 10 * time.Second: "10s", 20 * time.Hour: "20h"} {
		if got := Wait(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
