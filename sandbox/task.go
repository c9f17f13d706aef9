package sandbox

import (
	"cmp"
	"container/heap"
	"strconv"
	"time"
)

// Completion statuses of a task.
const (
	statusSuccess = "SUCCESS"
	statusError   = "ERROR"
)

// task is one asynchronous change. It is done by the first request that comes after its time.
type task struct {
	id, kind string
	source   *source
	native   string
	created  time.Time
	due      time.Time
	hidden   time.Time // until then its id is unknown; for ever when lost is set
	lost     bool
	forever  bool // never ends
	silent   bool // PATCH has no task that clients could ask for
	order    int
	effect   func(now time.Time) error // nil changes nothing

	done     bool
	status   string // preset by a fault, else set when done
	messages []string
	note     string // told when it succeeds
}

// taskBook holds all tasks; those that run are a heap by due time.
type taskBook struct {
	byID    map[string]*task
	all     []*task // in the order of creation
	running taskHeap
}

func newTaskBook() taskBook { return taskBook{byID: map[string]*task{}} }

// start enters a task into the book.
func (b *taskBook) start(t *task) {
	t.order = len(b.all)
	b.all = append(b.all, t)
	if !t.silent {
		b.byID[t.id] = t
	}
	if !t.forever {
		heap.Push(&b.running, t)
	}
}

// schedule starts a task as the call's fault allows, and gives it back.
func (s *Server) schedule(c *call, kind string, src *source, native string, effect func(time.Time) error) *task {
	c.entry.NativeIdentity = native
	s.accepted++
	t := &task{id: deriveID(s.store.seed, "task", strconv.Itoa(len(s.tasks.all)+1)), kind: kind, source: src, native: native,
		created: c.now, due: c.now.Add(s.config.taskDelay), effect: effect}
	switch f := c.fault; f.Kind {
	case FaultTaskFails:
		t.status, t.messages = cmp.Or(f.CompletionStatus, statusError), f.Messages
	case FaultTaskNeverEnds:
		t.forever = true
	case FaultTaskSlow:
		t.due = t.due.Add(time.Duration(f.Delay))
	case FaultTaskUnknown:
		t.hidden, t.lost = c.now.Add(time.Duration(f.Delay)), f.Delay == 0
	case FaultDiscard:
		t.lost = true
	}
	if c.fault.undone() {
		t.effect = nil
	}
	return t
}

// undone tells whether the work of a write that is answered 202 is never done.
func (f *Fault) undone() bool {
	return f.Kind == FaultTaskFails || f.Kind == FaultTaskNeverEnds || f.Kind == FaultVanish || f.Kind == FaultDiscard
}

// accept starts a task and answers 202 with its id.
func (s *Server) accept(t *task) (*reply, *problem) {
	s.tasks.start(t)
	s.settle(t.created)
	return jsonReply(202, append(append([]byte(`{"id":`), quote(nil, t.id)...), '}')), nil
}

// settle does all tasks whose time has come, in the order of their times.
func (s *Server) settle(now time.Time) {
	for len(s.tasks.running) > 0 && !s.tasks.running[0].due.After(now) {
		heap.Pop(&s.tasks.running).(*task).finish()
	}
}

// finish makes the change.
func (t *task) finish() {
	t.done = true
	if t.effect != nil {
		if err := t.effect(t.due); err != nil {
			t.status, t.messages = statusError, []string{err.Error()}
		}
	}
	t.status = cmp.Or(t.status, statusSuccess)
	t.effect = nil
}

// visible tells whether the task's id is known.
func (t *task) visible(now time.Time) bool {
	return !t.silent && !t.lost && !now.Before(t.hidden)
}

// taskHeap orders tasks by due time, then by creation.
type taskHeap []*task

func (h taskHeap) Len() int { return len(h) }
func (h taskHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].order < h[j].order
	}
	return h[i].due.Before(h[j].due)
}
func (h taskHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *taskHeap) Push(x any)   { *h = append(*h, x.(*task)) }
func (h *taskHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
