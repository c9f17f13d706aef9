package reports

import (
	"html/template"
	"math"
	"strconv"

	"github.com/go-analyze/charts"
)

// The picture is drawn in these colours, in whose place the page puts its own,
// so that it follows light and dark.
var (
	inkAnswered = charts.ColorRGB(1, 0, 0)
	inkRefused  = charts.ColorRGB(2, 0, 0)
	inkPaused   = charts.ColorRGB(3, 0, 0)
	inkText     = charts.ColorRGB(4, 0, 0)
	inkLine     = charts.ColorRGB(5, 0, 0)
	inkGrid     = charts.ColorRGB(6, 0, 0)
	inkPaper    = charts.ColorRGB(7, 0, 0)
)

var inks = map[string]string{
	"rgb(1,0,0)": "var(--chart-answered)", "rgb(2,0,0)": "url(#refused)", "rgb(3,0,0)": "var(--chart-paused)",
	"rgb(4,0,0)": "var(--dim)", "rgb(5,0,0)": "var(--line)", "rgb(6,0,0)": "var(--line)", "rgb(7,0,0)": "none",
}

var chartTheme = charts.MakeTheme(charts.ThemeOption{
	AxisStrokeColor: inkLine, AxisSplitLineColor: inkGrid, BackgroundColor: inkPaper, TextColor: inkText,
	TextColorXAxis: inkText, TextColorYAxis: inkText, SeriesColors: []charts.Color{inkAnswered, inkRefused, inkPaused},
})

// drawTimeline draws requests a second as bars, the refused ones hatched on top
// of the others, and a row of squares above where nobody could send.
func drawTimeline(bars []bar) (template.HTML, error) {
	var answered, refused, paused []float64
	labels := make([]string, len(bars))
	top := topOf(bars)
	for i, b := range bars {
		labels[i] = clock(b.at)
		answered = append(answered, rate(b.requests-b.refused, b.seconds))
		refused = append(refused, rate(b.refused, b.seconds))
		mark := charts.GetNullValue()
		if b.paused {
			mark = 0.96
		}
		paused = append(paused, mark)
	}
	p, err := charts.Render(charts.ChartOption{
		OutputFormat: charts.ChartOutputSVG, Width: 1000, Height: 230, Theme: chartTheme,
		StackSeries: charts.Ptr(true), BarSize: 0.95,
		Legend: charts.LegendOption{Show: charts.Ptr(false)},
		Symbol: charts.Symbol{Shape: charts.SymbolSquare, Size: 3},
		XAxis:  charts.XAxisOption{Labels: labels, LabelCount: min(len(labels), 12), LabelFontStyle: charts.FontStyle{FontSize: 9}},
		YAxis: []charts.YAxisOption{{Min: charts.Ptr(0.0), Max: charts.Ptr(top), LabelCount: 5, RangeValuePaddingScale: charts.Ptr(0.0),
			PreferNiceIntervals: charts.Ptr(false), ValueFormatter: shortNumber, LabelFontStyle: charts.FontStyle{FontSize: 9}},
			{Min: charts.Ptr(0.0), Max: charts.Ptr(1.0), Show: charts.Ptr(false), RangeValuePaddingScale: charts.Ptr(0.0)}},
		SeriesList: charts.GenericSeriesList{
			{Type: charts.ChartTypeBar, Values: answered},
			{Type: charts.ChartTypeBar, Values: refused},
			{Type: charts.ChartTypeScatter, Values: paused, YAxisIndex: 1},
		},
	})
	if err != nil {
		return "", err
	}
	svg, err := p.Bytes()
	if err != nil {
		return "", err
	}
	return pagePicture(svg, inks)
}

// topOf is a round number above the highest bar that four divide.
func topOf(bars []bar) float64 {
	top := 1.0
	for _, b := range bars {
		top = max(top, rate(b.requests, b.seconds))
	}
	return 4 * math.Ceil(top*1.15/4)
}

func shortNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
