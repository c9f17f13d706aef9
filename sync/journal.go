package sync

import "context"

// Journal is the durable record of a run's operations. Its methods are called
// from several goroutines at once, for different operations.
type Journal interface {
	// Intend returns once it is durable that the operation is about to be sent.
	// With an error the operation is not sent.
	Intend(ctx context.Context, op *Operation) error
	// Record notes what became of an operation so far. It copies what it keeps;
	// the record is durable soon, and at the latest when the run is closed.
	Record(op *Operation) error
}

// NoJournal is the journal of what need not be resumed.
type NoJournal struct{}

// Intend does nothing.
func (NoJournal) Intend(context.Context, *Operation) error { return nil }

// Record does nothing.
func (NoJournal) Record(*Operation) error { return nil }
