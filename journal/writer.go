package journal

import (
	"slices"
	"sync"
	"time"
)

// flushAfter is how long a record may wait for an intent to share a
// transaction with. Each transaction costs as much CPU time as a hundred records do.
const flushAfter = 1250 * time.Millisecond

// writer gathers what several workers write at the same time into one durable
// transaction: while one is on its way to the disk, the next one fills up.
type writer struct {
	commit func([]entry) error
	urgent chan struct{} // somebody waits for the batch
	lazy   chan struct{} // the batch has a first record
	stop   chan struct{}
	gone   chan struct{}

	mu     sync.Mutex
	batch  *batch
	failed error // of the last transaction
	closed bool
}

// batch is one transaction.
type batch struct {
	entries []entry
	done    chan struct{}
	err     error // once done
}

// refused reports whether the batch could not be written.
func (b *batch) refused() bool {
	select {
	case <-b.done:
		return b.err != nil
	default:
		return false
	}
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

func newWriter(commit func([]entry) error) *writer {
	w := &writer{commit: commit, batch: newBatch(), urgent: make(chan struct{}, 1), lazy: make(chan struct{}, 1),
		stop: make(chan struct{}), gone: make(chan struct{})}
	go w.loop()
	return w
}

func (w *writer) loop() {
	defer close(w.gone)
	timer := time.NewTimer(flushAfter)
	timer.Stop()
	for {
		select {
		case <-w.lazy:
			timer.Reset(flushAfter)
			continue
		case <-w.urgent:
		case <-timer.C:
		case <-w.stop:
			w.flush()
			return
		}
		timer.Stop()
		w.flush()
	}
}

// flush writes the batch. When that fails its intents are refused; its records
// go into the next batch, so that nothing is lost once there is room again.
func (w *writer) flush() {
	w.mu.Lock()
	b := w.batch
	w.batch = newBatch()
	w.mu.Unlock()
	if len(b.entries) > 0 {
		b.err = w.commit(b.entries)
	}
	w.mu.Lock()
	if w.failed = b.err; b.err != nil {
		kept := slices.DeleteFunc(b.entries, entry.isIntent)
		if w.batch.entries = append(kept, w.batch.entries...); len(w.batch.entries) > 0 {
			wake(w.lazy) // and try again
		}
	}
	w.mu.Unlock()
	b.entries = nil
	close(b.done)
}

// intend adds an intent to the batch that is next. It is durable once the
// batch is done.
func (w *writer) intend(e entry) (*batch, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, errClosed
	}
	w.batch.entries = append(w.batch.entries, e)
	wake(w.urgent)
	return w.batch, nil
}

// most is how many entries a batch holds before who adds one has to wait.
const most = 10_000

// record adds a record. The error is that of the last transaction.
func (w *writer) record(e entry) error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	b := w.batch
	b.entries = append(b.entries, e)
	n, failed := len(b.entries), w.failed
	switch n {
	case 1:
		wake(w.lazy)
	case most:
		wake(w.urgent)
	}
	w.mu.Unlock()
	if n < most || failed != nil {
		return failed
	}
	<-b.done
	return b.err
}

// drain waits until everything added before it is written.
func (w *writer) drain() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	b := w.batch
	wake(w.urgent)
	w.mu.Unlock()
	<-b.done
	return b.err
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // the writer is awake already
	}
}

// close writes what is left and ends the writer.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	close(w.stop)
	<-w.gone
	return w.failed
}
