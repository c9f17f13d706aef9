package journal

import (
	"errors"
	"fmt"
	"testing"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// addAll adds n operations and an entry of each kind for every one of them.
func addAll(t *testing.T, r *Run, n int) {
	t.Helper()
	ctx := t.Context()
	for i := range n {
		key := fmt.Sprintf("E%05d", i)
		op := operation(3 * i) // a put
		op.Key = key
		more := operation(3 * i) // and a change of its state
		more.Op, more.Key = diff.Disable, key
		ok(t, r.AddOperations(ctx, op, more))
		ok(t, r.AddRejected(ctx, account.Rejected{Line: i + 2, Key: key, Reason: "no", Offset: -1}))
		ok(t, r.AddOrphans(ctx, diff.Orphan{Key: key, AccountID: key}))
		ok(t, r.AddAbsences(ctx, diff.Absence{AccountID: key, NativeIdentity: key, Since: at(0)}))
	}
}

func count[T any](t *testing.T, all func(func(T, error) bool)) (n int) {
	t.Helper()
	for _, err := range all {
		ok(t, err)
		n++
	}
	return n
}

// What is withdrawn is gone, written already or not; all else stays, and the
// plan can be sealed, read again and written as a plan.json.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		ctx := t.Context()
		s := open(t, state)
		s.batch = 100
		other := begin(t, s, 0, 7)
		h := head(1)
		r, err := s.Begin(ctx, h)
		ok(t, err)
		addAll(t, r, 2*page)
		var keys []string
		for i := 0; i < 2*page; i += 2 {
			keys = append(keys, fmt.Sprintf("E%05d", i))
		}
		keys = append(keys, operations(t, other, sync.Filter{})[0].Key, "nobody")
		ok(t, r.Withdraw(ctx, keys...))
		ok(t, r.Withdraw(ctx))
		ok(t, r.DropAbsences(ctx))
		late := operation(0)
		late.Key = "E00000" // added afterwards: it stays
		ok(t, r.AddOperations(ctx, late))
		ok(t, r.AddAbsences(ctx, diff.Absence{AccountID: "known", Since: at(0)}))
		ok(t, r.Seal(ctx, h))

		ops := operations(t, r, sync.Filter{})
		equal(t, len(ops), 2*page+1)
		seqs := map[int]bool{}
		for i, op := range ops {
			equal(t, op.Row.Place, int64(i+1))
			if seqs[op.Seq] || op.Key != "E00000" && (op.Key[5]-'0')%2 == 0 {
				t.Fatalf("%s %s, seq %d", op.Op, op.Key, op.Seq)
			}
			seqs[op.Seq] = true
		}
		equal(t, count(t, r.Rejected(ctx)), 2*page)
		equal(t, count(t, r.Orphans(ctx)), 2*page)
		equal(t, count(t, r.Absences(ctx)), 1)
		equal(t, len(operations(t, other, sync.Filter{})), 7)
		ops[0].State = sync.Verified
		ok(t, r.Settle(ctx, ops[0]))
		again, err := s.Read(ctx, h.Run)
		ok(t, err)
		equal(t, len(operations(t, again, sync.Filter{})), 2*page+1)
	})
}

// A plan that was cleared is as one that was never begun.
func TestClear(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		ctx := t.Context()
		s := open(t, state)
		s.batch = 100
		other := begin(t, s, 0, 7)
		h := head(1)
		r, err := s.Begin(ctx, h)
		ok(t, err)
		addAll(t, r, 333)
		ok(t, r.Withdraw(ctx, "E00000"))
		ok(t, r.Clear(ctx))
		addAll(t, r, 3) // under the same numbers
		ok(t, r.Seal(ctx, h))
		ops := operations(t, r, sync.Filter{})
		equal(t, len(ops), 6)
		equal(t, ops[0].Seq, 0)
		for _, n := range []int{count(t, r.Rejected(ctx)), count(t, r.Orphans(ctx)), count(t, r.Absences(ctx))} {
			equal(t, n, 3)
		}
		equal(t, len(operations(t, other, sync.Filter{})), 7)

		for _, err := range []error{r.Clear(ctx), r.Withdraw(ctx, "E00000"), r.DropAbsences(ctx)} {
			if err == nil {
				t.Error("a sealed plan was taken back")
			}
		}
		equal(t, len(operations(t, r, sync.Filter{})), 6)
	})
}

// Who lost the run takes nothing back.
func TestClearFenced(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		ctx := t.Context()
		s := open(t, state)
		s.batch = 1
		r, err := s.Begin(ctx, head(1))
		ok(t, err)
		addAll(t, r, 3)
		_, err = s.TakeUp(ctx, head(1).Run)
		ok(t, err)
		for _, err := range []error{r.Clear(ctx), r.Withdraw(ctx, "E00000"), r.DropAbsences(ctx)} {
			if !errors.Is(err, sync.ErrFenced) {
				t.Errorf("got %v", err)
			}
		}
	})
}
