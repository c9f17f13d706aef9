package journal

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"sort"

	"accountsync/sync"
)

// tally is what is known of the operations of a plan as a whole: how many of
// each kind there are, and where each name stands.
type tally struct {
	counts map[group]int
	names  []uint64 // hash of a name and place, 32 bits each
}

// group is what operations are counted by.
type group struct {
	Phase int    `json:"phase"`
	Op    string `json:"op"`
	State string `json:"state"`
	Code  string `json:"code,omitzero"`
}

// groupCount is how many operations of a group were planned.
type groupCount struct {
	Group group `json:",embed"`
	N     int   `json:"n"`
}

func (t *tally) add(e *sync.Entry, place int64) {
	if t.counts == nil {
		t.counts = map[group]int{}
	}
	t.counts[group{e.Phase, string(e.Op), string(e.State), string(e.Code)}]++
	all := [...][]byte{e.Key, e.Account, e.Native, e.Created}
	for i, name := range all {
		if len(name) > 0 && !slices.ContainsFunc(all[:i], func(other []byte) bool { return string(other) == string(name) }) {
			t.names = append(t.names, uint64(nameHash(name))<<32|uint64(place))
		}
	}
}

// total is how many operations there are.
func (t *tally) total() (n int64) {
	for _, count := range t.counts {
		n += int64(count)
	}
	return n
}

// sorted are the counts, by phase, kind, state and code.
func (t *tally) sorted() (all []groupCount) {
	for g, n := range t.counts {
		all = append(all, groupCount{g, n})
	}
	slices.SortFunc(all, func(a, b groupCount) int {
		return cmp.Or(cmp.Compare(a.Group.Phase, b.Group.Phase), cmp.Compare(a.Group.Op, b.Group.Op), cmp.Compare(a.Group.State, b.Group.State), cmp.Compare(a.Group.Code, b.Group.Code))
	})
	return all
}

func nameHash(name []byte) uint32 { return crc32.Checksum(name, castagnoli) }

// bucketOf is the bucket of a hash in a run of so many operations: about a
// thousand names each.
func bucketOf(hash uint32, operations int64) int64 {
	bits := 0
	for operations>>bits > 512 {
		bits++
	}
	return int64(hash) >> (32 - bits)
}

// writeNames puts on record where each name stands.
func (t *tally) writeNames(ctx context.Context, x tx, run int64) error {
	slices.Sort(t.names)
	first, _ := span(run)
	operations := t.total()
	var rows [][]any
	for rest := t.names; len(rest) > 0; {
		bucket := bucketOf(uint32(rest[0]>>32), operations)
		n := 1
		for n < len(rest) && bucketOf(uint32(rest[n]>>32), operations) == bucket {
			n++
		}
		places := make([]byte, 0, 8*n)
		for _, name := range rest[:n] {
			places = binary.BigEndian.AppendUint64(places, name)
		}
		rest = rest[n:]
		id := first + bucket
		rows = append(rows, []any{id, places, sum([]int64{id}, places)})
		if len(rows) == insertRows || len(rest) == 0 {
			if err := x.insert(ctx, "names", "id", "id, places, checksum", rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return nil
}

// withHash are the places of the names of a bucket that have the hash.
func withHash(names []byte, hash uint32) (places []int64) {
	n := len(names) / 8
	at := func(i int) uint64 { return binary.BigEndian.Uint64(names[8*i:]) }
	for i := sort.Search(n, func(i int) bool { return uint32(at(i)>>32) >= hash }); i < n && uint32(at(i)>>32) == hash; i++ {
		places = append(places, int64(uint32(at(i))))
	}
	return places
}

// plan is what is known of the plan of a sealed run.
type plan struct {
	operations int64
	base       int64 // what is added to a place in the ids of its blocks
	counts     []groupCount
}

func (p *plan) sum(run int64, text []byte) int64 {
	return sum([]int64{run, p.base, p.operations}, text)
}

// plan reads what is known of the plan of a sealed run.
func (t tx) plan(ctx context.Context, run int64) (*plan, error) {
	p := &plan{}
	var text []byte
	var want int64
	_, err := t.one(ctx, []any{&p.operations, &p.base, &text, &want}, `SELECT operations, base, tally, tally_checksum FROM runs WHERE id = ?`, run)
	if err != nil {
		return nil, err
	}
	if p.sum(run, text) != want {
		return nil, fmt.Errorf("%w: what its plan is as a whole", ErrDamaged)
	}
	if err := sync.Decode(text, &p.counts); err != nil {
		return nil, fmt.Errorf("%w: what its plan is as a whole: %w", ErrDamaged, err)
	}
	return p, nil
}

// seal brings what was added of a run into its order, and puts on record what
// its plan is as a whole.
func (a *adding) seal(ctx context.Context, t tx, run int64) (*plan, error) {
	all, p := &a.tally, &plan{}
	if a.unordered || len(a.withdrawn) > 0 {
		p.base = a.operations
		var err error
		if all, err = a.merge(ctx, t, run); err != nil {
			return nil, err
		}
	}
	p.operations, p.counts = all.total(), all.sorted()
	if err := all.writeNames(ctx, t, run); err != nil {
		return nil, err
	}
	text, err := sync.Encode(p.counts)
	if err != nil {
		return nil, err
	}
	if err := t.insert(ctx, "counters", "name", "name, value", [][]any{{changedOf(run), 0}}); err != nil {
		return nil, err
	}
	_, err = t.exec(ctx, `UPDATE runs SET operations = ?, base = ?, tally = ?, tally_checksum = ? WHERE id = ?`, p.operations, p.base, text, p.sum(run, text), run)
	return p, err
}

// changedOf names the counter of the operations of a run that were changed.
func changedOf(run int64) string { return fmt.Sprintf("changed of run %d", run) }

// merge writes the stretches that were added as one, in order, without what was
// withdrawn, behind them, and takes them away.
func (a *adding) merge(ctx context.Context, t tx, run int64) (*tally, error) {
	first, _ := span(run)
	all, w := &tally{}, blockWriter{id: first + a.operations + 1}
	write := func() error {
		err := t.insert(ctx, "blocks", "id", blockColumns, w.rows)
		w.clear()
		return err
	}
	var open cursors
	for _, part := range a.staged {
		open = append(open, &cursor{next: part.first, last: part.last})
	}
	for _, c := range open {
		if err := c.advance(ctx, t, run); err != nil {
			return nil, err
		}
	}
	heap.Init(&open)
	for place := int64(0); len(open) > 0; {
		c := open[0]
		if until, withdrawn := a.withdrawn[string(c.key.key)]; !withdrawn || int64(c.now.Seq) >= until {
			place++
			all.add(&c.now.Entry, place)
			if w.add(c.now.raw); len(w.rows) == insertRows {
				if err := write(); err != nil {
					return nil, err
				}
			}
		}
		if err := c.advance(ctx, t, run); err != nil {
			return nil, err
		}
		if c.now == nil {
			heap.Pop(&open)
		} else {
			heap.Fix(&open, 0)
		}
	}
	w.end()
	if err := write(); err != nil {
		return nil, err
	}
	_, err := t.exec(ctx, `DELETE FROM blocks WHERE id BETWEEN ? AND ?`, first+1, first+a.operations)
	return all, err
}

// cursor reads a stretch, one block at a time.
type cursor struct {
	next, last int64 // places that were not read yet
	rest       []entry
	now        *entry // nil at the end
	key        sortKey
}

// advance goes on to the next operation.
func (c *cursor) advance(ctx context.Context, t tx, run int64) error {
	if c.now = nil; len(c.rest) == 0 {
		if c.next > c.last {
			return nil
		}
		b, err := t.block(ctx, run, 0, c.next)
		if err != nil {
			return err
		}
		c.rest, c.next = b.entries, b.last()+1
	}
	c.now, c.rest = &c.rest[0], c.rest[1:]
	c.key = sortKey{c.now.Phase, c.now.Key, c.now.Seq}
	return nil
}

// cursors are a heap, the one with the next operation first.
type cursors []*cursor

func (c cursors) Len() int           { return len(c) }
func (c cursors) Less(i, j int) bool { return c[i].key.compare(c[j].key) < 0 }
func (c cursors) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *cursors) Push(x any)        { *c = append(*c, x.(*cursor)) }
func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}
