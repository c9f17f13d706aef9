package store

import "sync"

// queue gathers what several goroutines change at the same time into one
// durable transaction: while one is on its way to the disk, the next one fills.
type queue struct {
	turn sync.Mutex // held for a transaction
	mu   sync.Mutex
	jobs []*job
}

// job is what one goroutine waits for.
type job struct {
	changes []change
	done    bool
	err     error
}

// do returns once the changes are durable, or refused: all of them, or none.
func (q *queue) do(changes []change, write func([]change) error) error {
	if len(changes) == 0 {
		return nil
	}
	j := &job{changes: changes}
	q.mu.Lock()
	q.jobs = append(q.jobs, j)
	q.mu.Unlock()
	q.turn.Lock()
	defer q.turn.Unlock()
	if j.done {
		return j.err
	}
	q.mu.Lock()
	jobs := q.jobs
	q.jobs = nil
	q.mu.Unlock()
	var all []change
	for _, j := range jobs {
		all = append(all, j.changes...)
	}
	err := write(all)
	for _, one := range jobs {
		one.done, one.err = true, err
		if err != nil && len(jobs) > 1 { // so that an error is of who caused it
			one.err = write(one.changes)
		}
	}
	return j.err
}
