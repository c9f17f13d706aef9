package diff

import (
	"fmt"
	"strconv"
)

// enoughRuns is how many past runs tell what is usual.
const enoughRuns = 5

// Unusual is an operation of which a run plans many more than past runs did.
type Unusual struct {
	Op      Op      `json:"op"`
	Planned int     `json:"planned"`
	Median  float64 `json:"median"` // of the past runs
}

// String says it in words: "417 delete planned, the median of past runs is 2.5".
func (u Unusual) String() string {
	return fmt.Sprintf("%d %s planned, the median of past runs is %s", u.Planned, u.Op, strconv.FormatFloat(u.Median, 'f', -1, 64))
}

// UnusualNights holds what is planned against the medians of past runs of the
// same source, in the order of Ops: what is more than limit times the median is
// unusual. A median below 1, or none, counts as 1. Fewer than 5 past runs tell
// nothing.
func UnusualNights(planned map[Op]int, medians map[Op]float64, runs int, limit float64) []Unusual {
	if runs < enoughRuns {
		return nil
	}
	var unusual []Unusual
	for _, op := range Ops {
		n, median := planned[op], medians[op]
		if within := float64(n) <= limit*max(median, 1); n > 0 && !within {
			unusual = append(unusual, Unusual{Op: op, Planned: n, Median: median})
		}
	}
	return unusual
}

// JudgeUnusual makes one guard of each unusual operation, for users who asked
// for a limit on them rather than a warning.
func JudgeUnusual(unusual []Unusual, limit float64, a Allow) []Guard {
	var guards []Guard
	for _, u := range unusual {
		g := Guard{Name: GuardUnusual, Op: u.Op, Planned: u.Planned, Limit: int(limit * max(u.Median, 1))}
		guards = append(guards, g.settle(a.Unusual))
	}
	return guards
}
