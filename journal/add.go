package journal

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/klauspost/compress/s2"
)

// adding is what a plan found: what is not on its way to the database yet, and
// what Seal needs to know of the rest.
type adding struct {
	mu         mutex
	operations int64 // taken so far
	draft      draft
	staged     []stretch // on record, each in its order
	unordered  bool      // they did not all come in their order
	last       sortKey   // of the last one that came
	tally      tally     // of all, as long as they come in their order
	withdrawn  map[string]int64
	entries    int64
	lists      [][]any
}

// stretch is a part of what was added: its places, counted as they came.
type stretch struct{ first, last int64 }

// sortKey is what the order of operations is by.
type sortKey struct {
	phase int
	key   []byte
	seq   int
}

func (a sortKey) compare(b sortKey) int {
	return cmp.Or(cmp.Compare(a.phase, b.phase), bytes.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq))
}

// draft is a stretch that is not on record yet.
type draft struct {
	text   []byte
	keys   []byte
	ops    []draftOp
	writer blockWriter
}

// draftOp is where an operation stands in a draft.
type draftOp struct {
	sortKey
	start, end int
}

// draftBytes is how much a draft holds at most.
const draftBytes = 8 << 20

// AddOperations takes planned operations.
func (r *Run) AddOperations(ctx context.Context, ops ...*sync.Operation) error {
	a := &r.adding
	for _, op := range ops {
		a.mu.Lock()
		op.Seq = int(a.operations)
		op.Row = sync.Row{State: op.State, Code: op.Reason.Code}
		e, err := sync.EncodeEntry(op)
		if err == nil {
			a.add(e)
		}
		a.mu.Unlock()
		if err != nil {
			return err
		}
		if err := r.flush(ctx, false); err != nil {
			return err
		}
	}
	return nil
}

// AddEntries takes planned operations that are encoded already.
func (r *Run) AddEntries(ctx context.Context, entries ...*sync.Entry) error {
	for _, e := range entries {
		r.adding.mu.Lock()
		r.adding.add(e)
		r.adding.mu.Unlock()
		if err := r.flush(ctx, false); err != nil {
			return err
		}
	}
	return nil
}

// add takes an operation.
func (a *adding) add(e *sync.Entry) {
	d := &a.draft
	a.operations++
	d.keys = append(d.keys, e.Key...)
	o := draftOp{sortKey{e.Phase, d.keys[len(d.keys)-len(e.Key):], e.Seq}, len(d.text), 0}
	d.text = appendEntry(d.text, e)
	o.end = len(d.text)
	d.ops = append(d.ops, o)
	if a.operations > 1 && a.last.compare(o.sortKey) > 0 {
		a.unordered, a.tally = true, tally{} // Seal counts again
	}
	if a.last = (sortKey{o.phase, append(a.last.key[:0], o.key...), o.seq}); !a.unordered {
		a.tally.add(e, a.operations)
	}
}

// blocks are the rows of a draft, in its order.
func (d *draft) blocks(id int64) (rows [][]any) {
	slices.SortFunc(d.ops, func(a, b draftOp) int { return a.compare(b.sortKey) })
	w := &d.writer
	w.clear()
	w.id = id
	for _, o := range d.ops {
		w.add(d.text[o.start:o.end])
	}
	w.end()
	return w.rows
}

// blockWriter makes blocks of entries.
type blockWriter struct {
	id     int64 // of the next block
	n      int
	text   []byte
	rows   [][]any
	packed []byte // the room their blocks lie in, used again
}

// clear forgets the rows.
func (w *blockWriter) clear() {
	clear(w.rows)
	w.rows, w.packed = w.rows[:0], w.packed[:0]
}

func (w *blockWriter) add(entry []byte) {
	w.text = append(w.text, entry...)
	if w.n++; w.n == blockOps || len(w.text) >= blockBytes {
		w.end()
	}
}

func (w *blockWriter) end() {
	if w.n > 0 {
		w.packed = slices.Grow(w.packed, s2.MaxEncodedLen(len(w.text)))
		packed := s2.Encode(w.packed[len(w.packed):cap(w.packed)], w.text)
		w.packed = w.packed[:len(w.packed)+len(packed)]
		w.rows = append(w.rows, []any{w.id, w.n, packed, sum([]int64{w.id, int64(w.n)}, packed)})
		w.id += int64(w.n)
		w.n, w.text = 0, w.text[:0]
	}
}

// entryRow is an entry of a list as its row.
func entryRow(run int64, kind string, n int64, line int, key string, text []byte) []any {
	return []any{run, kind, n, line, blob(key), text, sum(nil, []byte(key), text)}
}

const entryColumns = "run, kind, n, line, key, entry, checksum"

// AddRejected takes rejected rows.
func (r *Run) AddRejected(ctx context.Context, rows ...account.Rejected) error {
	return addEntries(ctx, r, kindRejected, rows, func(row account.Rejected) (int, string, []byte, error) {
		text, err := sync.EncodeRejected(row)
		return row.Line, row.Key, text, err
	})
}

// AddOrphans takes accounts that no row asks for.
func (r *Run) AddOrphans(ctx context.Context, orphans ...diff.Orphan) error {
	return addEntries(ctx, r, kindOrphan, orphans, func(o diff.Orphan) (int, string, []byte, error) {
		text, err := sync.Encode(o)
		return 0, o.Key, text, err
	})
}

// AddAbsences takes what the next run needs to know of accounts without a row.
func (r *Run) AddAbsences(ctx context.Context, absences ...diff.Absence) error {
	return addEntries(ctx, r, kindAbsence, absences, func(m diff.Absence) (int, string, []byte, error) {
		text, err := sync.Encode(m)
		return 0, m.AccountID, text, err
	})
}

func addEntries[T any](ctx context.Context, r *Run, kind string, all []T, entry func(T) (line int, key string, text []byte, err error)) error {
	for _, one := range all {
		line, key, text, err := entry(one)
		if err != nil {
			return fmt.Errorf("encoding %s %q: %w", kind, key, err)
		}
		r.adding.mu.Lock()
		r.adding.entries++
		r.adding.lists = append(r.adding.lists, entryRow(r.id, kind, r.adding.entries, line, key, text))
		r.adding.mu.Unlock()
		if err := r.flush(ctx, false); err != nil {
			return err
		}
	}
	return nil
}

// flush writes what a plan found, a batch at a time; all of it at the end.
func (r *Run) flush(ctx context.Context, all bool) error {
	a := &r.adding
	a.mu.Lock()
	defer a.mu.Unlock()
	ops, lists := len(a.draft.ops), len(a.lists)
	if ops+lists == 0 || !all && ops < 8*r.s.batch && len(a.draft.text) < draftBytes && lists < r.s.batch {
		return nil
	}
	if r.Status().Sealed {
		return fmt.Errorf("the plan of run %s is sealed already", r.Head().Run)
	}
	free := context.WithoutCancel(ctx)
	first, _ := span(r.id)
	blocks := a.draft.blocks(first + a.unstaged())
	err := r.s.update(ctx, func(t tx) error {
		if err := r.mine(free, t); err != nil {
			return err
		}
		if err := t.insert(free, "blocks", "id", blockColumns, blocks); err != nil {
			return err
		}
		return t.insert(free, "entries", "run, kind, n", entryColumns, a.lists)
	})
	if err == nil {
		a.written()
	}
	return err
}

// unstaged is the place of the first operation that is not on record.
func (a *adding) unstaged() int64 { return a.operations - int64(len(a.draft.ops)) + 1 }

// written notes that all there is has been put on record.
func (a *adding) written() {
	if n := len(a.draft.ops); n > 0 {
		a.staged = append(a.staged, stretch{a.unstaged(), a.operations})
	}
	clear(a.draft.ops)
	clear(a.lists)
	a.draft.text, a.draft.keys, a.draft.ops, a.lists = a.draft.text[:0], a.draft.keys[:0], a.draft.ops[:0], a.lists[:0]
}
