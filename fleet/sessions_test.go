package fleet

import "testing"

// TestSessionsOfAWorker: a pool would have one session for each core of a large machine.
func TestSessionsOfAWorker(t *testing.T) {
	t.Parallel()
	pool, err := connect(t.Context(), "postgres://127.0.0.1:1/accountsync?pool_max_conns=64")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if most := pool.Config().MaxConns; most != 8 {
		t.Errorf("a worker has up to %d sessions for jobs", most)
	}
}
