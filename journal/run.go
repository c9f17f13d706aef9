package journal

import (
	"context"
	"fmt"
	"strings"

	"accountsync/sync"
)

// Run is one run on record. It is the sync.Record of who began it or took it
// over, and a sync.Reader for everybody else.
type Run struct {
	s     *Store
	id    int64
	epoch int64 // 0: for reading

	mu     mutex
	head   *sync.Head
	status sync.Status
	plan   *plan        // once it is sealed
	counts []sync.Count // as they were counted; nil after a change
	// generation counts the changes.
	generation int
	block      *block // that was read last
	adding     adding
	changes    queue
}

var _ sync.Record = (*Run)(nil)

// Begin puts a run on record that has nothing planned yet.
func (s *Store) Begin(ctx context.Context, head *sync.Head) (*Run, error) {
	r := &Run{s: s, epoch: 1, changes: newQueue()}
	text, sum, err := encodeHead(head)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(t tx) error {
		var epoch int64
		if ok, err := t.one(ctx, []any{&r.id, &epoch}, `SELECT id, epoch FROM runs WHERE run = ?`, head.Run); ok || err != nil {
			if err == nil && r.id != 0 && epoch == 1 && r.begun(ctx, t, sum) { // by a transaction whose answer was lost
				return nil
			}
			return errorOr(err, fmt.Errorf("run %s is on record already", head.Run))
		}
		if _, err := t.exec(ctx, `UPDATE counters SET value = value + 1 WHERE name = 'run'`); err != nil {
			return err
		}
		if _, err := t.one(ctx, []any{&r.id}, `SELECT value FROM counters WHERE name = 'run'`); err != nil {
			return err
		}
		return t.insertRun(ctx, r.id, 1, head, text, sum)
	})
	if err != nil {
		return nil, err
	}
	r.set(head, sync.Status{ID: r.id, Epoch: 1})
	return r, nil
}

// begun reports whether the run was begun with just that head, and no more.
func (r *Run) begun(ctx context.Context, t tx, sum int64) bool {
	var there int64
	ok, err := t.one(ctx, []any{&there}, `SELECT checksum FROM runs WHERE id = ? AND sealed = 0`, r.id)
	return ok && err == nil && there == sum && r.s.dir == ""
}

func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func encodeHead(head *sync.Head) (text []byte, sum int64, err error) {
	if text, err = sync.Encode(head); err != nil {
		return nil, 0, fmt.Errorf("encoding the head of run %s: %w", head.Run, err)
	}
	return text, headSum(head.Run, text), nil
}

func (t tx) insertRun(ctx context.Context, id, epoch int64, h *sync.Head, text []byte, sum int64) error {
	_, err := t.exec(ctx, `INSERT INTO runs (id, run, tenant, source_id, source_name, command, writes, started, outcome, epoch, sealed, ended, superseded_by, operations, head, checksum)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, ?, ?)`,
		id, h.Run, h.Tenant, h.Source.ID, plainText(h.Source.Name), h.Command, flag(h.Writes), nanos(h.Started), string(h.Outcome), epoch, text, sum)
	return err
}

// plainText is a text that any database takes.
func plainText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Read opens a run, named by its id, for reading.
func (s *Store) Read(ctx context.Context, run string) (*Run, error) {
	r := &Run{s: s, changes: newQueue()}
	return r, s.explain(r.load(ctx, s.view(), run))
}

// TakeUp opens a run again in order to go on with it: whoever had it can write
// no more, and it counts as not ended until End. Take the lock first: what is
// read here is what is decided on.
func (s *Store) TakeUp(ctx context.Context, run string) (*Run, error) {
	r := &Run{s: s, changes: newQueue()}
	err := s.update(ctx, func(t tx) error {
		n, err := t.exec(ctx, `UPDATE runs SET epoch = epoch + 1, ended = 0 WHERE run = ?`, run)
		if err == nil && n == 0 {
			err = &RunError{Name: run}
		}
		if err != nil {
			return err
		}
		err = r.load(ctx, t, run)
		r.epoch = r.status.Epoch
		return err
	})
	return r, err
}

// load reads the head of a run.
func (r *Run) load(ctx context.Context, t tx, run string) error {
	var text []byte
	var sum int64
	var st sync.Status
	ok, err := t.one(ctx, []any{&r.id, &st.Epoch, &st.Sealed, &st.Ended, &st.SupersededBy, &text, &sum},
		`SELECT id, epoch, sealed, ended, superseded_by, head, checksum FROM runs WHERE run = ?`, run)
	if err == nil && !ok {
		err = &RunError{Name: run}
	}
	if err == nil && st.Sealed {
		if r.plan, err = t.plan(ctx, r.id); err != nil {
			err = fmt.Errorf("run %s: %w", run, err)
		}
	}
	if err != nil {
		return err
	}
	head, err := decodeHead(run, text, sum)
	if err != nil {
		return err
	}
	st.ID = r.id
	r.set(head, st)
	return nil
}

func decodeHead(run string, text []byte, sum int64) (*sync.Head, error) {
	if headSum(run, text) != sum {
		return nil, fmt.Errorf("%w: the head of run %s", ErrDamaged, run)
	}
	head := new(sync.Head)
	if err := sync.Decode(text, head); err != nil {
		return nil, fmt.Errorf("%w: the head of run %s: %w", ErrDamaged, run, err)
	}
	return head, nil
}

func (r *Run) set(head *sync.Head, st sync.Status) {
	copied := *head
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head, r.status = &copied, st
}

// Head is a copy of the head; what its fields point to is shared.
func (r *Run) Head() *sync.Head {
	r.mu.Lock()
	defer r.mu.Unlock()
	head := *r.head
	return &head
}

// Status is what the store knows of the run.
func (r *Run) Status() sync.Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// SetHead replaces the head.
func (r *Run) SetHead(ctx context.Context, head *sync.Head) error {
	return r.putHead(ctx, head, r.Status(), nil)
}

// putHead writes the head and the status, and does more in the same transaction.
func (r *Run) putHead(ctx context.Context, head *sync.Head, st sync.Status, more func(tx) error) error {
	text, sum, err := encodeHead(head)
	if err != nil {
		return err
	}
	if was := r.Head(); head.Run != was.Run || head.Tenant != was.Tenant || head.Source.ID != was.Source.ID {
		return fmt.Errorf("the head of run %s was given to run %s", head.Run, was.Run)
	}
	err = r.s.update(ctx, func(t tx) error {
		if err := r.mine(ctx, t); err != nil {
			return err
		}
		if more != nil {
			if err := more(t); err != nil {
				return err
			}
		}
		n, err := t.exec(ctx, `UPDATE runs SET head = ?, checksum = ?, command = ?, source_name = ?, writes = ?, outcome = ?, sealed = ?, ended = ? WHERE id = ? AND epoch = ?`,
			text, sum, head.Command, plainText(head.Source.Name), flag(head.Writes), string(head.Outcome), flag(st.Sealed), flag(st.Ended), r.id, r.epoch)
		if err == nil && n == 0 {
			err = sync.ErrFenced
		}
		return err
	})
	if err == nil {
		r.set(head, st)
	}
	return err
}

// mine makes sure that the run is still this process's own, until the
// transaction ends.
func (r *Run) mine(ctx context.Context, t tx) error {
	var epoch int64
	ok, err := t.one(ctx, []any{&epoch}, `SELECT epoch FROM runs WHERE id = ?`+t.shareLock, r.id)
	switch {
	case err != nil:
		return err
	case !ok:
		return ErrPruned
	case r.epoch == 0:
		return fmt.Errorf("run %s was opened for reading", r.Head().Run)
	case epoch != r.epoch:
		return fmt.Errorf("run %s: %w", r.Head().Run, sync.ErrFenced)
	}
	return nil
}

// Owned reports with sync.ErrFenced that another process has taken the run over.
func (r *Run) Owned(ctx context.Context) error {
	return r.s.patiently(ctx, func() error { return r.mine(ctx, r.s.view()) })
}

// Seal ends the plan.
func (r *Run) Seal(ctx context.Context, head *sync.Head) error {
	if r.Status().Sealed {
		return fmt.Errorf("the plan of run %s is sealed already", head.Run)
	}
	if err := r.flush(ctx, true); err != nil {
		return err
	}
	st := r.Status()
	st.Sealed = true
	var p *plan
	defer r.changed()
	err := r.putHead(ctx, head, st, func(t tx) (err error) {
		var done bool // by a transaction whose answer was lost
		if _, err = t.one(ctx, []any{&done}, `SELECT sealed = 1 FROM runs WHERE id = ?`, r.id); err == nil && !done {
			p, err = r.adding.seal(ctx, t, r.id)
		}
		return err
	})
	if err == nil {
		r.mu.Lock()
		r.plan = p
		r.mu.Unlock()
		r.adding.clear()
		r.adding.draft = draft{}
	}
	return err
}

// span is the range of ids of a run's operations, and of its outcomes.
func span(run int64) (first, last int64) { return run << 32, run<<32 + (1<<32 - 1) }

// End puts on record how the run ended.
func (r *Run) End(ctx context.Context, head *sync.Head, supersedes bool) error {
	st := r.Status()
	st.Ended = true
	return r.putHead(ctx, head, st, func(t tx) error {
		if !supersedes {
			return nil
		}
		_, err := t.exec(ctx, `UPDATE runs SET superseded_by = ? WHERE tenant = ? AND source_id = ? AND id < ? AND superseded_by = ''`,
			head.Run, head.Tenant, head.Source.ID, r.id)
		return err
	})
}

// Discard forgets a run that was never sealed.
func (r *Run) Discard(ctx context.Context) error {
	if r.Status().Sealed {
		return fmt.Errorf("the plan of run %s is sealed already", r.Head().Run)
	}
	return r.s.explain(r.s.forget(ctx, r.id))
}
