package journal

import (
	"sync"
	"time"
)

// coverage knows which operations of a part an intent covers, and what is on
// record of each.
type coverage struct {
	mu    sync.Mutex
	ops   []covered
	reach int       // how many operations the next intent covers
	since time.Time // when the last intent was made
}

// covered is what coverage knows of one operation.
type covered struct {
	intent *batch // since its last record; nil when there is none
	digest uint64 // of what is on record; 0 where an intent has got no answer
	phase  int8   // in which it is sent; recorded when that is over
}

// recorded is the phase of an operation that only its own intent covers.
const recorded = -1

// busyAfter and idleAfter are how soon an intent must be used up to let the
// next one reach farther, and how late to make it fall short.
const (
	busyAfter = 750 * time.Millisecond
	idleAfter = 1500 * time.Millisecond
)

func (c *coverage) add(o covered) { c.ops = append(c.ops, o) }

// intend gives the batch whose intent covers the operation. Where there is none
// it has one written that covers the operations after it too, as many as were
// sent of late in about a second.
func (c *coverage) intend(seq, ahead int, write func(first, last int) (*batch, error)) (*batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.ops[seq].intent; b != nil && !b.refused() {
		return b, nil
	}
	c.adapt(time.Now(), ahead)
	last := seq
	for last+1 < len(c.ops) && last+1-seq < c.reach && c.follows(seq, last+1) {
		last++
	}
	b, err := write(seq, last)
	if err != nil {
		return nil, err
	}
	for i := seq; i <= last; i++ {
		c.ops[i].intent = b
	}
	return b, nil
}

// follows reports whether an intent for one operation may cover the other.
func (c *coverage) follows(seq, next int) bool {
	o := c.ops[next]
	return o.phase != recorded && o.phase == c.ops[seq].phase && (o.intent == nil || o.intent.refused())
}

// adapt sets the reach to how fast operations are sent.
func (c *coverage) adapt(now time.Time, ahead int) {
	switch gone := now.Sub(c.since); {
	case gone < busyAfter:
		c.reach *= 2
	case gone > idleAfter:
		c.reach /= 2
	}
	c.reach = max(1, min(c.reach, ahead))
	c.since = now
}

// record notes what is on record of an operation from now on.
func (c *coverage) record(seq int, digest uint64, unsent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &c.ops[seq]
	o.intent, o.digest = nil, digest
	if !unsent {
		o.phase = recorded
	}
}

// stands reports whether that digest is all there is to say of an operation.
func (c *coverage) stands(seq int, digest uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ops[seq].intent == nil && c.ops[seq].digest == digest
}
