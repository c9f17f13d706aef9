package diff

import (
	"fmt"
	"strconv"
	"strings"
)

// Limit is how many accounts something may happen to before a guard stops it:
// a count, a percentage of the live accounts, or both, of which the lower one
// counts. The zero value is no limit.
type Limit struct {
	count, percent       int
	hasCount, hasPercent bool
	usual                bool // nobody asked for it: a source may lower it
}

// Unlimited is how a Limit that limits nothing is written.
const Unlimited = "unlimited"

// ParseLimit reads a limit as a flag spells it: "25" is a count, "10%" a
// percentage of the live accounts, "25,10%" whichever is lower, "0" none at all
// and "unlimited" no limit.
func ParseLimit(s string) (Limit, error) {
	var l Limit
	if strings.TrimSpace(s) == Unlimited {
		return l, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		if err := l.add(strings.TrimSpace(part)); err != nil {
			return Limit{}, fmt.Errorf("limit %q: %w; write a count (25), a percentage of the live accounts (10%%), both (25,10%%) or %s", s, err, Unlimited)
		}
	}
	return l, nil
}

// add takes one part of a limit.
func (l *Limit) add(part string) error {
	digits, isPercent := strings.CutSuffix(part, "%")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return fmt.Errorf("%q is neither a number nor a percentage", part)
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return fmt.Errorf("%q is out of range", part)
	}
	switch {
	case isPercent && n > 100:
		return fmt.Errorf("%q is more than 100%%", part)
	case isPercent && l.hasPercent, !isPercent && l.hasCount:
		return fmt.Errorf("%q comes after another count or percentage", part)
	case isPercent:
		l.percent, l.hasPercent = n, true
	default:
		l.count, l.hasCount = n, true
	}
	return nil
}

// String is the limit as ParseLimit reads it.
func (l Limit) String() string {
	var parts []string
	if l.hasCount {
		parts = append(parts, strconv.Itoa(l.count))
	}
	if l.hasPercent {
		parts = append(parts, strconv.Itoa(l.percent)+"%")
	}
	if parts == nil {
		return Unlimited
	}
	return strings.Join(parts, ",")
}

// defaulted marks, on record, a limit that nobody asked for.
const defaulted = " (default)"

// MarshalText is String, and says whether anybody asked for the limit.
func (l Limit) MarshalText() ([]byte, error) {
	if l.usual {
		return []byte(l.String() + defaulted), nil
	}
	return []byte(l.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (l *Limit) UnmarshalText(text []byte) error {
	limit, usual := strings.CutSuffix(string(text), defaulted)
	parsed, err := ParseLimit(limit)
	if err == nil {
		parsed.usual = usual
		*l = parsed
	}
	return err
}

// Of is the number the limit comes to with that many live accounts; ok is false
// when it limits nothing. A percentage is rounded down: 10% of 9 accounts is 0,
// so that nothing happens to a handful of accounts unasked.
func (l Limit) Of(live int) (n int, ok bool) {
	switch share := percentOf(l.percent, live); {
	case l.hasCount && l.hasPercent:
		return min(l.count, share), true
	case l.hasPercent:
		return share, true
	default:
		return l.count, l.hasCount
	}
}

// percentOf is exact also where percent * n would overflow.
func percentOf(percent, n int) int { return n/100*percent + n%100*percent/100 }
