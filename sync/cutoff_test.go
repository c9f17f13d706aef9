package sync_test

import (
	"context"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/sync"
)

// unsent is a call that was cut off while it waited for its turn.
type unsent struct{ error }

func (unsent) Sent() int { return 0 }

// cutOff is an API whose caller is cut off, as by the loss of its lease, when a
// put waits for its turn.
type cutOff struct {
	*isc.Client
	end context.CancelFunc
}

func (c cutOff) Put(context.Context, string, []account.Attribute) (account.Receipt, error) {
	c.end()
	return account.Receipt{}, unsent{context.Canceled}
}

// A process that died right after a create leaves it as one that may have been
// sent. It stays one where the next process is cut off before it completes it:
// the account is ours, and not one that somebody else made.
func TestCreateStaysOurs(t *testing.T) {
	inWorld(t, 3, rows(3, "new,Rome,Mail;VPN"), func(w *world) {
		rec := w.begin("sync")
		var planned bool
		for at := 1; w.account("new") == nil; at++ { // until it dies at the request that creates
			cut, _ := w.life(rec, &sync.FromFile{File: w.csv}, fate{At: at, After: true})
			if !cut {
				t.Fatal("the run was never killed right after its create")
			}
			time.Sleep(10 * time.Second) // its task ends
			was := planned
			if rec, planned = w.again(rec, "sync"); planned && !was {
				at = 0 // a life that goes on from a plan sends other requests
			}
		}
		ctx, end := context.WithCancel(w.t.Context())
		defer end()
		_ = sync.Run(ctx, cutOff{w.client, end}, rec, nil, w.policy()) // ends early, as it should
		if ctx.Err() == nil {
			t.Fatal("the create was not completed at all")
		}
		rec, _ = w.again(rec, "sync")
		err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
		r := w.read(rec, err)
		if err != nil {
			t.Fatal(err)
		}
		w.want(r, "create new verified")
	})
}
