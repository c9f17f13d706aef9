package sync_test

import (
	"testing"
	"time"

	"accountsync/sync"
)

// What changed the accounts while a run waited is listed again, not planned over.
func TestListedAgainAfterAWait(t *testing.T) {
	inWorld(t, 3, "id,city\na0,Paris\na1,Paris\na2,Oslo\n", func(w *world) {
		s := w.policy()
		waits := 0
		s.Wait = func(head *sync.Head, planned []sync.Count) (bool, error) {
			if waits++; len(planned) != 1 || planned[0].N != 2 {
				w.t.Errorf("planned %v", planned)
			}
			time.Sleep(time.Minute)
			w.change("a0", "city", "Paris")
			w.change("a2", "city", "Bergen")
			return true, nil
		}
		rec := w.begin("sync")
		if err := sync.Run(w.t.Context(), w.client, rec, &sync.FromFile{File: w.csv}, s); err != nil {
			w.t.Fatal(err)
		}
		r := w.read(rec, nil)
		w.want(r, "put a1 verified", "put a2 verified")
		if r.Totals.Kept != 1 || waits != 1 || r.Listing.Accounts != 3 {
			w.t.Errorf("%d kept, %d waits, %d listed", r.Totals.Kept, waits, r.Listing.Accounts)
		}
	})
}
