package journal

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"accountsync/sync"
)

// Run is one source's part of a run that goes on. It is the sync.Journal of
// that part: Intend and Record may be called from several goroutines at once,
// for different operations.
type Run struct {
	j      *Journal
	run    int64 // runs.id
	part   int64 // parts.id
	n      atomic.Int64
	cover  coverage
	closed atomic.Bool
}

var _ sync.Journal = (*Run)(nil)

// Intend returns once it is durable that the operation is about to be sent.
// With an error it must not be sent. The intent may cover operations after it
// that are never sent, and is not taken back when ctx is canceled meanwhile:
// should the run be killed then, a resume looks them up in vain.
func (r *Run) Intend(ctx context.Context, op *sync.Operation) error {
	if err := errors.Join(r.check(op), ctx.Err()); err != nil {
		return err
	}
	b, err := r.cover.intend(op.Seq, r.j.Ahead, func(first, last int) (*batch, error) {
		return r.j.writer.intend(entry{part: r.part, record: r.stamp(first), last: last})
	})
	if err != nil {
		return err
	}
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Record notes how an operation stands. It copies what it keeps and returns at
// once; the record is durable with the next intent that is written, and within
// about a second. The error is that of the last write: the record
// itself is kept and written with the next one that succeeds.
func (r *Run) Record(op *sync.Operation) error {
	if err := r.check(op); err != nil {
		return err
	}
	o := outcomeOf(op)
	rec := r.stamp(op.Seq)
	rec.outcome = o
	r.cover.record(op.Seq, o.digest(), o.State == sync.Withheld)
	return r.j.writer.record(entry{part: r.part, record: rec, last: -1})
}

// stamp is an empty record of an operation, the next of the part.
func (r *Run) stamp(seq int) record {
	return record{Seq: seq, N: r.n.Add(1), At: time.Now().UnixNano()}
}

func (r *Run) check(op *sync.Operation) error {
	switch {
	case r.closed.Load():
		return errClosed
	case op.Seq < 0 || op.Seq >= len(r.cover.ops):
		return fmt.Errorf("operation %d is not one of the %d the journal was given", op.Seq, len(r.cover.ops))
	}
	return nil
}

// Close writes what is pending. The run stays open for a resume.
func (r *Run) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	return r.j.writer.drain()
}

// End writes what is pending, how every operation of the source stands, and how
// the part and the whole run ended, all durable. The Run takes nothing more.
func (r *Run) End(result *sync.Result, source *sync.Source) error {
	if err := r.settle(source.Operations); err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	ctx := context.Background()
	return r.j.update(ctx, func(q querier) error {
		if err := updateRun(ctx, q, r.run, result); err != nil {
			return err
		}
		return updatePart(ctx, q, r.part, source)
	})
}

// settle records the operations that stand otherwise than on record.
func (r *Run) settle(ops []*sync.Operation) error {
	pending := 0
	for _, op := range ops {
		if err := r.check(op); err != nil {
			return err
		}
		if r.cover.stands(op.Seq, outcomeOf(op).digest()) {
			continue
		}
		if err := r.Record(op); err != nil {
			return err
		}
		if pending++; pending%r.j.chunk == 0 {
			if err := r.j.writer.drain(); err != nil {
				return err
			}
		}
	}
	return nil
}
