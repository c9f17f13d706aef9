//go:build integration && unix

package journal

import (
	"context"
	"testing"

	"accountsync/account"
	"accountsync/internal/pgtest"
	"accountsync/sync"

	"golang.org/x/sync/errgroup"
)

// Many runs at the same time share a few sessions, also when each of them reads
// something bit by bit meanwhile; sessions are not ended and begun all the time.
func TestManyRunsShareSessions(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Database(t))
	const runs = 40
	pool, ctx := errgroup.WithContext(t.Context())
	reading, all := make(chan struct{}, runs), make(chan struct{})
	for n := range runs {
		pool.Go(func() error {
			r, err := s.Begin(ctx, head(n))
			if err != nil {
				return err
			}
			err = r.AddRejected(ctx, account.Rejected{Line: 2, Reason: "no key"})
			for i := 0; i < 20 && err == nil; i++ {
				err = r.AddOperations(ctx, operation(i))
			}
			if err == nil {
				err = r.Seal(ctx, head(n))
			}
			if err != nil {
				return err
			}
			for _, err := range r.Rejected(ctx) {
				if err != nil {
					return err
				}
				reading <- struct{}{}
				select {
				case <-all:
				case <-ctx.Done():
					return ctx.Err()
				}
				if err := carryOut(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range runs {
		select {
		case <-reading:
		case <-ctx.Done():
		}
	}
	close(all)
	ok(t, pool.Wait())
	if w, r := s.write.Stats(), s.read.Stats(); w.OpenConnections > writers || r.OpenConnections > readers || w.MaxIdleClosed+r.MaxIdleClosed > 0 {
		t.Errorf("%d sessions to write and %d to read; %d and %d were ended, for new ones to begin", w.OpenConnections, r.OpenConnections, w.MaxIdleClosed, r.MaxIdleClosed)
	}
}

// carryOut records an intent and an outcome of each operation.
func carryOut(ctx context.Context, r *Run) error {
	for op, err := range r.Operations(ctx, sync.Filter{}) {
		if err == nil {
			err = r.Intend(ctx, op)
		}
		if op != nil && err == nil {
			op.State, op.Reason, op.Ambiguous = sync.Verified, sync.Reason{}, false
			err = r.Settle(ctx, op)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
