package reports

import (
	"context"
	"iter"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// Run is a run to report: its record, and what stands outside of it. What was
// counted of it is kept, so make a new one when the run has gone on.
type Run struct {
	sync.Reader
	// Table reads input rows again, for failed.csv; nil when the file is not as it was.
	Table account.Table
	// Kept are the rows that needed no operation; nil where only their number is known.
	Kept iter.Seq2[account.Row, error]
	// Next is the command to type next, "" when there is none; nil when nobody
	// knows. It is asked once failed.csv is written.
	Next func() string
	// Rest is the command that writes the reports of the operations, where there
	// are too many for now: then none of them is read. "" when they are.
	Rest string

	counted *outline
	found   *survey
}

// HeadOnly is a run that ended before it had a record.
func HeadOnly(head *sync.Head) *Run { return &Run{Reader: headOnly{head}} }

// headOnly is a record of nothing but its head.
type headOnly struct{ head *sync.Head }

func (h headOnly) Head() *sync.Head                           { return h.head }
func (headOnly) Status() sync.Status                          { return sync.Status{Sealed: true, Ended: true} }
func (headOnly) Counts(context.Context) ([]sync.Count, error) { return nil, nil }
func (headOnly) Rejected(context.Context) iter.Seq2[account.Rejected, error] {
	return none[account.Rejected]
}
func (headOnly) Orphans(context.Context) iter.Seq2[diff.Orphan, error]   { return none[diff.Orphan] }
func (headOnly) Absences(context.Context) iter.Seq2[diff.Absence, error] { return none[diff.Absence] }
func (headOnly) Operations(context.Context, sync.Filter) iter.Seq2[*sync.Operation, error] {
	return none[*sync.Operation]
}
func (headOnly) Lines(context.Context, sync.Filter) iter.Seq2[*sync.Line, error] {
	return none[*sync.Line]
}

func none[T any](func(T, error) bool) {}

// outline is what a run says of itself without its operations: its head, with
// the totals as the operations stand now.
type outline struct {
	*sync.Head
	operations int
	leftOut    map[diff.Op]int // of a plan's operations: those that leaves finds
}

// outline counts the operations, once.
func (r *Run) outline(ctx context.Context) (*outline, error) {
	if r.counted != nil {
		return r.counted, nil
	}
	counts, err := r.Counts(ctx)
	if err != nil {
		return nil, err
	}
	head := *r.Head()
	head.Totals = head.Totals.Tallied(counts)
	o := &outline{Head: &head, leftOut: map[diff.Op]int{}}
	for _, c := range counts {
		o.operations += c.N
		if o.leaves(c.State, c.Code) {
			o.leftOut[c.Op] += c.N
		}
	}
	r.counted = o
	return o, nil
}

// leaves reports whether a plan leaves an operation out, by a rule of --only or --exclude.
func (o *outline) leaves(state sync.State, code sync.Code) bool {
	return o.plan() && state == sync.Withheld && code == sync.CodeExcluded
}

// leftOutSum is how many operations a plan leaves out.
func (o *outline) leftOutSum() (n int) {
	for _, one := range o.leftOut {
		n += one
	}
	return n
}

// planned makes a filter of the page find what a plan does not leave out.
func (o *outline) planned(filter string, ops ...diff.Op) string {
	for _, op := range ops {
		if o.leftOut[op] > 0 {
			return filter + "&state="
		}
	}
	return filter
}

// known reports whether the run got as far as its source.
func known(h *sync.Head) bool { return h.Source != (account.Source{}) }

// pass hands every operation, and its line, to each of the takers, in order. It
// is how all the files of a run are written: the record is read once.
func (r *Run) pass(ctx context.Context, takers ...func(*sync.Operation, *sync.Line) error) error {
	for line, err := range r.Lines(ctx, sync.Filter{}) {
		if err != nil {
			return err
		}
		op, err := line.Operation()
		if err != nil {
			return err
		}
		if r.explain(op); op.Reason.Code != line.Code {
			if err := line.EncodeOutcome(op); err != nil {
				return err
			}
		}
		for _, take := range takers {
			if err := take(op, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// Operations yields the operations that pass the filter. One that was not sent
// has the reason for it, also where the head of the run says it for many.
func (r *Run) Operations(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	return mapped(r.Reader.Operations(ctx, f), func(op *sync.Operation) (*sync.Operation, error) {
		r.explain(op)
		return op, nil
	})
}

// explain says why an operation was not sent.
func (r *Run) explain(op *sync.Operation) {
	if op.State == sync.Withheld && op.Reason.Code == "" {
		op.Reason = r.Head().WhyWithheld(op)
	}
}

// matching are the first n operations that pass the filter and are wanted.
func (r *Run) matching(ctx context.Context, f sync.Filter, n int, wanted func(*sync.Operation) bool) iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		if n <= 0 {
			return
		}
		for op, err := range r.Operations(ctx, f) {
			if err == nil && !wanted(op) {
				continue
			}
			if n--; !yield(op, err) || err != nil || n == 0 {
				return
			}
		}
	}
}

func all(*sync.Operation) bool { return true }
