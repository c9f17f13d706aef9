package reports

import (
	"fmt"
	"html/template"
	"time"

	"accountsync/internal/text"
	"accountsync/sync"
)

// timelineView is the course of a run: its picture, and the same in words.
type timelineView struct {
	Picture template.HTML
	Spoken  string // what the picture shows, for who does not see it
	Events  []eventView
	More    int // events beyond those listed
}

// eventView is a stretch in which requests were refused or nobody could send.
type eventView struct {
	At, For  string
	Requests int64
	Refused  int64
	Paused   string // "" when there was no pause
}

// newTimelineView draws the run's timeline; nil when the run has none.
func newTimelineView(r *sync.Head) (*timelineView, error) {
	if len(r.Timeline) == 0 {
		return nil, nil
	}
	picture, err := drawTimeline(bars(r.Timeline))
	v := &timelineView{Picture: picture, Spoken: spoken(r.Timeline)}
	for _, i := range r.Timeline {
		if i.Refused == 0 && i.PausedMS == 0 {
			continue
		}
		if len(v.Events) == listedInPage {
			v.More++
			continue
		}
		v.Events = append(v.Events, newEventView(i))
	}
	return v, err
}

func newEventView(i sync.Interval) eventView {
	v := eventView{At: clock(i.At), For: counted(i.Seconds, "second"), Requests: i.Requests, Refused: i.Refused}
	if i.PausedMS > 0 {
		v.Paused = brief(time.Duration(i.PausedMS) * time.Millisecond)
	}
	return v
}

// spoken is what the picture shows.
func spoken(timeline []sync.Interval) string {
	var requests, refused, paused int64
	most := 0.0
	for _, i := range timeline {
		requests, refused, paused = requests+i.Requests, refused+i.Refused, paused+i.PausedMS
		most = max(most, rate(i.Requests, i.Seconds))
	}
	last := timeline[len(timeline)-1]
	return fmt.Sprintf("Requests a second over %s: %s in all, %.1f at most in one second; %s refused; nobody could send for %s.",
		clock(last.At+last.Seconds), text.Number(requests), most, text.Number(refused), brief(time.Duration(paused)*time.Millisecond))
}

func rate(requests int64, seconds int) float64 { return float64(requests) / float64(max(1, seconds)) }

// clock is a number of seconds as m:ss or h:mm:ss.
func clock(seconds int) string {
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// barsShown is how many bars fit side by side.
const barsShown = 120

// bar is one bar of the picture: what was sent in its seconds.
type bar struct {
	at, seconds       int
	requests, refused int64
	paused            bool
}

// bars sums the intervals up into at most barsShown bars of the same length,
// without gaps.
func bars(timeline []sync.Interval) []bar {
	last := timeline[len(timeline)-1]
	end := last.At + max(1, last.Seconds)
	step := (end + barsShown - 1) / barsShown
	all := make([]bar, (end+step-1)/step)
	for i := range all {
		all[i].at, all[i].seconds = i*step, step
	}
	for _, i := range timeline {
		b := &all[min(max(0, i.At/step), len(all)-1)]
		b.requests += i.Requests
		b.refused += i.Refused
		b.paused = b.paused || i.PausedMS > 0
	}
	return all
}
