//go:build integration && unix

package journal

import (
	"context"
	"errors"
	"testing"
	"time"

	"accountsync/internal/pgtest"
	"accountsync/sync"
)

var (
	databases = []database{onSQLite, {"postgres", pgtest.Database}}
	runTests  = pgtest.Main
)

// A database that a newer accountsync has migrated is left alone.
func TestNewerSchemaInPostgres(t *testing.T) {
	t.Parallel()
	state := pgtest.Database(t)
	s := open(t, state)
	_, err := s.write.Exec("INSERT INTO accountsync_schema (version_id, is_applied) VALUES (99, true)")
	ok(t, err)
	if _, err = Open(t.Context(), state); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v", err)
	}
}

// What a process that is stopped still holds of a run is freed for another one;
// what other runs hold is left alone, also by a connection that held its locks before.
func TestEvict(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	dead, living := open(t, url), open(t, url)
	request := func(run, client, source string) LockRequest {
		return LockRequest{Tenant: tenant, Client: client, SourceID: source, Run: run}
	}
	_, err := dead.Lock(t.Context(), request("run-1", "c1", "s1"))
	ok(t, err)
	other, err := dead.Lock(t.Context(), request("run-2", "c2", "s2"))
	ok(t, err)
	if _, err = living.Lock(t.Context(), request("run-1", "c1", "s1")); !errors.As(err, new(*HeldError)) {
		t.Fatalf("the source is being written, and could be locked: %v", err)
	}
	ok(t, living.Evict(t.Context(), "run-1"))
	l, err := living.Lock(t.Context(), request("run-1", "c1", "s1"))
	ok(t, err)
	if _, err = living.Lock(t.Context(), request("run-3", "c2", "s2")); !errors.As(err, new(*HeldError)) {
		t.Errorf("the lock of another run is gone: %v", err)
	}
	ok(t, other.Unlock())
	again, err := dead.Lock(t.Context(), request("run-4", "c2", "s2")) // on the connection that run-2 had
	ok(t, err)
	ok(t, living.Evict(t.Context(), "run-2"))
	if _, err = living.Lock(t.Context(), request("run-5", "c2", "s2")); !errors.As(err, new(*HeldError)) {
		t.Errorf("the lock of run-4 is gone: %v", err)
	}
	ok(t, errors.Join(again.Unlock(), l.Unlock()))
}

// PostgreSQL is away for a while in the middle: an intent waits for it, and the
// run goes on with its lock when it is back.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t)
	state := server.Database(t)
	s := open(t, state)
	request := LockRequest{Tenant: tenant, Client: "client", SourceID: sourceID, Run: runID(1)}
	lock, err := s.Lock(t.Context(), request)
	ok(t, err)
	r := begin(t, s, 1, 30)
	ops := operations(t, r, sync.Filter{})
	ok(t, r.Intend(t.Context(), ops[0]))
	server.Stop()
	done, read := make(chan error, 1), make(chan int, 1)
	go func() { done <- r.Intend(context.Background(), ops[1]) }()
	go func() {
		n := 0
		for _, err := range r.Operations(context.Background(), sync.Filter{}) {
			if err != nil {
				t.Error(err)
			}
			n++
		}
		read <- n
	}()
	select {
	case err := <-done:
		t.Fatalf("an intent ended while the database was away: %v", err)
	case <-time.After(time.Second):
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := r.Intend(ctx, ops[2]); err == nil || ops[2].Sent {
		t.Error("an intent went through while the database was away")
	}
	ok(t, server.Start())
	ok(t, <-done)
	equal(t, <-read, 30)
	ok(t, r.Settle(t.Context(), ops[1]))
	var held *HeldError
	if _, err := open(t, state).Lock(t.Context(), request); !errors.As(err, &held) {
		t.Errorf("the lock was lost: %v", err)
	}
	ok(t, lock.Unlock())
}
