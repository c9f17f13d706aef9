// Package aggregation knows when a source is aggregated next, and says so.
package aggregation

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/sync"
)

// ClockTime is how the time of an aggregation is shown.
const ClockTime = "2006-01-02 15:04 MST"

// Next is when the source is aggregated next, zero when nothing is
// scheduled. The API does not say in which zone schedules count: zone does, which is UTC when
// nobody named one.
func Next(ctx context.Context, api *isc.Client, zone *time.Location, sourceID string) (next time.Time, err error) {
	zone = cmp.Or(zone, time.UTC)
	schedules, err := api.Schedules(ctx, sourceID)
	if err != nil {
		return next, err
	}
	now := time.Now().In(zone)
	for _, schedule := range schedules {
		if !schedule.AggregatesAccounts() {
			continue
		}
		at, err := schedule.Next(now)
		if err != nil {
			return time.Time{}, err
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}

// Running says that an aggregation is running.
func Running(running account.Aggregation) string {
	text := "an aggregation of the source is running (task " + running.Task
	if !running.Started.IsZero() {
		text += ", since " + running.Started.UTC().Format(time.RFC3339)
	}
	return text + ")"
}

// Due says when the next aggregation is due.
func Due(due time.Time) string {
	text := "an aggregation of the source is due at " + due.Format(ClockTime) + ", in "
	switch left := time.Until(due); {
	case left < time.Minute:
		return text + "less than a minute"
	case left < 2*time.Minute:
		return text + "1 minute"
	case left < 2*time.Hour:
		return text + fmt.Sprintf("%d minutes", int(left/time.Minute))
	default:
		return text + fmt.Sprintf("%d hours", int(left/time.Hour))
	}
}

// CannotAsk says that nobody knows whether an aggregation is running.
func CannotAsk(err error) string {
	if sync.Denied(err) {
		return "It could not be asked whether an aggregation of the source is running: the token may lack the scope idn:task-management:read."
	}
	return fmt.Sprintf("It could not be asked whether an aggregation of the source is running: %v.", err)
}

// CannotAskDue says that nobody knows when the next aggregation is due.
func CannotAskDue(err error) string {
	return fmt.Sprintf("It is not known when the next aggregation of the source is due: %v.", err)
}
