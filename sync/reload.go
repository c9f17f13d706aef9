package sync

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// reload has ISC read the accounts a run touched on a direct source again, so
// that it sees what is there. It changes no account and no outcome: how many
// could be asked for stands in the notes.
func (r *run) reload(ctx context.Context, api WriteAPI) {
	if !r.terms.Reload || r.head.Source.FlatFile() || r.halt.interrupted(ctx) || r.halt.ended() {
		return
	}
	var g errgroup.Group
	var refused atomic.Int64
	g.SetLimit(max(r.terms.Workers, 1))
	touched := map[string]bool{}
	for op, err := range r.rec.Operations(ctx, Filter{States: []State{Verified, Accepted, Failed}}) {
		if err != nil {
			r.halt.journalError(err)
			break
		}
		id := op.AccountID()
		if !op.Sent || id == "" || touched[id] {
			continue
		}
		touched[id] = true
		g.Go(func() error {
			if err := Safely(func() error { _, err := api.Reload(ctx, id); return err }); err != nil {
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
