package diff

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Removal says what happens to a live account that no row asks for.
type Removal string

// The removal policies.
const (
	RemovalReport Removal = "report" // leave it alone and report it
	RemovalDelete Removal = "delete"
	// RemovalDisable disables it and leaves it at that.
	RemovalDisable Removal = "disable"
	// RemovalDisableThenDelete disables it, and deletes it once no row has asked
	// for it for a time of grace.
	RemovalDisableThenDelete Removal = "disable-then-delete"
)

// ParseRemoval reads a removal policy as a flag spells it: "report", "delete",
// "disable" or, with its time of grace, "disable-then-delete=14d". The grace of
// the others is 0.
func ParseRemoval(s string) (Removal, time.Duration, error) {
	word, grace, hasGrace := strings.Cut(strings.TrimSpace(s), "=")
	r := Removal(strings.TrimSpace(word))
	switch r {
	case RemovalReport, RemovalDelete, RemovalDisable:
		if hasGrace {
			return "", 0, fmt.Errorf("invalid --removal %q: %s takes no time; write %s, or %s=14d", s, r, r, RemovalDisableThenDelete)
		}
		return r, 0, nil
	case RemovalDisableThenDelete:
		d, err := parseGrace(strings.TrimSpace(grace))
		if err != nil {
			return "", 0, fmt.Errorf("invalid --removal %q: %w; write after how long an account is deleted, in days (%s=14d), weeks (2w) or hours (36h)",
				s, err, RemovalDisableThenDelete)
		}
		return r, d, nil
	}
	return "", 0, fmt.Errorf("invalid --removal %q: write %s, %s, %s or %s=14d",
		s, RemovalReport, RemovalDisable, RemovalDelete, RemovalDisableThenDelete)
}

// parseGrace reads a time that is longer than 0.
func parseGrace(s string) (time.Duration, error) {
	d, err := ParseTime(s)
	if err == nil && d == 0 {
		err = fmt.Errorf("%q is not longer than 0", s)
	}
	return d, err
}

// ParseTime reads a time: weeks and days as whole numbers, in front of what a
// Go duration holds ("2w", "14d", "1d12h"). It is never negative.
func ParseTime(s string) (time.Duration, error) {
	if s == "" {
		return 0, errors.New("the time is missing")
	}
	sum, rest, err := parseDays(s)
	if err != nil || rest == "" {
		return sum, err
	}
	d, err := time.ParseDuration(rest)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid duration %q", s)
	case d < 0 || strings.HasPrefix(rest, "-"):
		return 0, fmt.Errorf("%q is not longer than 0", s)
	case d > math.MaxInt64-sum:
		return 0, fmt.Errorf("%q is too long", s)
	}
	return sum + d, nil
}

const day = 24 * time.Hour

// parseDays reads the weeks and days a time begins with and returns what follows.
func parseDays(s string) (sum time.Duration, rest string, err error) {
	for rest = s; ; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits == 0 || digits == len(rest) {
			return sum, rest, nil
		}
		unit := day
		switch rest[digits] {
		case 'd':
		case 'w':
			unit = 7 * day
		default:
			return sum, rest, nil
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil || n > int64((math.MaxInt64-sum)/unit) {
			return 0, "", fmt.Errorf("%q is too long", s)
		}
		sum += time.Duration(n) * unit
		rest = rest[digits+1:]
	}
}
