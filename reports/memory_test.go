package reports

import (
	"context"
	"iter"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// runner is what has a run to report.
type runner interface{ run() *Run }

func (r *Run) run() *Run { return r }

// fake is a run in memory, to be changed by tests.
type fake struct {
	sync.Head
	Operations []*testOp
	Rejected   []account.Rejected
	Orphans    []diff.Orphan
	KeptRows   iter.Seq2[account.Row, error]
	Table      account.Table
}

func (f *fake) run() *Run { return &Run{Reader: memory{f}, Table: f.Table, Kept: f.KeptRows} }

// testOp is an operation with everything at hand. Its account is that of a
// create, too; of its reason there are only words, or a code.
type testOp struct {
	Op         diff.Op
	Key        string
	Account    string
	Native     string
	Line       int
	Reason     string
	Code       sync.Reason
	Changes    []diff.Field
	Warnings   []diff.Warning
	State      sync.State
	Attempts   int
	HTTP       int
	Task       string
	TaskStatus string
	TrackingID string
	Error      string
	DurationMS int64

	Name                                    string
	IdentityID, IdentityName, IdentityState string
	Takes                                   []account.Attribute

	Offset int64
	Joined []int64
	Live   []account.Attribute
	Lost   bool
}

// record is the operation as it stands on record, the nth of its run.
func (o *testOp) record(n int) *sync.Operation {
	op := &sync.Operation{
		OperationPlan: sync.OperationPlan{Seq: n, Op: o.Op, Key: o.Key, Native: o.Native, Account: o.Account, Line: o.Line, Changes: o.Changes,
			Warnings: o.Warnings, Name: o.Name, IdentityID: o.IdentityID, IdentityName: o.IdentityName, IdentityState: o.IdentityState, Takes: o.Takes, Offset: o.Offset, Joined: o.Joined},
		OperationResult: sync.OperationResult{State: o.State, Reason: o.Code, Attempts: o.Attempts, HTTP: o.HTTP, Task: o.Task, TaskStatus: o.TaskStatus,
			TrackingID: o.TrackingID, Error: o.Error, DurationMS: o.DurationMS},
		Evidence: sync.Evidence{Ambiguous: o.Lost},
		Row:      sync.Row{Place: int64(n) + 1, State: o.State},
	}
	if op.Op == diff.Create {
		op.Account, op.Created = "", o.Account
	}
	if o.Reason != "" {
		op.Reason = sync.Reason{Code: sync.CodeText, Details: sync.Details{Text: o.Reason}}
	}
	if o.Live != nil {
		op.Before = &account.Account{ID: o.Account, Attributes: o.Live}
	}
	return op
}

// memory is the record of a fake.
type memory struct{ f *fake }

func (m memory) Head() *sync.Head    { return &m.f.Head }
func (m memory) Status() sync.Status { return sync.Status{Sealed: true} }

func (m memory) Operations(_ context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		left := f.Limit
		for i, o := range m.f.Operations {
			op := o.record(i)
			if !passes(f, op) {
				continue
			}
			if left--; !yield(op, nil) || left == 0 {
				return
			}
		}
	}
}

func (m memory) Lines(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Line, error] {
	return mapped(m.Operations(ctx, f), sync.EncodeLine)
}

func (m memory) Counts(ctx context.Context) ([]sync.Count, error) {
	return countAll(m.Operations(ctx, sync.Filter{}))
}

func (m memory) Rejected(context.Context) iter.Seq2[account.Rejected, error] {
	return values(m.f.Rejected)
}
func (m memory) Orphans(context.Context) iter.Seq2[diff.Orphan, error]   { return values(m.f.Orphans) }
func (m memory) Absences(context.Context) iter.Seq2[diff.Absence, error] { return none[diff.Absence] }

func values[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// damagedReader is a record whose operations end with an error.
type damagedReader struct{ memory }

func (d damagedReader) Operations(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		for op, err := range d.memory.Operations(ctx, f) {
			if op.Seq == 3 {
				yield(nil, sync.ErrDamaged)
				return
			}
			if !yield(op, err) {
				return
			}
		}
	}
}

func (d damagedReader) Lines(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Line, error] {
	return mapped(d.Operations(ctx, f), sync.EncodeLine)
}
