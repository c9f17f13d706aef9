package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// patience is how long a run waits for a PostgreSQL that is away.
const patience = 10 * time.Minute

// update runs do in one transaction, which is durable when update returns. It
// may be run again after a transaction that was done and whose answer was lost:
// do must bear that.
func (s *Store) update(ctx context.Context, do func(tx) error) error {
	return s.patiently(ctx, func() error { return s.transact(ctx, do) })
}

// patiently does something again while PostgreSQL is away.
func (s *Store) patiently(ctx context.Context, do func() error) error {
	deadline := time.Now().Add(patience)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := do()
		if !transient(err) || ctx.Err() != nil || time.Now().After(deadline) {
			return s.explain(err)
		}
		select {
		case <-ctx.Done():
			return s.explain(errors.Join(ctx.Err(), err))
		case <-s.ending.over.Done():
			return s.explain(err)
		case <-time.After(pause):
		}
		s.locks.renew(ctx)
	}
}

func (s *Store) transact(ctx context.Context, do func(tx) error) error {
	// Begun, it ends: one that is cut off leaves open whether it was done, and
	// one that watches a context starts a goroutine.
	t, err := s.write.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	err = do(tx{s.dialect, t})
	if err == nil {
		err = s.present()
	}
	if err != nil {
		_ = t.Rollback() // the database may have done so itself
		return err
	}
	return t.Commit()
}

// present reports whether the file of SQLite is still where it was: one that
// somebody removed takes every write, and nobody ever reads it again.
func (s *Store) present() error {
	if s.file == nil { // a server, or it is just being opened
		return nil
	}
	now, err := os.Stat(s.name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(s.file, now) {
		return ErrVanished
	}
	return err
}

// view reads outside of a transaction.
func (s *Store) view() tx { return tx{s.dialect, s.read} }

// nanos is a time as the store keeps it.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// moment is the time of nanos.
func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// blob is a text as bytes; an empty one is no NULL.
func blob[T ~string | ~[]byte](text T) []byte { return append([]byte{}, text...) }

// orNull is a text as bytes, nil where it is empty.
func orNull(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// flag is a truth as the store keeps it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
