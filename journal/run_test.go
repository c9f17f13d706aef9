package journal

import (
	"testing"

	"accountsync/sync"
)

func TestRunIsLoadedAsItEnded(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, h, s := begin(t, j, 1, 6)
	for _, op := range s.Operations[:4] {
		send(t, r, op)
	}
	verify(t, r, s.Operations[0])
	s.Operations[5].Reason = "guard removals said no" // nobody recorded that
	s.Notes = []string{"a note"}
	h.Requests.Total = 17
	want := end(t, r, h, s, sync.Partial)

	stored := load(t, j, h.Run)
	equal(t, stored.Result, want)
	equal(t, stored.Parts, []Part{{Schema: accountSchema, Settings: settings, Begun: true, Ended: true}})
	equal(t, stored.Ended(), true)
	equal(t, load(t, j, Last), stored)
	equal(t, load(t, j, h.Run[:12]), stored)
}

func TestRunThatDidNotEnd(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	j.Ahead = 1
	r, h, s := begin(t, j, 1, 6)
	send(t, r, s.Operations[0])
	verify(t, r, s.Operations[0])
	send(t, r, s.Operations[1])
	ok(t, r.Intend(t.Context(), s.Operations[2]))
	ok(t, r.Close())

	stored := load(t, j, h.Run)
	equal(t, stored.Ended(), false)
	equal(t, stored.Result.Outcome, sync.Interrupted)
	ops := stored.Result.Sources[0].Operations
	equal(t, states(ops), []sync.State{sync.Verified, sync.Accepted, sync.Failed, sync.Withheld, sync.Withheld, sync.Withheld})
	equal(t, ops[:2], s.Operations[:2])
	lost := *s.Operations[2]
	lost.State, lost.Sent, lost.Lost, lost.Reason, lost.Error = sync.Failed, true, true, "", unanswered
	equal(t, ops[2], &lost)
	for i, op := range ops[3:] {
		never := *s.Operations[3+i]
		never.Reason = neverSent
		equal(t, op, &never)
	}
}
