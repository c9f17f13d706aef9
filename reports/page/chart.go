package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The picture of the requests is laid out on this many units.
const (
	chartWidth, chartHeight = 1000.0, 300.0
	chartLeft, chartTop     = 80.0, 26.0
	chartBottom             = 40.0
	chartBars               = 120 // how many fit side by side
)

// Stretch is what was sent in some seconds of the run.
type Stretch struct {
	At, Seconds       int
	Requests, Refused int64
	Paused            bool
}

// Chart is requests a second as bars, the refused ones hatched on top of the
// others, and a row of squares above where requests were paused.
type Chart struct {
	Spoken string // what it shows, for who does not see it
	Bars   []Bars
	Rates  []Tick // lines across
	Times  []Tick // marks below
	Quota  *Tick  // the line that the quota is, nil when it is not known
}

// Bars is one bar of the chart.
type Bars struct {
	X, Width                 float64
	Answered, AnsweredHeight float64
	Refused, RefusedHeight   float64
	Paused                   bool
}

// Tick is a mark of an axis with its label.
type Tick struct {
	At    float64
	Label string
	Odd   bool // left out where there is little room
}

// The edges of the drawing.
func (c *Chart) Left() float64   { return chartLeft }
func (c *Chart) Right() float64  { return chartWidth }
func (c *Chart) Bottom() float64 { return chartHeight - chartBottom }
func (c *Chart) Height() float64 { return chartHeight }

// NewChart draws the stretches of a run, which follow each other in order.
// quota is how many requests a second are granted, 0 when that is not known.
func NewChart(spoken string, stretches []Stretch, quota float64) *Chart {
	if len(stretches) == 0 {
		return nil
	}
	c := &Chart{Spoken: spoken}
	bars := sum(stretches)
	top := quota
	for _, b := range bars {
		top = max(top, rate(b.Requests, b.Seconds))
	}
	step := roundStep(top / 4)
	top = step * math.Ceil(max(top, 1)*1.02/step)
	y := func(rate float64) float64 {
		return units(chartTop + (chartHeight-chartTop-chartBottom)*(1-rate/top))
	}
	seconds := float64(len(bars) * bars[0].Seconds)
	x := func(second float64) float64 { return units(chartLeft + (chartWidth-chartLeft-4)*second/seconds) }
	for r := 0.0; r <= top+step/2; r += step {
		c.Rates = append(c.Rates, Tick{At: y(r), Label: strconv.FormatFloat(r, 'f', -1, 64), Odd: len(c.Rates)%2 == 1})
	}
	every := timeStep(seconds / 8)
	for s := 0; float64(s) < seconds; s += every {
		c.Times = append(c.Times, Tick{At: x(float64(s)), Label: Clock(s), Odd: len(c.Times)%2 == 1})
	}
	for _, b := range bars {
		all, answered := rate(b.Requests, b.Seconds), rate(b.Requests-b.Refused, b.Seconds)
		one := Bars{X: x(float64(b.At)), Answered: y(answered), Refused: y(all), Paused: b.Paused}
		one.Width = units(0.92 * (x(float64(b.At+b.Seconds)) - one.X))
		one.AnsweredHeight, one.RefusedHeight = units(y(0)-one.Answered), units(one.Answered-one.Refused)
		c.Bars = append(c.Bars, one)
	}
	if quota > 0 {
		c.Quota = &Tick{At: y(quota), Label: "quota: " + strconv.FormatFloat(quota, 'g', 3, 64) + " a second"}
	}
	return c
}

// units keeps the numbers in the file short.
func units(f float64) float64 { return math.Round(f*10) / 10 }

func rate(requests int64, seconds int) float64 { return float64(requests) / float64(max(1, seconds)) }

// roundStep is a step of 1, 2 or 5 times a power of ten that is at least least.
func roundStep(least float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(max(least, 0.25))))
	for _, times := range []float64{1, 2, 5, 10} {
		if step*times >= least {
			return max(1, step*times)
		}
	}
	return step * 10
}

// timeStep is a step of seconds, minutes or hours as clocks have them.
func timeStep(least float64) int {
	steps := []int{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400}
	for _, s := range steps {
		if float64(s) >= least {
			return s
		}
	}
	return 86400 * int(math.Ceil(least/86400))
}

// Clock is a number of seconds as m:ss or h:mm:ss.
func Clock(seconds int) string {
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// sum sums the stretches up into bars of one length, without gaps.
func sum(stretches []Stretch) []Stretch {
	last := stretches[len(stretches)-1]
	end := last.At + max(1, last.Seconds)
	step := (end + chartBars - 1) / chartBars
	all := make([]Stretch, (end+step-1)/step)
	for i := range all {
		all[i].At, all[i].Seconds = i*step, step
	}
	for _, s := range stretches {
		b := &all[min(max(0, s.At/step), len(all)-1)]
		b.Requests += s.Requests
		b.Refused += s.Refused
		b.Paused = b.Paused || s.Paused
	}
	return all
}

// Quota is how many requests a second a rate like "100/10s" grants, 0 when it
// cannot be read.
func Quota(rate string) float64 {
	n, per, ok := strings.Cut(rate, "/")
	requests, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
	if !ok || err != nil {
		return 0
	}
	every, err := time.ParseDuration(strings.TrimSpace(per))
	if err != nil || every <= 0 || requests <= 0 {
		return 0
	}
	return requests / every.Seconds()
}
