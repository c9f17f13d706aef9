package ratelimit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Quota is what a server grants: at most N requests in any Per.
type Quota struct {
	N   int           // requests, 1 to 1,000,000
	Per time.Duration // window, 1 ms to 24 h
}

const (
	maxRequests = 1_000_000
	minPer      = time.Millisecond
	maxPer      = 24 * time.Hour
)

// ParseQuota reads "N/DURATION": "100/10s", "5000/1h", or "20/s" for one
// second. An error says what is wrong with the text, if that is not its whole
// form, and what to write; whoever asked for it names the text.
func ParseQuota(s string) (Quota, error) {
	n, per, found := strings.Cut(strings.TrimSpace(s), "/")
	if !found {
		return Quota{}, errors.New(writeQuota)
	}
	count, err := parseRequests(strings.TrimSpace(n))
	if err != nil {
		return Quota{}, fmt.Errorf("%w: %s", err, writeQuota)
	}
	window, err := parsePer(strings.TrimSpace(per))
	if err != nil {
		return Quota{}, fmt.Errorf("%w: %s", err, writeQuota)
	}
	return Quota{N: count, Per: window}, nil
}

const writeQuota = "write 100/10s"

func parseRequests(s string) (int, error) {
	n, err := strconv.Atoi(s)
	switch {
	case s == "":
		return 0, fmt.Errorf("the number of requests is missing")
	case err != nil:
		return 0, fmt.Errorf("%q is not a whole number of requests", s)
	case n < 1 || n > maxRequests:
		return 0, fmt.Errorf("%d requests is not between 1 and %d", n, maxRequests)
	}
	return n, nil
}

func parsePer(s string) (time.Duration, error) {
	if s == "" {
		return 0, fmt.Errorf("the time is missing")
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return 0, fmt.Errorf("the time %q has no unit (did you mean %ss?)", s, s)
	}
	text := s
	if s[0] >= 'a' && s[0] <= 'z' { // "20/s"
		text = "1" + s
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a time (units: ms, s, m, h)", s)
	case d < minPer || d > maxPer:
		return 0, fmt.Errorf("a time of %v is not between %v and %v", d, minPer, maxPer)
	}
	return d, nil
}

// String writes the quota as ParseQuota reads it, for example "100/10s".
func (q Quota) String() string {
	per := q.Per.String()
	if strings.HasSuffix(per, "m0s") {
		per = strings.TrimSuffix(per, "0s")
	}
	if strings.HasSuffix(per, "h0m") {
		per = strings.TrimSuffix(per, "0m")
	}
	return fmt.Sprintf("%d/%s", q.N, per)
}

// UnmarshalText is ParseQuota, for flags and configuration files.
func (q *Quota) UnmarshalText(text []byte) (err error) {
	*q, err = ParseQuota(string(text))
	return err
}

// MarshalText is String.
func (q Quota) MarshalText() ([]byte, error) {
	return []byte(q.String()), nil
}

func (q Quota) valid() bool {
	return q.N >= 1 && q.N <= maxRequests && q.Per >= minPer && q.Per <= maxPer
}

// perSecond is the quota as an even rate.
func (q Quota) perSecond() float64 {
	return float64(q.N) / q.Per.Seconds()
}

// MinDuration is the least time n requests take under the quota, the requests' own
// time left out.
func (q Quota) MinDuration(n int) time.Duration {
	if n < 1 {
		return 0
	}
	return time.Duration((n-1)/q.N) * q.Per
}
