package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/sync"
)

// page is how many operations are read at a time.
const page = 500

// Lines yields operations as they are stored, in the order (phase, key, seq). A
// row that fails its checksum is an error, the last thing it yields.
func (r *Run) Lines(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Line, error] {
	return func(yield func(*sync.Line, error) bool) {
		l := &lines{r: r, plan: r.sealed(), f: f}
		if l.plan == nil {
			return
		}
		if err := l.each(ctx, yield); err != nil && !errors.Is(err, errEnough) {
			yield(nil, r.explain(ctx, err))
		}
	}
}

// explain says of an error in reading the plan what it means for the run: of one
// that somebody is just pruning nothing is damaged.
func (r *Run) explain(ctx context.Context, err error) error {
	if errors.Is(err, ErrDamaged) {
		var sealed bool
		if _, asked := r.s.view().one(ctx, []any{&sealed}, `SELECT sealed = 1 FROM runs WHERE id = ?`, r.id); asked == nil && !sealed {
			err = ErrPruned
		}
	}
	return r.s.explain(fmt.Errorf("run %s: %w", r.Head().Run, err))
}

// sealed is what is known of the plan, nil while it is not sealed.
func (r *Run) sealed() *plan {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.plan
}

// lines is a reading of operations.
type lines struct {
	r    *Run
	plan *plan
	f    sync.Filter
	seen int // of those wanted
}

// each reads in one of three ways: where the name stands, among what was changed
// if nothing else can pass the filter, or block by block.
func (l *lines) each(ctx context.Context, yield func(*sync.Line, error) bool) error {
	switch first, last, untouched := l.span(); {
	case l.f.Name != "":
		return l.named(ctx, yield)
	case untouched:
		return l.scan(ctx, max(first, l.f.After+1), last, yield)
	default:
		return l.changed(ctx, max(first, l.f.After+1), last, yield)
	}
}

// span gives the places between which operations of the wanted phases and kinds
// stand, and whether any passes the filter as it was planned.
func (l *lines) span() (first, last int64, untouched bool) {
	first = 1
	for _, c := range l.plan.counts {
		if g := c.Group; l.kind(g.Phase, g.Op) {
			if last == 0 {
				first = l.before(g.Phase) + 1
			}
			last = l.before(g.Phase + 1)
			untouched = untouched || l.stands(g.State, g.Code)
		}
	}
	return first, last, untouched
}

// before is how many operations stand before those of a phase.
func (l *lines) before(phase int) (n int64) {
	for _, c := range l.plan.counts {
		if c.Group.Phase < phase {
			n += int64(c.N)
		}
	}
	return n
}

// kind reports whether operations of a phase and kind are wanted.
func (l *lines) kind(phase int, op string) bool {
	return (l.f.Phase == nil || *l.f.Phase == phase) && (len(l.f.Ops) == 0 || slices.Contains(l.f.Ops, diff.Op(op)))
}

// stands reports whether operations that stand so are wanted.
func (l *lines) stands(state, code string) bool {
	return (len(l.f.States) == 0 || slices.Contains(l.f.States, sync.State(state))) && (len(l.f.Codes) == 0 || slices.Contains(l.f.Codes, sync.Code(code)))
}

// take hands an operation out, if it is wanted. Its error may be errEnough.
func (l *lines) take(e *entry, o *outcome, version int64, yield func(*sync.Line, error) bool) error {
	line := e.Line // as nobody has changed it
	if o != nil {
		if o.op != string(e.Op) || o.plannedState != string(e.State) || o.plannedCode != string(e.Code) {
			return fmt.Errorf("%w: operation %d", ErrDamaged, e.Place)
		}
		line.Version, line.State, line.Code = version, sync.State(o.state), sync.Code(o.code)
		line.Result, line.Evidence = o.result, o.evidence
	}
	if !l.kind(e.Phase, string(e.Op)) || !l.stands(string(line.State), string(line.Code)) {
		return nil
	}
	if l.seen++; !yield(&line, nil) || l.seen == l.f.Limit {
		return errEnough
	}
	return nil
}

// scan reads block by block.
func (l *lines) scan(ctx context.Context, from, last int64, yield func(*sync.Line, error) bool) error {
	for place := from; place <= last; {
		b, err := l.r.blockOf(ctx, place)
		if err != nil {
			return err
		}
		until := min(b.last(), last)
		if l.f.Limit > 0 { // of a block that is sent bit by bit, no more than is wanted
			until = min(until, place+max(int64(l.f.Limit-l.seen), 20)-1)
		}
		changed, err := l.r.outcomes(ctx, place, until, "", nil, 0)
		if err != nil {
			return err
		}
		for ; place <= until; place++ {
			var o *outcome
			var version int64
			if len(changed) > 0 && changed[0].place == place {
				o, version, changed = &changed[0].outcome, changed[0].version, changed[1:]
			}
			if err := l.take(&b.entries[place-b.first], o, version, yield); err != nil {
				return err
			}
		}
	}
	return nil
}

// changed reads what was changed.
func (l *lines) changed(ctx context.Context, from, last int64, yield func(*sync.Line, error) bool) error {
	where, args := among("", nil, "state", l.f.States)
	where, args = among(where, args, "code", l.f.Codes)
	where, args = among(where, args, "op", l.f.Ops)
	for from <= last {
		some, err := l.r.outcomes(ctx, from, last, where, args, page)
		if err != nil {
			return err
		}
		for i := range some {
			o := &some[i]
			e, err := l.r.entry(ctx, o.place)
			if err == nil {
				err = l.take(e, &o.outcome, o.version, yield)
			}
			if err != nil {
				return err
			}
			from = o.place + 1
		}
		if len(some) < page {
			break
		}
	}
	return nil
}

// named reads what the name stands for.
func (l *lines) named(ctx context.Context, yield func(*sync.Line, error) bool) error {
	places, err := l.r.placesOf(ctx, l.plan, l.f.Name)
	if err != nil {
		return err
	}
	for _, place := range places {
		if place <= l.f.After {
			continue
		}
		e, err := l.r.entry(ctx, place)
		if err != nil {
			return err
		}
		changed, err := l.r.outcomes(ctx, place, place, "", nil, 0)
		if err != nil {
			return err
		}
		var o *outcome
		var version int64
		created := string(e.Created)
		if len(changed) == 1 {
			o, version, created = &changed[0].outcome, changed[0].version, string(changed[0].created)
		}
		if !slices.Contains([]string{string(e.Key), string(e.Account), string(e.Native), created}, l.f.Name) {
			continue // another name of the same hash
		}
		if err := l.take(e, o, version, yield); err != nil {
			return err
		}
	}
	return nil
}

const (
	selectNames   = `SELECT places, checksum FROM names WHERE id = ?`
	selectCreated = `SELECT id FROM outcomes WHERE created = ? AND id BETWEEN ? AND ?`
)

// placesOf are the places where a name may stand, in order.
func (r *Run) placesOf(ctx context.Context, p *plan, name string) (places []int64, err error) {
	first, last := span(r.id)
	hash := nameHash([]byte(name))
	id := first + bucketOf(hash, p.operations)
	err = r.s.patiently(ctx, func() error {
		places = nil
		t := r.s.view()
		var all []byte
		var want int64
		ok, err := t.one(ctx, []any{&all, &want}, selectNames, id)
		if err != nil {
			return err
		}
		if ok && sum([]int64{id}, all) != want {
			return fmt.Errorf("%w: where names stand in run %s", ErrDamaged, r.Head().Run)
		}
		places = withHash(all, hash)
		for scan := range t.rows(ctx, selectCreated, []byte(name), first, last) {
			var id int64
			if err := scan(&id); err != nil {
				return err
			}
			places = append(places, id-first)
		}
		return nil
	})
	slices.Sort(places)
	return slices.Compact(places), err
}

// changedRow is an outcome as it was read.
type changedRow struct {
	outcome
	place, version int64
}

// outcomes are those of the operations between two places that were changed, in
// order: at most so many, 0 for all.
func (r *Run) outcomes(ctx context.Context, from, until int64, where string, args []any, limit int) (all []changedRow, err error) {
	first, _ := span(r.id)
	query := `SELECT id, op, planned_state, planned_code, version, state, code, created, result, evidence, checksum
		FROM outcomes WHERE id BETWEEN ? AND ?` + where + ` ORDER BY id`
	args = append([]any{first + from, first + until}, args...)
	if limit > 0 {
		query, args = query+` LIMIT ?`, append(args, limit)
	}
	err = r.s.patiently(ctx, func() error {
		all = nil
		for scan := range r.s.view().rows(ctx, query, args...) {
			var o changedRow
			var want int64
			if err := scan(&o.id, &o.op, &o.plannedState, &o.plannedCode, &o.version, &o.state, &o.code, &o.created, &o.result, &o.evidence, &want); err != nil {
				return err
			}
			if o.place = o.id - first; o.sum(o.version) != want {
				return fmt.Errorf("%w: operation %d of run %s", ErrDamaged, o.place, r.Head().Run)
			}
			all = append(all, o)
		}
		return nil
	})
	return all, err
}

// blockOf is the block that holds a place. The last one is kept: operations are
// read in their order.
func (r *Run) blockOf(ctx context.Context, place int64) (b *block, err error) {
	r.mu.Lock()
	b, p := r.block, r.plan
	r.mu.Unlock()
	if b != nil && b.first <= place && place <= b.last() {
		return b, nil
	}
	err = r.s.patiently(ctx, func() error {
		b, err = r.s.view().block(ctx, r.id, p.base, place)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.block = b
	return b, nil
}

// entry is the operation at a place, as it was planned.
func (r *Run) entry(ctx context.Context, place int64) (*entry, error) {
	b, err := r.blockOf(ctx, place)
	if err != nil {
		return nil, err
	}
	return &b.entries[place-b.first], nil
}

func among[T ~string](where string, args []any, column string, all []T) (string, []any) {
	if len(all) == 0 {
		return where, args
	}
	for _, one := range all {
		args = append(args, string(one))
	}
	return where + " AND " + column + " IN (?" + strings.Repeat(", ?", len(all)-1) + ")", args
}

// Operations yields the lines decoded.
func (r *Run) Operations(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		for l, err := range r.Lines(ctx, f) {
			if err != nil {
				yield(nil, err)
				return
			}
			op, err := l.Operation()
			if err != nil {
				yield(nil, r.explain(ctx, err))
				return
			}
			if !yield(op, nil) {
				return
			}
		}
	}
}

// Counts counts the operations by kind, state and code, in one statement. Who
// writes the run, and so is alone to change them, counts anew only after a change.
func (r *Run) Counts(ctx context.Context) ([]sync.Count, error) {
	r.mu.Lock()
	known, generation, p := r.counts, r.generation, r.plan
	r.mu.Unlock()
	if known != nil && r.epoch > 0 {
		return slices.Clone(known), nil
	}
	if p == nil {
		return nil, nil
	}
	counts, err := r.s.counts(ctx, r.id, p)
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generation == generation { // nothing was changed meanwhile
		r.counts = slices.Clone(counts)
	}
	return counts, nil
}

// changed forgets what was counted.
func (r *Run) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts, r.generation = nil, r.generation+1
}

// counts counts the operations of a run: as they were planned, and as those
// stand that were changed.
func (s *Store) counts(ctx context.Context, run int64, p *plan) (counts []sync.Count, err error) {
	type kind struct {
		op    string
		state string
		code  string
	}
	n := map[kind]int{}
	first, last := span(run)
	err = s.patiently(ctx, func() error {
		clear(n)
		for _, c := range p.counts {
			n[kind{c.Group.Op, c.Group.State, c.Group.Code}] += c.N
		}
		missing, counted := 0, false
		for scan := range s.view().rows(ctx, `SELECT op, planned_state, planned_code, state, code, count(*) FROM outcomes WHERE id BETWEEN ? AND ? GROUP BY 1, 2, 3, 4, 5
			UNION ALL SELECT '', '', '', '', '', value FROM counters WHERE name = ?`, first, last, changedOf(run)) {
			var was, is kind
			var rows int
			if err := scan(&is.op, &was.state, &was.code, &is.state, &is.code, &rows); err != nil {
				return err
			}
			if was.op = is.op; is.op == "" { // the counter
				missing, counted = missing+rows, true
				continue
			}
			missing -= rows
			n[was] -= rows
			n[is] += rows
		}
		switch {
		case !counted:
			return fmt.Errorf("%w: how many operations were changed is not on record", ErrDamaged)
		case missing != 0:
			return fmt.Errorf("%w: %d operations are not on record as they were changed", ErrDamaged, missing)
		}
		return nil
	})
	for k, rows := range n {
		if rows < 0 {
			err = errors.Join(err, fmt.Errorf("%w: %d operations too many were %s", ErrDamaged, -rows, k.state))
		}
		if rows != 0 {
			counts = append(counts, sync.Count{Op: diff.Op(k.op), State: sync.State(k.state), Code: sync.Code(k.code), N: rows})
		}
	}
	slices.SortFunc(counts, func(a, b sync.Count) int {
		return strings.Compare(string(a.Op)+"\x00"+string(a.State)+"\x00"+string(a.Code), string(b.Op)+"\x00"+string(b.State)+"\x00"+string(b.Code))
	})
	return counts, err
}

// errEnough ends a reading of which no more is wanted.
var errEnough = errors.New("enough")
