//go:build integration && unix

package sync_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"accountsync/internal/pgtest"
	"accountsync/sandbox"
	"accountsync/sync"

	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// On PostgreSQL a run ends as it does on SQLite.
func TestEquivalenceOnPostgres(t *testing.T) {
	t.Parallel()
	state := pgtest.Database(t)
	rapid.Check(t, func(rt *rapid.T) { equivalent(t, rt, state) })
}

func TestStoppedProcessSendsNothingMoreOnPostgres(t *testing.T) {
	t.Parallel()
	fenced(t, pgtest.Database(t))
}

// While PostgreSQL is away, calls under way end and nothing new is sent; the
// run goes on when it is back.
func TestRunWaitsForPostgres(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	seed := &sandbox.Seed{
		Clients: []sandbox.Client{{ID: "me", Secret: "s"}},
		Sources: []sandbox.SourceSeed{{Name: "S", DeleteThreshold: 100, Accounts: live(30), Schema: sandbox.SchemaSeed{
			IdentityAttribute: "id", DisplayAttribute: "id", Attributes: []sandbox.AttributeSeed{{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}, {Name: "note"}}}}},
		TaskDelay: sandbox.Duration(50 * time.Millisecond),
		Latency:   sandbox.Latency{Write: sandbox.Duration(20 * time.Millisecond)},
		Rate:      &sandbox.Rate{Limit: 100_000, Window: sandbox.Duration(10 * time.Second)},
	}
	w := &world{t: t, server: sandbox.New(seed), state: pg.Database(t)}
	defer w.set()()
	w.terms.Workers = 4
	csv := rows(0)
	for i := range 25 {
		csv += fmt.Sprintf("a%d,Paris,VPN\n", i)
	}
	w.file(csv)
	away, sent := make(chan struct{}), 0
	w.settings.Watch = func(p sync.Progress) {
		select {
		case <-away:
		default:
			if p.Step == "sending" && p.Done >= 10 {
				close(away)
			}
		}
	}
	go func() {
		<-away
		pg.Stop()
		time.Sleep(time.Second) // calls under way end
		sent = w.writes()
		time.Sleep(4 * time.Second)
		if n := w.writes(); n != sent {
			t.Errorf("%d writes were sent while the record was away", n-sent)
		}
		if err := pg.Start(); err != nil {
			t.Error(err)
		}
	}()
	rec := w.begin("sync")
	if err := sync.Run(context.Background(), w.client, rec, &sync.FromFile{File: w.csv}, w.policy()); err != nil {
		t.Fatal(err)
	}
	got := w.read(rec, nil)
	if got.outcome != sync.Changed || w.writes() != 30 {
		t.Errorf("outcome %s, %d writes, %+v", got.outcome, w.writes(), got.Totals)
	}
}
