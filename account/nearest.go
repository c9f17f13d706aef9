package account

import "strings"

// nearest finds the candidate with the smallest edit distance to name, case
// and surrounding white space aside; "" when none is near enough to be meant.
func nearest(name string, candidates []string) string {
	best, least := "", 1+max(2, len(name)/2)
	for _, c := range candidates {
		if d := distance(fold(name), fold(c)); d < least {
			best, least = c, d
		}
	}
	return best
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
