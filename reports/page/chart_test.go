package page

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// However long a run is, its bars fit, are of one length, leave nothing out and
// stay within the drawing, and the ticks are round.
func TestChart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var stretches []Stretch
		var requests, refused int64
		at := 0
		for range rapid.IntRange(1, 50).Draw(t, "n") {
			s := Stretch{At: at + rapid.IntRange(0, 500).Draw(t, "gap"), Seconds: rapid.IntRange(0, 90).Draw(t, "seconds"), Requests: int64(rapid.IntRange(0, 900).Draw(t, "requests"))}
			s.Refused = s.Requests / 3
			at = s.At + s.Seconds
			requests, refused = requests+s.Requests, refused+s.Refused
			stretches = append(stretches, s)
		}
		all := sum(stretches)
		if len(all) > chartBars {
			t.Fatalf("%d bars", len(all))
		}
		for i, b := range all {
			if b.At != i*all[0].Seconds || b.Seconds != all[0].Seconds {
				t.Fatalf("bar %d is %+v", i, b)
			}
			requests, refused = requests-b.Requests, refused-b.Refused
		}
		if requests != 0 || refused != 0 {
			t.Fatalf("%d requests and %d refused are left out", requests, refused)
		}
		quota := float64(rapid.IntRange(0, 2000).Draw(t, "quota"))
		c := NewChart("", stretches, quota)
		for _, b := range c.Bars {
			if b.X < c.Left() || b.X+b.Width > c.Right() || b.Refused < chartTop-0.1 || math.Abs(b.Answered+b.AnsweredHeight-c.Bottom()) > 0.2 || b.AnsweredHeight < 0 || b.RefusedHeight < 0 {
				t.Fatalf("bar %+v is not in the drawing", b)
			}
		}
		if quota > 0 && (c.Quota.At < chartTop-0.1 || c.Quota.At > c.Bottom()) {
			t.Fatalf("the quota is at %v", c.Quota.At)
		}
		if n := len(c.Rates); n < 2 || n > 7 || len(c.Times) > 10 {
			t.Fatalf("%d rates, %d times", n, len(c.Times))
		}
	})
}

func TestTicksAreRound(t *testing.T) {
	t.Parallel()
	c := NewChart("", []Stretch{{At: 0, Seconds: 1, Requests: 12}, {At: 104, Seconds: 1, Requests: 3}}, 10)
	var labels []string
	for _, tick := range append(c.Rates, c.Times...) {
		labels = append(labels, tick.Label)
	}
	want := []string{"0", "5", "10", "15", "0:00", "0:15", "0:30", "0:45", "1:00", "1:15", "1:30"}
	if len(labels) != len(want) {
		t.Fatalf("got %v", labels)
	}
	for i := range want {
		if labels[i] != want[i] {
			t.Fatalf("got %v", labels)
		}
	}
	if c.Quota.Label != "quota: 10 a second" {
		t.Errorf("got %q", c.Quota.Label)
	}
	for rate, want := range map[string]float64{"100/10s": 10, "5/1m": 5.0 / 60, "100": 0, "x/10s": 0, "": 0, "10/0s": 0} {
		if got := Quota(rate); got != want {
			t.Errorf("%q: got %v", rate, got)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{0: "0:00", 61: "1:01", 3599: "59:59", 3600: "1:00:00", 36061: "10:01:01"} {
		if got := Clock(seconds); got != want {
			t.Errorf("%d: got %s", seconds, got)
		}
	}
}

// The parts of a bar fill it, and each can be seen.
func TestBar(t *testing.T) {
	t.Parallel()
	b := NewBar("", []Part{{Name: "a", Count: 1_000_000}, {Name: "none"}, {Name: "b", Count: 1}})
	if len(b.Parts) != 2 || b.Parts[1].Width < 8 || math.Abs(b.Parts[1].X+b.Parts[1].Width-1000) > 0.01 {
		t.Errorf("got %+v", b)
	}
}
