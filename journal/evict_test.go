package journal

import (
	"errors"
	"testing"

	"accountsync/internal/pgtest"
)

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
