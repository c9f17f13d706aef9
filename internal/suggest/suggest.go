// Package suggest finds the name that was probably meant by one nobody knows.
package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Nearest is the candidate that may well be what was meant by name, letter case
// and surrounding white space aside; "" where none is close.
func Nearest(name string, candidates []string) string {
	candidate, isClose := nearest(name, candidates)
	if !isClose {
		return ""
	}
	return candidate
}

// nearest finds the candidate with the smallest edit distance to name, the
// marks between words aside: "Employee ID" is employeeId. It is close when it may well be what was meant. "" is nearest only when there are
// no candidates.
func nearest(name string, candidates []string) (candidate string, isClose bool) {
	least := 0
	for i, c := range candidates {
		if d := distance(words(name), words(c)); i == 0 || d < least {
			candidate, least = c, d
		}
	}
	return candidate, len(candidates) > 0 && least <= min(len(name)/2, max(2, len(name)/3))
}

// DidYouMean is the end of a sentence about a name nobody knows.
func DidYouMean(name string, candidates []string) string {
	switch candidate, isClose := nearest(name, candidates); {
	case isClose:
		return fmt.Sprintf("; did you mean %q?", candidate)
	case candidate != "":
		return fmt.Sprintf("; the nearest is %q", candidate)
	}
	return ""
}

// SameButCase finds the candidate that differs from name only in letter case or
// surrounding white space; "" where there is none.
func SameButCase(name string, candidates []string) string {
	for _, c := range candidates {
		if fold(name) == fold(c) {
			return c
		}
	}
	return ""
}

// Several picks up to three candidates, the nearest first, that somebody who
// wrote name, or a part of it, may have meant.
func Several(name string, candidates []string) (picked []string) {
	wanted := fold(name)
	away := func(candidate string) int {
		folded := fold(candidate)
		d := distance(wanted, folded)
		if strings.Contains(folded, wanted) || folded != "" && strings.Contains(wanted, folded) {
			d = min(d, 2)
		}
		return d
	}
	for _, c := range candidates {
		if away(c) <= max(2, len(wanted)/3) {
			picked = append(picked, c)
		}
	}
	slices.SortStableFunc(picked, func(a, b string) int { return cmp.Compare(away(a), away(b)) })
	return picked[:min(3, len(picked))]
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// words is a name without what stands between its words.
func words(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t_-.", r) {
			return -1
		}
		return r
	}, fold(name))
}

// distance is the Levenshtein distance of two texts in runes.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(t)]
}
