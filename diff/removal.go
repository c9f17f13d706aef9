package diff

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
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
// the others is 0. An error says what to write; whoever asked for it names s.
func ParseRemoval(s string) (Removal, time.Duration, error) {
	word, grace, hasGrace := strings.Cut(strings.TrimSpace(s), "=")
	r := Removal(strings.TrimSpace(word))
	switch r {
	case RemovalReport, RemovalDelete, RemovalDisable:
		if hasGrace {
			return "", 0, fmt.Errorf("%s takes no time: write %s, or %s=14d", r, r, RemovalDisableThenDelete)
		}
		return r, 0, nil
	case RemovalDisableThenDelete:
		d, err := parseGrace(strings.TrimSpace(grace))
		if err != nil {
			return "", 0, fmt.Errorf("%w: write after how long an account is deleted, in days (%s=14d), weeks (2w) or hours (36h)", err, RemovalDisableThenDelete)
		}
		return r, d, nil
	}
	return "", 0, fmt.Errorf("write %s, %s, %s or %s=14d",
		RemovalReport, RemovalDisable, RemovalDelete, RemovalDisableThenDelete)
}

// parseGrace reads a time that is longer than 0.
func parseGrace(s string) (time.Duration, error) {
	d, err := ParseTime(s)
	if err == nil && d == 0 {
		err = fmt.Errorf("%q is not longer than 0", s)
	}
	return d, err
}

// ParseTime reads a time as Prometheus and Go write it: "2w", "14d", "1d12h",
// "90m", "1.5h". It is never negative.
func ParseTime(s string) (time.Duration, error) {
	if s == "" {
		return 0, errors.New("the time is missing")
	}
	long, err := model.ParseDuration(s)
	switch {
	case err == nil:
		return time.Duration(long), nil
	case strings.HasSuffix(err.Error(), "out of range"):
		return 0, fmt.Errorf("%q is too long", s)
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid duration %q", s)
	case strings.HasPrefix(s, "-"):
		return 0, fmt.Errorf("%q is not longer than 0", s)
	}
	return d, nil
}

const day = 24 * time.Hour
