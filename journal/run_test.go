package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// What is planned in any order is read in the order of phase and key, by pages
// and filters, and counted.
func TestOperationsInTheirOrder(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		begin(t, s, 0, 7) // another run beside it
		r := begin(t, s, 1, 2*page+1)
		ops := operations(t, r, sync.Filter{})
		equal(t, len(ops), 2*page+1)
		if !slices.IsSortedFunc(ops, func(a, b *sync.Operation) int {
			return strings.Compare(fmt.Sprint(a.Phase(), a.Key), fmt.Sprint(b.Phase(), b.Key))
		}) {
			t.Error("the operations are not in their order")
		}
		phase := sync.PhaseDelete
		equal(t, len(operations(t, r, sync.Filter{Phase: &phase})), 334)
		equal(t, operations(t, r, sync.Filter{After: 10, Limit: 5})[4].Row.Place, 15)
		equal(t, len(operations(t, r, sync.Filter{Ops: []diff.Op{diff.Put, diff.Create}})), 667)
		equal(t, operations(t, r, sync.Filter{Name: ops[3].Key})[0], ops[3])
		put := operations(t, r, sync.Filter{Ops: []diff.Op{diff.Put}, Limit: 1})[0]
		equal(t, operations(t, r, sync.Filter{Name: put.Account})[0], put)
		counts, err := r.Counts(t.Context())
		ok(t, err)
		equal(t, counts, []sync.Count{
			{Op: diff.Create, State: sync.Withheld, N: 333}, {Op: diff.Delete, State: sync.Withheld, N: 334}, {Op: diff.Put, State: sync.Withheld, N: 334},
		})
	})
}

// An operation stands as it was intended, then as it was settled, for every
// reader.
func TestIntendSettle(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		r := begin(t, s, 1, 9)
		ops := operations(t, r, sync.Filter{})
		ok(t, r.Intend(t.Context(), ops[0], ops[1]))
		equal(t, ops[0].Ambiguous, true)
		reader, err := s.Read(t.Context(), runID(1))
		ok(t, err)
		stored := operations(t, reader, sync.Filter{Codes: []sync.Code{sync.CodeNoAnswer}})
		equal(t, stored, ops[:2])
		op := ops[0]
		op.State, op.Reason, op.Ambiguous, op.HTTP, op.Created = sync.Accepted, sync.Reason{}, false, 202, "new"
		ok(t, r.Settle(t.Context(), op))
		equal(t, operations(t, reader, sync.Filter{Name: "new"}), ops[:1])

		again := *ops[2]
		ok(t, r.Settle(t.Context(), ops[2]))
		if err := r.Intend(t.Context(), &again); !errors.Is(err, sync.ErrFenced) {
			t.Errorf("an intent on an old version gave %v", err)
		}
		ok(t, r.Intend(t.Context(), operations(t, r, sync.Filter{After: 2, Limit: 1})...))

		head := r.Head()
		head.Outcome, head.Finished, head.ExitCode = sync.Partial, at(70), 3
		ok(t, r.End(t.Context(), head, true))
		reader, err = s.Read(t.Context(), runID(1))
		ok(t, err)
		equal(t, reader.Head(), head)
		equal(t, reader.Status(), sync.Status{ID: 1, Epoch: 1, Sealed: true, Ended: true})
	})
}

// Of two handles on one run the one that took it over last writes; the other
// can record neither an intent, nor an outcome, nor an end.
func TestFenced(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		first, second := open(t, state), open(t, state)
		old := begin(t, first, 1, 9)
		ops := operations(t, old, sync.Filter{})
		ok(t, old.Intend(t.Context(), ops[0]))
		now, err := second.TakeUp(t.Context(), runID(1))
		ok(t, err)
		for name, err := range map[string]error{
			"intend": old.Intend(t.Context(), ops[1]),
			"settle": old.Settle(t.Context(), ops[0]),
			"head":   old.SetHead(t.Context(), old.Head()),
			"end":    old.End(t.Context(), old.Head(), true),
		} {
			if !errors.Is(err, sync.ErrFenced) {
				t.Errorf("%s: %v", name, err)
			}
		}
		ok(t, now.Intend(t.Context(), operations(t, now, sync.Filter{States: []sync.State{sync.Withheld}})...))
		ok(t, now.Settle(t.Context(), ops[0]))
		ok(t, now.End(t.Context(), now.Head(), true))
	})
}

// Whoever takes the lock on a source fences off what others left open of it, a
// run that is planned no less than one that writes.
func TestLockFencesRunsOfTheSource(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		first, second := open(t, state), open(t, state)
		request := LockRequest{Tenant: tenant, Client: "client", SourceID: sourceID, Run: runID(1)}
		lock, err := first.Lock(t.Context(), request)
		ok(t, err)
		r := begin(t, first, 1, 3)
		plan := head(9)
		plan.Writes = false
		planning, err := second.Begin(t.Context(), plan)
		ok(t, err)
		ok(t, r.Intend(t.Context(), operations(t, r, sync.Filter{Limit: 1})...))

		// The same source: at once. Another one of the client: it waits, and says for whom.
		var held *HeldError
		request.Run, request.Wait = runID(2), time.Hour
		if _, err := second.Lock(t.Context(), request); !errors.As(err, &held) || !held.Source || held.Holder.Run != runID(1) || held.Holder.PID != os.Getpid() {
			t.Fatalf("got %v", err)
		}
		request.SourceID, request.Wait = "other", 0
		if _, err := second.Lock(t.Context(), request); !errors.As(err, &held) || held.Source {
			t.Fatalf("got %v", err)
		}
		waited := make(chan Holder, 1)
		request.Wait, request.Waiting = time.Hour, func(h Holder) { waited <- h }
		got := make(chan error, 1)
		go func() {
			l, err := second.Lock(context.Background(), request)
			if err == nil {
				err = l.Unlock()
			}
			got <- err
		}()
		equal(t, (<-waited).Run, runID(1))
		ok(t, lock.Unlock())
		ok(t, <-got)

		request.SourceID = sourceID
		lock, err = second.Lock(t.Context(), request)
		ok(t, err)
		if err := r.Intend(t.Context(), operations(t, r, sync.Filter{After: 1, Limit: 1})...); !errors.Is(err, sync.ErrFenced) {
			t.Errorf("after the lock was taken: %v", err)
		}
		ok(t, planning.Seal(t.Context(), plan))
		ok(t, lock.Unlock())
	})
}

// A later run that ended supersedes those before it of its source.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		begin(t, s, 1, 3)
		other := head(2)
		other.Source.ID = "other"
		_, err := s.Begin(t.Context(), other)
		ok(t, err)
		r := begin(t, s, 3, 3)
		ok(t, r.End(t.Context(), r.Head(), true))
		for n, want := range map[int]string{1: runID(3), 2: "", 3: ""} {
			r, err := s.Read(t.Context(), runID(n))
			ok(t, err)
			equal(t, r.Status().SupersededBy, want)
		}
	})
}

// childDir, when set, makes the test binary a process that writes to the store
// in that directory until it is killed.
const childDir = "STORE_TEST_CHILD"

const childOperations = 1_500

// child says of each operation that it is about to be sent.
func child(dir string) error {
	s, err := Open(context.Background(), dir)
	if err != nil {
		return err
	}
	ctx := context.Background()
	r, err := s.Begin(ctx, head(1))
	if err != nil {
		return err
	}
	for i := range childOperations {
		if err := r.AddOperations(ctx, operation(i)); err != nil {
			return err
		}
	}
	if err := r.Seal(ctx, head(1)); err != nil {
		return err
	}
	for op, err := range r.Operations(ctx, sync.Filter{}) {
		if err == nil {
			err = r.Intend(ctx, op)
		}
		if err != nil {
			return err
		}
		fmt.Println(op.Row.Place)
		time.Sleep(200 * time.Microsecond) // or all is sent before the other end reads
		op.State, op.Reason, op.Ambiguous = sync.Accepted, sync.Reason{}, false
		if err := r.Settle(ctx, op); err != nil {
			return err
		}
	}
	return fmt.Errorf("all was sent")
}

// A process is killed in the middle: what it said it was about to send is on
// record, nothing else is, and another one goes on with it.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), childDir+"="+state)
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		ok(t, err)
		ok(t, c.Start())
		last := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			last, err = strconv.Atoi(lines.Text())
			ok(t, err)
			if last == 200 {
				ok(t, c.Process.Kill())
			}
		}
		if err := c.Wait(); err == nil || c.ProcessState.Exited() {
			t.Fatalf("the process was not killed: %v", err)
		}
		s := open(t, state)
		r, err := s.TakeUp(t.Context(), runID(1))
		ok(t, err)
		ops := operations(t, r, sync.Filter{})
		equal(t, len(ops), childOperations)
		for i, op := range ops {
			switch {
			case i < last-1 && op.State != sync.Accepted, i == last-1 && !op.Sent:
				t.Errorf("operation %d of %d may have been sent, and its record says %s", i+1, last, op.State)
			case i > last && op.Sent: // one more may be on record that was not said yet
				t.Errorf("operation %d was not sent, %d was the last", i+1, last)
			}
		}
		ok(t, r.Intend(t.Context(), ops[last+1]))
	})
}
