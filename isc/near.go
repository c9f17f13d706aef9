package isc

import (
	"cmp"
	"slices"
	"strings"
)

// near picks up to three names that someone who wrote name may have meant.
func near(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var candidates []candidate
	wanted := strings.ToLower(name)
	for _, n := range names {
		lower := strings.ToLower(n)
		d := distance(wanted, lower)
		if strings.Contains(lower, wanted) || strings.Contains(wanted, lower) && lower != "" {
			d = min(d, 2)
		}
		if d <= max(2, len(wanted)/3) {
			candidates = append(candidates, candidate{n, d})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var picked []string
	for _, c := range candidates[:min(3, len(candidates))] {
		picked = append(picked, c.name)
	}
	return picked
}

// distance is the number of single letters to add, drop or change between a and b.
func distance(a, b string) int {
	to := []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range []rune(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			changed := diagonal
			if r != s {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
