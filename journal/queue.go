package journal

import (
	"context"
	"slices"
)

// queue gathers what several goroutines change at the same time into one
// durable transaction: while one is on its way to the disk, the next one fills.
type queue struct {
	turn chan struct{} // holds an element during a transaction
	mu   mutex
	jobs []*job
}

func newQueue() queue { return queue{turn: make(chan struct{}, 1)} }

// job is what one goroutine waits for.
type job struct {
	ctx     context.Context
	changes []change
	done    chan struct{}
	err     error // once done
}

// do returns once the changes are durable, or refused: all of them, or none. A
// context that ends takes them back as long as nobody has begun to write them.
func (q *queue) do(ctx context.Context, changes []change, write func(context.Context, []change) error) error {
	if len(changes) == 0 {
		return nil
	}
	j := &job{ctx: ctx, changes: changes, done: make(chan struct{})}
	q.mu.Lock()
	q.jobs = append(q.jobs, j)
	q.mu.Unlock()
	select {
	case q.turn <- struct{}{}:
		q.lead(write)
		<-q.turn
	case <-j.done:
	case <-ctx.Done():
		if q.withdraw(j) {
			return ctx.Err()
		}
	}
	<-j.done
	return j.err
}

// lead writes what has gathered.
func (q *queue) lead(write func(context.Context, []change) error) {
	q.mu.Lock()
	jobs := q.jobs
	q.jobs = nil
	q.mu.Unlock()
	if len(jobs) == 0 {
		return
	}
	var all []change
	for _, j := range jobs {
		all = append(all, j.changes...)
	}
	err := write(jobs[0].ctx, all)
	for _, j := range jobs {
		j.err = err
		if err != nil && len(jobs) > 1 { // so that an error is of who caused it
			j.err = write(j.ctx, j.changes)
		}
		close(j.done)
	}
}

// withdraw takes a job back that nobody has begun to write.
func (q *queue) withdraw(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.jobs, j)
	if i >= 0 {
		q.jobs = slices.Delete(q.jobs, i, i+1)
	}
	return i >= 0
}
