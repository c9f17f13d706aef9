package account

import (
	"fmt"
	"strings"
)

// nearest finds the candidate with the smallest edit distance to name, case
// and surrounding white space aside. It is close when it may well be what was
// meant. "" is nearest only when there are no candidates.
func nearest(name string, candidates []string) (candidate string, isClose bool) {
	least := 0
	for i, c := range candidates {
		if d := distance(fold(name), fold(c)); i == 0 || d < least {
			candidate, least = c, d
		}
	}
	return candidate, len(candidates) > 0 && least <= min(len(name)/2, max(2, len(name)/3))
}

// Nearest is the candidate that may well be what was meant by name, "" where
// none is close.
func Nearest(name string, candidates []string) string {
	candidate, isClose := nearest(name, candidates)
	if !isClose {
		return ""
	}
	return candidate
}

// didYouMean is the end of a sentence about a name nobody knows.
func didYouMean(name string, candidates []string) string {
	switch candidate, isClose := nearest(name, candidates); {
	case isClose:
		return fmt.Sprintf("; did you mean %q?", candidate)
	case candidate != "":
		return fmt.Sprintf("; the nearest is %q", candidate)
	}
	return ""
}

// sameButCase finds the candidate that differs from name only in case or
// surrounding white space.
func sameButCase(name string, candidates []string) string {
	for _, c := range candidates {
		if fold(name) == fold(c) {
			return c
		}
	}
	return ""
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

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
