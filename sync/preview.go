package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrStale refuses a saved plan that no longer fits the live accounts.
var ErrStale = errors.New("the plan is stale")

// previewed is how many operations of a saved plan are looked at before the
// first write, to tell one that no longer fits. Each is looked at again right
// before it is sent.
const previewed = 2000

// preview looks at the first operations of a saved plan. More than the terms
// allow that no longer fit are ErrStale, and nothing is sent.
func (r *run) preview(ctx context.Context) error {
	if r.head.Applies == "" {
		return nil
	}
	total, stale := 0, 0
	for phase := range Phases {
		for batch, err := range r.batches(ctx, phase) {
			if err != nil {
				return fmt.Errorf("%w: %w", ErrRecord, err)
			}
			batch = slices.DeleteFunc(batch, func(op *operation) bool { return op.AfterCreate() || op.Sent })
			seen, err := r.looker().look(ctx, natives(batch))
			if err != nil {
				return lookFailed("the accounts of the plan", err)
			}
			for _, op := range batch {
				d, err := r.decide(ctx, op, seen)
				if err != nil {
					return fmt.Errorf("%w: %w", ErrRecord, err)
				}
				total++
				if d.do == outdated {
					stale++
				}
			}
			if total >= previewed {
				break
			}
		}
	}
	if allowed, limited := r.terms.MaxStale.Of(total); limited && stale > allowed {
		r.head.Left = why(CodeStale)
		return fmt.Errorf("%w: %d of its %d operations no longer fit, %d are allowed (--max-stale)", ErrStale, stale, total, allowed)
	}
	return nil
}
