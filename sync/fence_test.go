package sync_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/journal"
	"accountsync/sync"
)

// gate holds one request back after its work, and all that come while it is
// closed: the process stands still.
type gate struct {
	next   http.RoundTripper
	at     int
	sent   int
	closed chan struct{} // closed once the gate is
	opened chan struct{}
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := g.next.RoundTrip(r)
	if g.sent++; g.sent == g.at {
		close(g.closed)
	}
	if g.sent >= g.at {
		<-g.opened
	}
	return answer, err
}

// A process that was stopped, and wakes up when another one has taken its run
// over, sends nothing more.
func TestStoppedProcessSendsNothingMore(t *testing.T) {
	t.Parallel()
	fenced(t, "")
}

func fenced(t *testing.T, state string) {
	csv := rows(4, "a4,Paris,VPN", "a5,Paris,VPN", "a6,Paris,VPN", "new,Rome,VPN;Mail", "new2,Rome,VPN")
	for at := 6; at < 24; at++ {
		s := &scenario{CSV: csv, State: state, Accounts: live(9)}
		s.Terms = sync.Terms{Removal: "delete", Workers: 1, Verify: true, VerifyTimeout: time.Minute, LostAfter: 20 * time.Second}
		s.in(t, func(w *world) {
			rec := w.begin("sync")
			g := &gate{next: w.server.Transport(), at: at, closed: make(chan struct{}), opened: make(chan struct{})}
			first := make(chan error, 1)
			go func() {
				first <- sync.Run(w.t.Context(), w.connectBy(g), rec, &sync.FromFile{File: w.csv}, w.policy())
			}()
			<-g.closed
			synctest.Wait()
			other, err := journal.Open(w.t.Context(), w.state)
			if err != nil {
				w.t.Fatal(err)
			}
			defer func() { _ = other.Close() }()
			second, err := other.TakeUp(w.t.Context(), rec.Head().Run)
			if err != nil {
				w.t.Fatal(err)
			}
			if !second.Status().Sealed { // it stood still before it had a plan
				close(g.opened)
				if err := <-first; !errors.Is(err, sync.ErrFenced) || w.writes() > 0 {
					w.t.Errorf("at %d: %v, %d writes", at, err, w.writes())
				}
				return
			}
			if err := sync.Run(w.t.Context(), w.client, second, nil, w.policy()); err != nil {
				w.t.Errorf("at %d: the second process: %v", at, err)
			}
			got := w.read(second, nil)
			done := w.writes()
			close(g.opened)
			if err := <-first; !errors.Is(err, sync.ErrFenced) {
				w.t.Errorf("at %d: the first process: %v", at, err)
			}
			if n := w.writes(); n != done {
				w.t.Errorf("at %d: the first process sent %d more", at, n-done)
			}
			if slices.ContainsFunc(got.Operations, func(op *sync.Operation) bool { return op.State != sync.Verified }) || w.upserts() > 0 {
				w.t.Errorf("at %d: %v, %d upserts", at, states(got), w.upserts())
			}
		})
	}
}

// Requests that wait for the quota when another process takes the run over are
// not sent: their intents are on record, and what they would do is old.
func TestWhatWaitsIsNotSentAfterATakeover(t *testing.T) {
	csv := rows(0)
	for i := range 150 {
		csv += fmt.Sprintf("a%d,Paris,VPN\n", i)
	}
	inWorld(t, 160, csv, func(w *world) {
		rec := w.begin("sync")
		first := make(chan error, 1)
		go func() { first <- sync.Run(w.t.Context(), w.client, rec, &sync.FromFile{File: w.csv}, w.policy()) }()
		for w.writes() < 90 {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second) // the quota is used up, and workers wait
		waiting := 0
		for op := range rec.Operations(w.t.Context(), sync.Filter{States: []sync.State{sync.Failed}}) {
			if op.Sent {
				waiting++
			}
		}
		if waiting == 0 {
			w.t.Fatal("nothing waits")
		}
		other, err := journal.Open(w.t.Context(), w.state)
		if err != nil {
			w.t.Fatal(err)
		}
		defer func() { _ = other.Close() }()
		if _, err := other.TakeUp(w.t.Context(), rec.Head().Run); err != nil {
			w.t.Fatal(err)
		}
		sent := w.writes()
		if err := <-first; !errors.Is(err, sync.ErrFenced) {
			w.t.Error(err)
		}
		if n := w.writes(); n != sent {
			w.t.Errorf("%d were waiting, and %d were sent after the takeover", waiting, n-sent)
		}
	})
}
