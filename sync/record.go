package sync

import (
	"context"
	"errors"
	"iter"

	"accountsync/account"
	"accountsync/diff"
)

// What a Record can say no with.
var (
	// ErrFenced says that another process has taken the run, or its source,
	// over. Whoever gets it must send nothing more.
	ErrFenced = errors.New("another process has taken this run over")
	// ErrDamaged says that a part of the record is not as it was written. What
	// it concerns is never handed out.
	ErrDamaged = errors.New("the record is damaged (checksum mismatch)")
)

// Reader is a run as it stands in its record. It needs no lock: while the run
// goes on, another process may read it, and sees each operation as it stands
// when its page is read.
type Reader interface {
	// Head is everything of the run but its rows.
	Head() *Head
	// Status is what the store itself knows of the run.
	Status() Status
	// Operations yields the operations that pass the filter, in the order
	// (phase, key, seq). It holds one page of them at a time.
	Operations(ctx context.Context, f Filter) iter.Seq2[*Operation, error]
	// Lines yields the same operations encoded, for who writes them on.
	Lines(ctx context.Context, f Filter) iter.Seq2[*Line, error]
	// Counts counts the operations by kind, state and code.
	Counts(ctx context.Context) ([]Count, error)
	// Rejected yields the rejected rows by line, Orphans the accounts no row
	// asks for by key, Absences what the next run needs to know of accounts
	// without a row, by account id.
	Rejected(ctx context.Context) iter.Seq2[account.Rejected, error]
	Orphans(ctx context.Context) iter.Seq2[diff.Orphan, error]
	Absences(ctx context.Context) iter.Seq2[diff.Absence, error]
}

// Record is a run that goes on: planned first, then sealed, carried out and
// ended. Every change of it is a statement with a condition: it names the epoch
// of the run and the version of the operation it was made on, and a process
// that lost the run gets ErrFenced. Each method returns once what it says is
// durable. They may be called from several goroutines at once, for different
// operations.
type Record interface {
	Reader

	// AddOperations, AddRejected, AddOrphans and AddAbsences take what a plan
	// finds, in any order, until Seal. An operation gets its Seq. They are the
	// one exception to durable: rows are written some thousand at a time.
	AddOperations(ctx context.Context, ops ...*Operation) error
	// AddEntries is AddOperations for what is encoded already. It leaves the seq
	// as it is, and keeps nothing of the entries.
	AddEntries(ctx context.Context, entries ...*Entry) error
	AddRejected(ctx context.Context, rows ...account.Rejected) error
	AddOrphans(ctx context.Context, orphans ...diff.Orphan) error
	AddAbsences(ctx context.Context, absences ...diff.Absence) error
	// Withdraw takes back the operations of these keys that were added so far,
	// DropAbsences every absence, and Clear all there is, so that a listing can
	// be taken again; until Seal. What is withdrawn leaves a gap in Seq.
	Withdraw(ctx context.Context, keys ...string) error
	DropAbsences(ctx context.Context) error
	Clear(ctx context.Context) error
	// Seal ends the plan: operations have their order from now on, can be read
	// and sent, and no more are taken. A run that dies before has planned nothing.
	Seal(ctx context.Context, head *Head) error

	// SetHead replaces the head.
	SetHead(ctx context.Context, head *Head) error
	// Intend puts on record that the operations are about to be sent: until they
	// are settled they stand as failed, no-answer. After an error none of them
	// may be sent. What they are already to be settled with (evidence of the
	// look, attempts) is written along.
	Intend(ctx context.Context, ops ...*Operation) error
	// Owned has no error while the run is this process's own.
	Owned(ctx context.Context) error
	// Settle puts on record how the operations stand.
	Settle(ctx context.Context, ops ...*Operation) error
	// End puts on record how the run ended. One that supersedes makes earlier
	// runs of its source things of the past: these are not resumed any more.
	End(ctx context.Context, head *Head, supersedes bool) error
}

// Filter says which operations are wanted. Empty fields leave none out.
type Filter struct {
	States []State
	Codes  []Code
	Ops    []diff.Op
	Phase  *int
	// Name is a key, an account id or a native identity.
	Name string
	// After is the place of an operation: only those behind it are wanted.
	After int64
	// Limit is how many are wanted at most; 0: all.
	Limit int
}

// Count is how many operations of one kind are in one state for one reason.
type Count struct {
	Op    diff.Op
	State State
	Code  Code
	N     int
}

// Status is what the store knows of a run, beside its head.
type Status struct {
	ID     int64 // counts runs in the order in which they began
	Epoch  int64 // how often the run, or its source, was taken over
	Sealed bool  // its plan is whole
	Ended  bool
	// SupersededBy is the later run of the source after which this one is not
	// resumed; "" when there is none.
	SupersededBy string
}
