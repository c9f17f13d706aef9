package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"accountsync/sync"

	"github.com/gofrs/flock"
)

// Lock keeps other writers away from one source, and from the quota of one
// client id. It is a lock file, or an advisory lock of PostgreSQL on a
// connection of its own: it ends with the process. It only keeps order. What
// makes a run safe is its epoch, which whoever takes the lock raises.
type Lock struct {
	s     *Store
	run   string
	names []string // held, in the order in which they were taken
	held  []func() error
	conn  *sql.Conn // PostgreSQL: the connection that holds them
}

// LockRequest says what is to be locked, and for whom.
type LockRequest struct {
	Tenant, Client, SourceID string
	Run                      string
	// Wait is how long to wait while another run writes with this client id. A
	// source that is being written is not waited for.
	Wait    time.Duration
	Waiting func(Holder) // called once, before the wait; may be nil
}

// Holder is who holds a lock.
type Holder struct {
	Run   string    `json:"run"`
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

func (h Holder) String() string {
	if h.Run == "" {
		return "its holder is not known"
	}
	return fmt.Sprintf("run %s, process %d on %s, since %s", h.Run, h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// HeldError says that another run holds a lock.
type HeldError struct {
	Source bool // the lock on the source; else that on the client id
	Holder Holder
}

func (e *HeldError) Error() string {
	if e.Source {
		return "another run is writing to this source: " + e.Holder.String()
	}
	return "another run uses the quota of this client id: " + e.Holder.String()
}

// lockEvery is how often a lock that is held is tried again.
const lockEvery = 250 * time.Millisecond

// Lock takes the locks a run needs before it reads what it decides on and
// writes. Runs that were begun to write to the source, and that another process
// left open, are fenced off; a plan that is being made is not.
func (s *Store) Lock(ctx context.Context, r LockRequest) (*Lock, error) {
	l := &Lock{s: s, run: r.Run}
	host, _ := os.Hostname()
	me := Holder{Run: r.Run, PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second)}
	err := l.take(ctx, sourceLock(r.Tenant, r.SourceID), me, LockRequest{})
	if held := (*HeldError)(nil); errors.As(err, &held) {
		held.Source = true
	}
	if err == nil {
		err = l.take(ctx, "client\x00"+r.Tenant+"\x00"+r.Client, me, r)
	}
	if err == nil {
		err = s.update(ctx, func(t tx) error {
			_, err := t.exec(ctx, `UPDATE runs SET epoch = epoch + 1 WHERE tenant = ? AND source_id = ? AND ended = 0 AND writes = 1`, r.Tenant, r.SourceID)
			return err
		})
	}
	if err != nil {
		return nil, errors.Join(err, l.Unlock())
	}
	s.locks.add(l)
	return l, nil
}

// Unlock gives the locks back.
func (l *Lock) Unlock() error {
	l.s.locks.remove(l)
	var errs []error
	for i := len(l.held) - 1; i >= 0; i-- {
		errs = append(errs, l.held[i]())
	}
	l.held = nil
	if l.conn != nil {
		_, _ = l.conn.ExecContext(context.Background(), "SELECT set_config('application_name', 'accountsync', false)")
		_ = l.conn.Close() // if it is broken, the locks are gone with it
		l.conn = nil
	}
	return errors.Join(errs...)
}

// take takes one lock, and waits for it as the request says.
func (l *Lock) take(ctx context.Context, name string, me Holder, r LockRequest) error {
	deadline := time.Now().Add(r.Wait)
	for first := true; ; first = false {
		ok, err := l.try(ctx, name)
		if err != nil {
			return l.s.explain(err)
		}
		if ok {
			l.names = append(l.names, name)
			return l.s.setHolder(ctx, name, me)
		}
		if first && r.Wait > 0 && r.Waiting != nil {
			r.Waiting(l.s.holder(ctx, name))
		}
		if !time.Now().Before(deadline) {
			return &HeldError{Holder: l.s.holder(ctx, name)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockEvery):
		}
	}
}

func (l *Lock) try(ctx context.Context, name string) (ok bool, err error) {
	if l.s.dir == "" {
		return l.tryAdvisory(ctx, name)
	}
	if err := os.MkdirAll(l.s.dir, 0o700); err != nil {
		return false, err
	}
	sum := sha256.Sum256([]byte(name))
	f := flock.New(filepath.Join(l.s.dir, hex.EncodeToString(sum[:8])+".lock"), flock.SetPermissions(0o600))
	if ok, err = f.TryLock(); ok {
		l.held = append(l.held, f.Unlock)
	}
	return ok, err
}

func (l *Lock) tryAdvisory(ctx context.Context, name string) (ok bool, err error) {
	if l.conn == nil {
		if l.conn, err = l.s.held.Conn(ctx); err != nil {
			return false, err
		}
		// Servers before version 14 do not know the setting, nor end sessions.
		_, _ = l.conn.ExecContext(ctx, "SET idle_session_timeout = 0")
		if _, err = l.conn.ExecContext(ctx, "SELECT set_config('application_name', $1, false)", sessionName(l.run)); err != nil {
			return false, err
		}
	}
	err = l.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", lockID(name)).Scan(&ok)
	if ok {
		conn := l.conn
		l.held = append(l.held, func() error {
			_, _ = conn.ExecContext(context.Background(), "SELECT pg_advisory_unlock($1)", lockID(name))
			return nil
		})
	}
	return ok, err
}

// sessionName is what the session that holds the locks of a run is called in PostgreSQL.
func sessionName(run string) string { return "accountsync " + run }

// Evict ends the sessions of PostgreSQL that hold the locks of a run, when their
// process is known to be dead, or out of touch: one that was stopped, or a
// machine that the network lost, keeps them otherwise. It returns when the locks
// are free.
func (s *Store) Evict(ctx context.Context, run string) error {
	if s.dir != "" {
		return nil // the system frees lock files
	}
	for range 100 {
		var held int
		_, err := s.view().one(ctx, []any{&held}, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = ? AND pid <> pg_backend_pid()`, sessionName(run))
		if err != nil || held == 0 {
			return s.explain(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the session of run %s does not end", run)
}

// lockID is the number of an advisory lock.
func lockID(name string) int64 {
	sum := sha256.Sum256([]byte("accountsync\x00" + name))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

func (s *Store) setHolder(ctx context.Context, name string, h Holder) error {
	text, err := sync.Encode(h)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(name))
	return s.update(ctx, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO holders (name, holder) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder`, hex.EncodeToString(sum[:]), text)
		return err
	})
}

// holder is who took the lock last, as far as it is known.
func (s *Store) holder(ctx context.Context, name string) (h Holder) {
	var text []byte
	sum := sha256.Sum256([]byte(name))
	if ok, err := s.view().one(ctx, []any{&text}, `SELECT holder FROM holders WHERE name = ?`, hex.EncodeToString(sum[:])); ok && err == nil {
		_ = sync.Decode(text, &h) // tells people only
	}
	return h
}

// lockSet are the locks that are held.
type lockSet struct {
	mu  mutex
	all map[*Lock]bool
}

func (ls *lockSet) add(l *Lock) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.all == nil {
		ls.all = map[*Lock]bool{}
	}
	ls.all[l] = true
}

func (ls *lockSet) remove(l *Lock) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	delete(ls.all, l)
}

// renew takes the advisory locks again that ended with their connection. One
// that somebody else holds by now is let go: the epoch of the run tells.
func (ls *lockSet) renew(ctx context.Context) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for l := range ls.all {
		if l.s.dir != "" || l.conn != nil && l.conn.PingContext(ctx) == nil || ctx.Err() != nil {
			continue
		}
		if l.conn != nil {
			_ = l.conn.Close() // it is broken
		}
		l.conn, l.held = nil, nil
		for _, name := range l.names {
			_, _ = l.tryAdvisory(ctx, name)
		}
	}
}

func sourceLock(tenant, source string) string { return "source\x00" + tenant + "\x00" + source }
