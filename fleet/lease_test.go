package fleet

import (
	"testing"
	"testing/synctest"
	"time"
)

// A lease that ran out stays so, although the answer to a beat comes late: what
// was refused meanwhile has ended the turn as one of somebody else's run.
func TestLeaseStaysLapsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &lease{}
		l.extend(time.Now(), time.Minute)
		time.Sleep(59 * time.Second)
		if !l.mine() {
			t.Error("lapsed before its time")
		}
		l.extend(time.Now(), time.Minute)
		time.Sleep(59 * time.Second)
		beat := time.Now()
		if !l.mine() {
			t.Error("not extended")
		}
		time.Sleep(2 * time.Second)
		if l.mine() {
			t.Error("not lapsed")
		}
		l.extend(beat, time.Minute)
		if l.mine() {
			t.Error("it came back")
		}
	})
}
