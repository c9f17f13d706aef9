package account

import "time"

// Aggregation is one aggregation of a source that has not ended: it reads the
// source's own file or system, and undoes what it does not find there.
type Aggregation struct {
	Task     string    // the id of its task
	Started  time.Time // zero when the API did not say
	Progress string    // what it says of itself; may be empty
}

// Schedule is a time table of a source, e.g. of its aggregations.
type Schedule struct {
	Type string // e.g. ACCOUNT_AGGREGATION
	Cron string // a Quartz cron expression, seconds first: 0 0 5,13,21 * * ?
}

// AggregatesAccounts reports whether the schedule starts aggregations of accounts.
func (s Schedule) AggregatesAccounts() bool { return s.Type == "ACCOUNT_AGGREGATION" }
