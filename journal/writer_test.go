package journal

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// disk is what a writer of a test writes to.
type disk struct {
	mu      sync.Mutex
	commits [][]entry
	took    time.Duration // for a commit
	err     error
}

func (d *disk) commit(entries []entry) error {
	time.Sleep(d.took)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.commits = append(d.commits, append([]entry(nil), entries...))
	}
	return d.err
}

func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// seqs are the operations of each commit.
func (d *disk) seqs() (all [][]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.commits {
		var seqs []int
		for _, e := range c {
			seqs = append(seqs, e.record.Seq)
		}
		all = append(all, seqs)
	}
	return all
}

func intentOf(seq int) entry { return entry{record: record{Seq: seq}, last: seq} }
func recordOf(seq int) entry { return entry{record: record{Seq: seq}, last: -1} }

// What is wanted while a commit is on its way goes into the next one, together.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{took: 5 * time.Millisecond}
		w := newWriter(d.commit)
		var durable atomic.Int64
		for i := range 17 {
			go func() {
				b, err := w.intend(intentOf(i))
				ok(t, err)
				<-b.done
				ok(t, b.err)
				durable.Add(1)
			}()
			synctest.Wait() // the first is on its way before the others come
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		equal(t, durable.Load(), 17)
		equal(t, len(d.seqs()), 2)
		equal(t, len(d.seqs()[1]), 16)
		ok(t, w.close())
	})
}

// Records wait for an intent, but not for long, and together.
func TestRecordsWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		w := newWriter(d.commit)
		for i := range 5 {
			ok(t, w.record(recordOf(i)))
			time.Sleep(flushAfter / 10)
		}
		equal(t, d.seqs(), nil)
		time.Sleep(flushAfter)
		equal(t, d.seqs(), [][]int{{0, 1, 2, 3, 4}})

		ok(t, w.record(recordOf(5)))
		b, err := w.intend(intentOf(6))
		ok(t, err)
		<-b.done
		equal(t, d.seqs()[1:], [][]int{{5, 6}})

		began := time.Now()
		for i := range 30 { // one after the other, for longer than a record may wait
			ok(t, w.record(recordOf(7+i)))
			time.Sleep(flushAfter / 10)
		}
		if n := len(d.seqs()); n < 4 {
			t.Errorf("%d commits after %s of records", n, time.Since(began))
		}
		ok(t, w.record(recordOf(100)))
		ok(t, w.close())
		last := d.seqs()[len(d.seqs())-1]
		equal(t, last[len(last)-1], 100)
	})
}

// Who records faster than the disk takes it waits, so that memory is bounded.
func TestManyRecordsWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{took: time.Second}
		w := newWriter(d.commit)
		began := time.Now()
		for i := range 3*most + 1 {
			ok(t, w.record(recordOf(i)))
		}
		equal(t, time.Since(began), 3*time.Second)
		ok(t, w.close())
		for _, c := range d.seqs() {
			if len(c) > most {
				t.Errorf("%d entries in one commit", len(c))
			}
		}
	})
}

// A commit that fails refuses its intents and keeps its records.
func TestFailedCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("the disk is full")
		d := &disk{err: full}
		w := newWriter(d.commit)
		ok(t, w.record(recordOf(1)))
		b, err := w.intend(intentOf(2))
		ok(t, err)
		<-b.done
		equal(t, errors.Is(b.err, full) && b.refused(), true)
		if err := w.record(recordOf(3)); !errors.Is(err, full) {
			t.Error("a record does not tell that the last commit failed:", err)
		}
		if err := w.drain(); !errors.Is(err, full) {
			t.Error("a drain does not tell it:", err)
		}
		d.fail(nil) // somebody made room
		time.Sleep(2 * flushAfter)
		equal(t, d.seqs(), [][]int{{1, 3}})
		ok(t, w.record(recordOf(4)))
		ok(t, w.drain())
		d.fail(full)
		ok(t, w.record(recordOf(5)))
		if err := w.close(); !errors.Is(err, full) {
			t.Error("a close that wrote nothing says nothing:", err)
		}
		if _, err := w.intend(intentOf(6)); !errors.Is(err, errClosed) {
			t.Error(err)
		}
		if err := w.record(recordOf(6)); !errors.Is(err, errClosed) {
			t.Error(err)
		}
	})
}

// covering is a coverage of n operations in one phase, and what it has written.
type covering struct {
	coverage
	intents [][2]int
	err     error
}

func newCovering(phases ...int8) *covering {
	c := &covering{}
	for _, p := range phases {
		c.add(covered{phase: p})
	}
	return c
}

func (c *covering) want(seq, ahead int) (*batch, error) {
	return c.intend(seq, ahead, func(first, last int) (*batch, error) {
		c.intents = append(c.intents, [2]int{first, last})
		b := newBatch()
		b.err = c.err
		close(b.done)
		return b, nil
	})
}

// An intent reaches as far as operations were sent of late, within the phase.
func TestReach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCovering(make([]int8, 400)...)
		send := func(from, to int, pace time.Duration) {
			for seq := from; seq < to; seq++ {
				_, err := c.want(seq, 64)
				ok(t, err)
				c.record(seq, 1, false)
				time.Sleep(pace)
			}
		}
		send(0, 200, 10*time.Millisecond) // 100 a second
		equal(t, c.intents, [][2]int{{0, 0}, {1, 2}, {3, 6}, {7, 14}, {15, 30}, {31, 62}, {63, 126}, {127, 190}, {191, 254}})
		c.intents = nil
		send(200, 319, 2*time.Second)
		equal(t, c.intents, [][2]int{{255, 286}, {287, 302}, {303, 310}, {311, 314}, {315, 316}, {317, 317}, {318, 318}})
	})
}

// An intent ends where its phase does and before what is on record.
func TestReachEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCovering(0, 0, 0, 1, 1, recorded, 1, 1)
		c.reach = 64
		for seq := range 8 {
			_, err := c.want(seq, 64)
			ok(t, err)
		}
		equal(t, c.intents, [][2]int{{0, 2}, {3, 4}, {5, 5}, {6, 7}})

		c.intents = nil
		c.record(0, 1, false)
		c.record(1, 1, true) // withheld after all
		_, err := c.want(0, 64)
		ok(t, err)
		equal(t, c.intents, [][2]int{{0, 0}})
		_, err = c.want(0, 64)
		ok(t, err)
		equal(t, len(c.intents), 1)

		exact := newCovering(0, 0, 0)
		for seq := range 3 {
			_, err := exact.want(seq, 1)
			ok(t, err)
		}
		equal(t, exact.intents, [][2]int{{0, 0}, {1, 1}, {2, 2}})
	})
}

// What a refused intent covered is not covered.
func TestRefusedIntentCoversNothing(t *testing.T) {
	t.Parallel()
	c := newCovering(0, 0, 0)
	c.reach, c.err = 64, errors.New("the disk is full")
	b, err := c.want(0, 64)
	ok(t, err)
	equal(t, b.refused(), true)
	c.err = nil
	for _, seq := range []int{1, 0} {
		b, err := c.want(seq, 64)
		ok(t, err)
		equal(t, b.refused(), false)
	}
	equal(t, c.intents, [][2]int{{0, 2}, {1, 2}, {0, 0}})
	equal(t, c.stands(2, 0), false)
	c.record(2, 7, false)
	equal(t, []bool{c.stands(2, 7), c.stands(2, 8)}, []bool{true, false})
}
