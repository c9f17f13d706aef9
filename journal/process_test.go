package journal

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"accountsync/sync"
)

// childDir, when set, makes the test binary a process that writes to the
// journal in that directory until it is killed.
const childDir = "JOURNAL_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir, os.Getenv("JOURNAL_TEST_RUN")))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const childOperations = 1_500

// child says of each operation that it is about to be sent.
func child(dir, run string) error {
	j, err := Open(dir)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(run)
	if err != nil {
		return err
	}
	s := newSource(childOperations)
	r, err := j.Begin(context.Background(), head(n), s, accountSchema, settings)
	if err != nil {
		return err
	}
	for _, op := range s.Operations {
		if err := r.Intend(context.Background(), op); err != nil {
			return err
		}
		fmt.Println(op.Seq)
		time.Sleep(500 * time.Microsecond) // or all is sent before the other end reads
		op.Sent, op.State, op.Reason = true, sync.Accepted, ""
		if err := r.Record(op); err != nil {
			return err
		}
	}
	return fmt.Errorf("all was sent")
}

// killedAfter starts a child and kills it once it has said that many
// operations. It gives the last one it said.
func killedAfter(t *testing.T, dir string, run, n int) (last int) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childDir+"="+dir, "JOURNAL_TEST_RUN="+strconv.Itoa(run))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	ok(t, err)
	ok(t, c.Start())
	lines := bufio.NewScanner(out)
	for i := 0; lines.Scan(); i++ {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if i == n {
			ok(t, c.Process.Kill())
		}
	}
	if err := c.Wait(); err == nil || c.ProcessState.Exited() {
		t.Fatalf("the process was not killed: %v", err)
	}
	return last
}

// Two processes that write to one journal are killed; what they said they were
// about to send is on record, and a third goes on with it.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for run, after := range []int{0, 300} {
		t.Run(strconv.Itoa(after), func(t *testing.T) {
			t.Parallel()
			last := killedAfter(t, dir, run, after)
			j := openJournal(t, dir)
			stored, err := j.Load(t.Context(), runID(run))
			ok(t, err)
			ops := stored.Result.Sources[0].Operations
			equal(t, len(ops), childOperations)
			for _, op := range ops[:last+1] {
				if !op.Sent {
					t.Fatalf("operation %d of %d may have been sent, and its record says %s", op.Seq, last, op.State)
				}
			}
			if n := last + 2*DefaultAhead; n < len(ops) && ops[n].Sent {
				t.Errorf("operation %d was sent after the last one, %d", n, last)
			}
			r, err := j.Resume(t.Context(), runID(run), sourceID)
			ok(t, err)
			ok(t, r.Intend(t.Context(), ops[last+1]))
			ok(t, r.Close())
		})
	}
}
