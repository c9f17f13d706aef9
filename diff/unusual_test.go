package diff

import (
	"math"
	"testing"
)

func TestUnusualNights(t *testing.T) {
	t.Parallel()
	usual := map[Op]float64{Create: 10, Put: 2.5, Delete: 0.5}
	for _, tt := range []struct {
		name    string
		planned map[Op]int
		medians map[Op]float64
		runs    int
		limit   float64
		want    []Unusual
	}{
		{name: "as many as the limit says", planned: map[Op]int{Create: 30, Put: 7, Delete: 3, Disable: 3}, medians: usual, runs: 5, limit: 3},
		{name: "one more of each, in the order of operations", planned: map[Op]int{Delete: 4, Disable: 4, Put: 8, Create: 31}, medians: usual, runs: 5, limit: 3,
			want: []Unusual{{Create, 31, 10}, {Put, 8, 2.5}, {Disable, 4, 0}, {Delete, 4, 0.5}}},
		{name: "four runs tell nothing", planned: map[Op]int{Delete: 4000}, medians: usual, runs: 4, limit: 3},
		{name: "nothing planned is never unusual", planned: map[Op]int{Delete: 0}, medians: usual, runs: 9, limit: 0},
		{name: "no medians", planned: map[Op]int{Delete: 2, Put: 1}, runs: 9, limit: 1, want: []Unusual{{Delete, 2, 0}}},
		{name: "a limit that is none lets nothing through", planned: map[Op]int{Put: 1}, medians: usual, runs: 9, limit: math.NaN(), want: []Unusual{{Put, 1, 2.5}}},
		{name: "fewer than usual", planned: map[Op]int{Create: 1}, medians: usual, runs: 9, limit: 1},
		{name: "half the median", planned: map[Op]int{Create: 6}, medians: usual, runs: 9, limit: 0.5, want: []Unusual{{Create, 6, 10}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			equal(t, UnusualNights(tt.planned, tt.medians, tt.runs, tt.limit), tt.want)
		})
	}
}

func TestJudgeUnusual(t *testing.T) {
	t.Parallel()
	unusual := []Unusual{{Put, 8, 2.5}, {Delete, 4, 0.5}}
	equal(t, JudgeUnusual(unusual, 3, Allow{}), []Guard{
		{Name: "unusual", Op: Put, Planned: 8, Limit: 7, Tripped: true},
		{Name: "unusual", Op: Delete, Planned: 4, Limit: 3, Tripped: true},
	})
	equal(t, JudgeUnusual(unusual, 3, Allow{Unusual: true}), []Guard{
		{Name: "unusual", Op: Put, Planned: 8, Limit: 7, AllowedBy: "--allow-unusual"},
		{Name: "unusual", Op: Delete, Planned: 4, Limit: 3, AllowedBy: "--allow-unusual"},
	})
	equal(t, JudgeUnusual(nil, 3, Allow{}), []Guard(nil))
	equal(t, unusual[0].String(), "8 put planned, the median of past runs is 2.5")
}

// What a plan counts is what it holds.
func TestCounts(t *testing.T) {
	t.Parallel()
	counts := map[Op]int{Create: 3, Put: 2, Disable: 1}
	p := planOf(10, 0, counts, nil)
	equal(t, p.Counts(), counts)
	equal(t, (&Plan{}).Counts(), map[Op]int{})
}
