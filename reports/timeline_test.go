package reports

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"accountsync/record"
)

// However long a run is, its bars fit, are of one length and leave nothing out.
func TestBars(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var timeline []record.Interval
		var requests, refused int64
		at := 0
		for range rapid.IntRange(1, 50).Draw(t, "n") {
			i := record.Interval{At: at + rapid.IntRange(0, 500).Draw(t, "gap"), Seconds: rapid.IntRange(0, 90).Draw(t, "seconds"), Requests: int64(rapid.IntRange(0, 900).Draw(t, "requests"))}
			i.Refused = i.Requests / 3
			at = i.At + i.Seconds
			requests, refused = requests+i.Requests, refused+i.Refused
			timeline = append(timeline, i)
		}
		all := bars(timeline)
		if len(all) > barsShown {
			t.Fatalf("%d bars", len(all))
		}
		for i, b := range all {
			if b.at != i*all[0].seconds || b.seconds != all[0].seconds {
				t.Fatalf("bar %d is %+v", i, b)
			}
			requests, refused = requests-b.requests, refused-b.refused
		}
		if requests != 0 || refused != 0 {
			t.Fatalf("%d requests and %d refused are left out", requests, refused)
		}
		if _, err := drawTimeline(all); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTimelineInWords(t *testing.T) {
	t.Parallel()
	v, err := newTimelineView(&everyState(t).Head)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Requests a second over 1:45: 1,147 in all, 12.0 at most in one second; 2 refused; nobody could send for 1.5s."; v.Spoken != want {
		t.Errorf("got %s", v.Spoken)
	}
	if len(v.Events) != 2 || v.Events[0] != (eventView{"0:40", "1 second", 11, 2, "500ms"}) {
		t.Errorf("got %+v", v.Events)
	}
	none := everyState(t)
	none.Timeline = nil
	if text := pageOf(t, none); strings.Contains(text, "<figure") {
		t.Error("a run without a timeline has a picture")
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{0: "0:00", 61: "1:01", 3599: "59:59", 3600: "1:00:00", 36061: "10:01:01"} {
		if got := clock(seconds); got != want {
			t.Errorf("%d: got %s", seconds, got)
		}
	}
}

// A picture becomes part of the page only as far as the page knows its parts.
func TestPagePicture(t *testing.T) {
	t.Parallel()
	got, err := pagePicture([]byte(`<svg xmlns="x" viewBox="0 0 1 1"><path d="M 0
1" style="fill:rgb(1,0,0);stroke-width:1;font-family:X"/><text x="1">a &lt; b</text></svg>`), inks)
	if err != nil {
		t.Fatal(err)
	}
	if want := `<svg aria-hidden="true" focusable="false" viewBox="0 0 1 1"><path d="M 0 1" fill="var(--chart-answered)" stroke-width="1"></path><text x="1">a &lt; b</text></svg>`; string(got) != want {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{`<svg><script>x</script></svg>`, `<svg><image href="http://x"/></svg>`, `<svg><path`, `<svg><foreignObject/></svg>`} {
		if got, err := pagePicture([]byte(bad), inks); err == nil {
			t.Errorf("%s became %s", bad, got)
		}
	}
}
