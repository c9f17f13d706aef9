package account

import "time"

// Aggregation is one aggregation of a source that has not ended: it reads the
// source's own file or system, and undoes what it does not find there.
type Aggregation struct {
	Task     string    // the id of its task
	Started  time.Time // zero when the API did not say
	Progress string    // what it says of itself; may be empty
}
