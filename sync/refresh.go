package sync

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// reload has ISC read the accounts a run touched on a direct source again, so
// that it sees what is there. It changes no account and no outcome: how many
// could be asked for stands in the notes.
func (r *Run) reload(ctx context.Context, api Writer) {
	if !r.settings.Reload || !r.settings.Policy.Direct || r.halt.interrupted(ctx) {
		return
	}
	touched := map[string]bool{}
	for _, op := range r.result.Operations {
		if op.Sent && op.Account != "" {
			touched[op.Account] = true
		}
	}
	var g errgroup.Group
	var refused atomic.Int64
	g.SetLimit(r.settings.Workers)
	for id := range touched {
		g.Go(func() error {
			err := Safely(func() error { _, err := api.Reload(ctx, id); return err })
			if err != nil {
				refused.Add(1)
			}
			return nil
		})
	}
	_ = g.Wait() // failures are counted
	if len(touched) > 0 {
		r.note("%d of %d touched accounts were asked to be reloaded from the source.", len(touched)-int(refused.Load()), len(touched))
	}
}
