package sync

import (
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// operation is an operation on record, and what the run knows of it only while
// it is at work on it.
type operation struct {
	*Operation
	base     string           // fingerprint that its account must have when it is sent
	modified string           // when the account was last modified, as far as it is known
	seen     *account.Account // as the look right before the call showed it
	twins    []string         // of a delete: ids of all accounts of the native identity at that look

	sentAt       time.Time
	pausedBefore time.Duration       // how long the API had asked to wait in all when it was sent
	nextLook     time.Time           // zero until it was looked at in vain since it was sent
	late         bool                // it did not show when others did: it tells nothing of how long the API takes
	asked        time.Time           // when its task was asked for
	settled      bool                // no further look can tell more of it
	alone        bool                // a create that is sent although nothing can bear witness: see createAll
	unknown      bool                // no answer came, and no look has told since
	taskDone     bool                // its task has ended
	twice        bool                // of a delete: another request may have done it, so that a task that failed says nothing
	shows        finding             // what the last look showed
	overlay      []account.Attribute // body of the put that completes a create
}

func newOperation(op *Operation) *operation {
	o := &operation{Operation: op, base: op.Fingerprint, modified: op.Modified}
	op.Ambiguous = op.Ambiguous || op.Op == diff.Create && op.State == Failed && mayBeDone(op)
	if op.Ambiguous || op.Sent && op.State == Accepted {
		o.sentAt = time.Now() // its account may still be on its way
		o.Resent = 0          // each process has its own tries
	}
	return o
}

// mayBeDone reports whether the API took the operation and nothing says that it
// came to nothing: the list that does not show it may lag.
func mayBeDone(op *Operation) bool {
	return op.Sent && op.HTTP/100 == 2 && !account.Task{Status: op.TaskStatus}.Failed()
}
