package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// RunFilter says which runs are wanted. Empty fields leave none out.
type RunFilter struct {
	Tenant string
	Source string // id or name
	Writes bool   // only those begun in order to write
	Limit  int    // the newest so many; 0: all
}

const runFilter = ` (? = '' OR tenant = ?) AND (? = '' OR source_id = ? OR source_name = ?) AND writes >= ?`

func (f RunFilter) args() []any {
	return []any{f.Tenant, f.Tenant, f.Source, f.Source, f.Source, flag(f.Writes)}
}

// Summary is one past run, or one that goes on.
type Summary struct {
	*sync.Head
	sync.Status
	Totals    sync.Totals  // as they stand, also of a run that has not ended
	Outcome   sync.Outcome // interrupted while the run has not ended
	Resumable bool         // something is left that a resume could finish
}

// Runs lists past runs, and those that go on. The newest come first: in the
// order in which they began, whatever the clock said.
func (s *Store) Runs(ctx context.Context, f RunFilter) ([]Summary, error) {
	if f.Limit <= 0 {
		f.Limit = math.MaxInt32
	}
	all := []Summary{}
	for scan := range s.view().rows(ctx, `SELECT id, run, epoch, sealed, ended, superseded_by, head, checksum FROM runs
		WHERE`+runFilter+` ORDER BY id DESC LIMIT ?`, append(f.args(), f.Limit)...) {
		var one Summary
		var run string
		var text []byte
		var sum int64
		err := scan(&one.ID, &run, &one.Epoch, &one.Sealed, &one.Ended, &one.SupersededBy, &text, &sum)
		if err == nil {
			one.Head, err = decodeHead(run, text, sum)
		}
		if err != nil {
			return nil, s.explain(err)
		}
		all = append(all, one)
	}
	for i := range all {
		if err := s.sumUp(ctx, &all[i]); err != nil {
			return nil, s.explain(err)
		}
	}
	return all, nil
}

// sumUp counts the operations of a run that has not ended.
func (s *Store) sumUp(ctx context.Context, one *Summary) error {
	one.Totals, one.Outcome = one.Head.Totals, one.Head.Outcome
	if !one.Ended {
		one.Outcome = sync.Interrupted
		if !one.Sealed {
			one.Totals = one.Totals.Tallied(nil)
			return nil
		}
		p, err := s.view().plan(ctx, one.ID)
		var counts []sync.Count
		if err == nil {
			counts, err = s.counts(ctx, one.ID, p)
		}
		switch {
		case errors.Is(err, ErrDamaged): // which keeps no other run from being listed
			return nil
		case err != nil:
			return err
		}
		one.Totals = one.Totals.Tallied(counts)
	}
	one.Resumable = one.Writes && one.Sealed && one.SupersededBy == "" && left(&one.Totals) > 0 && slices.Contains(resumable, one.Outcome)
	return nil
}

// resumable are the outcomes of runs that were to write and did not get to their end.
var resumable = []sync.Outcome{sync.Partial, sync.Interrupted, sync.RunFailed}

// left counts the operations that a resume would send or look up.
func left(t *sync.Totals) (n int) {
	for _, op := range diff.Ops {
		tally := t.Op(op)
		n += tally.Accepted + tally.Failed + tally.Withheld
	}
	return n
}

// Last names the newest run.
const Last = "last"

// RunError says that a run cannot be told from its name.
type RunError struct {
	Name string
	Near []string // runs it may be, newest first; a few of them
}

// Error names the runs it may be.
func (e *RunError) Error() string {
	switch {
	case e.Name == Last && len(e.Near) == 0:
		return "no run is on record"
	case len(e.Near) == 0:
		return fmt.Sprintf("no run %q is on record", e.Name)
	case e.Ambiguous():
		return fmt.Sprintf("run id %q is ambiguous: %s", e.Name, strings.Join(e.Near, ", "))
	}
	return fmt.Sprintf("no run %q is on record; near it are %s", e.Name, strings.Join(e.Near, ", "))
}

// Ambiguous reports whether several runs begin with the name.
func (e *RunError) Ambiguous() bool {
	return len(e.Near) > 1 && strings.HasPrefix(e.Near[0], e.Name) && strings.HasPrefix(e.Near[1], e.Name)
}

// Hint says how to find the run.
func (e *RunError) Hint() string {
	return `name a run by its id, by the unique beginning of it, or as "last"; "accountsync runs" lists them`
}

// fewRuns is how many runs an error names.
const fewRuns = 5

// Find gives the id of a run named by its id, a unique beginning of it, or
// "last": the newest that passes the filter.
func (s *Store) Find(ctx context.Context, name string, f RunFilter) (run string, err error) {
	t := s.view()
	if name == Last {
		ok, err := t.one(ctx, []any{&run}, `SELECT run FROM runs WHERE`+runFilter+` ORDER BY id DESC LIMIT 1`, f.args()...)
		if err == nil && !ok {
			err = &RunError{Name: name}
		}
		return run, s.explain(err)
	}
	if ok, err := t.one(ctx, []any{&run}, `SELECT run FROM runs WHERE run = ?`, name); ok || err != nil {
		return run, s.explain(err)
	}
	e := &RunError{Name: name}
	for n := len([]rune(name)); len(e.Near) == 0 && n >= 0; n-- {
		for scan := range t.rows(ctx, `SELECT run FROM runs WHERE substr(run, 1, ?) = ? ORDER BY id DESC LIMIT ?`, n, string([]rune(name)[:n]), fewRuns) {
			if err := scan(&run); err != nil {
				return "", s.explain(err)
			}
			e.Near = append(e.Near, run)
		}
		if n == len([]rune(name)) && len(e.Near) == 1 && name != "" {
			return e.Near[0], nil
		}
	}
	return "", e
}

// Median is the median of how many operations of each kind the last runs of a
// source planned, over at most that many nights, and over how many it is. Only
// runs of sync and apply count that have ended and were let through: one that
// was blocked, stale or failed tells nothing of a usual night.
func (s *Store) Median(ctx context.Context, tenant, sourceID string, most int) (medians map[diff.Op]float64, runs int, err error) {
	counts := map[diff.Op][]int{}
	for scan := range s.view().rows(ctx, `SELECT run, head, checksum FROM runs WHERE tenant = ? AND source_id = ? AND ended = 1 AND command IN ('sync', 'apply', 'resume')
		AND outcome NOT IN ('', 'planned', 'blocked', 'stale', 'failed') ORDER BY id DESC LIMIT ?`, tenant, sourceID, most) {
		var run string
		var text []byte
		var sum int64
		if err := scan(&run, &text, &sum); err != nil {
			return nil, 0, s.explain(err)
		}
		head, err := decodeHead(run, text, sum)
		if err != nil {
			return nil, 0, s.explain(err)
		}
		for _, op := range diff.Ops {
			counts[op] = append(counts[op], head.Totals.Op(op).Planned)
		}
		runs++
	}
	medians = map[diff.Op]float64{}
	for op, all := range counts {
		medians[op] = median(all)
	}
	return medians, runs, nil
}

// median is the median of numbers, of which there is one at least.
func median(all []int) float64 {
	slices.Sort(all)
	half := len(all) / 2
	if len(all)%2 == 1 {
		return float64(all[half])
	}
	return float64(all[half-1]+all[half]) / 2
}

// Prune forgets the runs that began before a time, and gives the space back. A
// run that has not ended stays, unless a later one superseded it, and so does
// the last successful run of each source; forced, these go too. A run whose
// source is being written always stays. It says how many runs it forgot, also
// with an error.
func (s *Store) Prune(ctx context.Context, before time.Time, force bool) (n int, err error) {
	type prunable struct {
		id                  int64
		run, tenant, source string
		ended               bool
	}
	var all []prunable
	for scan := range s.view().rows(ctx, `SELECT id, run, tenant, source_id, ended FROM runs WHERE started < ? AND (? = 1 OR (ended = 1 OR superseded_by <> '') AND id NOT IN
		(SELECT max(id) FROM runs WHERE outcome IN ('in-sync', 'changed') AND ended = 1 GROUP BY tenant, source_id))`, nanos(before), flag(force)) {
		var p prunable
		if err := scan(&p.id, &p.run, &p.tenant, &p.source, &p.ended); err != nil {
			return 0, s.explain(err)
		}
		all = append(all, p)
	}
	for _, p := range all {
		if err != nil {
			break
		}
		if !p.ended && s.busy(ctx, p.tenant, p.source) {
			continue
		}
		if err = s.forget(ctx, p.id); err == nil {
			n++
		}
	}
	if err == nil {
		err = s.shrink(ctx)
	}
	return n, s.explain(err)
}

// busy reports whether a source is being written.
func (s *Store) busy(ctx context.Context, tenant, source string) bool {
	l := &Lock{s: s}
	ok, err := l.try(ctx, sourceLock(tenant, source))
	_ = l.Unlock()
	return !ok || err != nil
}

// forget deletes a run: its operations first and some at a time, so that runs
// that go on get their turn, and so that none is left without its run. It has no
// plan any more from the first of them on: one that is half gone would count as
// damaged. Blocks go before outcomes: without these an operation that was sent
// would look as if it never was.
func (s *Store) forget(ctx context.Context, run int64) error {
	first, last := span(run)
	err := s.update(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE runs SET sealed = 0 WHERE id = ?`, run)
		return err
	})
	if err != nil {
		return err
	}
	for _, table := range []string{"blocks", "names", "outcomes"} {
		for n := int64(1); n > 0; {
			err := s.update(ctx, func(t tx) (err error) {
				n, err = t.exec(ctx, `DELETE FROM `+table+` WHERE id IN (SELECT id FROM `+table+` WHERE id BETWEEN ? AND ? LIMIT ?)`, first, last, 5*s.batch)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return s.update(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM entries WHERE run = ?`, run); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM counters WHERE name = ?`, changedOf(run)); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM runs WHERE id = ?`, run)
		return err
	})
}

// shrink gives free pages of the file back to the file system, a part at a
// time. PostgreSQL does so by itself.
func (s *Store) shrink(ctx context.Context) error {
	if s.dir == "" {
		return nil
	}
	t := tx{s.dialect, s.write}
	for free := 1; free > 0; {
		before := free
		for scan := range t.rows(ctx, "PRAGMA incremental_vacuum(5000)") { // a row for each page
			if err := scan(); err != nil {
				return err
			}
		}
		if _, err := t.one(ctx, []any{&free}, "PRAGMA freelist_count"); err != nil {
			return err
		}
		if before > 1 && free >= before { // a file without incremental vacuum
			break
		}
	}
	_, err := t.exec(ctx, "PRAGMA wal_checkpoint(TRUNCATE)") // does what readers let it
	return err
}
