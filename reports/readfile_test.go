package reports

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/sync"
)

// planned writes the fixture as a plan and opens it.
func planned(t *testing.T, r *fake) (path string, plan *File) {
	t.Helper()
	files := NewFiles(t.TempDir(), r.Run)
	if err := files.WritePlan(context.Background(), r.run()); err != nil {
		t.Fatal(err)
	}
	path = files.Path(PlanName(r.Run))
	plan, err := OpenPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plan.Close() })
	return path, plan
}

// A plan on paper fits its schema, and is shown as the record it was made of.
func TestPlanFile(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	r.Outcome, r.ExitCode, r.KeptRows = sync.Planned, 0, nil
	for _, op := range r.Operations {
		op.State, op.Attempts, op.HTTP, op.Task, op.TaskStatus, op.Error = sync.Withheld, 0, 0, "", "", ""
	}
	tally(r, 3)
	path, plan := planned(t, r)
	validFile(t, "plan", path)
	for _, render := range []renderer{Plan, Table} {
		if got, want := rendered(t, render, plan, Options{Width: 80}), rendered(t, render, r, Options{Width: 80}); got != want {
			t.Errorf("from paper it is\n%s\nand not\n%s", got, want)
		}
	}
	if got, want := resultCSV(t, plan), resultCSV(t, r); got != want {
		t.Errorf("from paper it is\n%s\nand not\n%s", got, want)
	}
}

// One that was edited or cut short is refused.
func TestPlanFileEdited(t *testing.T) {
	t.Parallel()
	path, _ := planned(t, everyState(t))
	text := textOf(t, path)
	for name, change := range map[string]string{"edited": strings.Replace(text, "Paris", "Pariz", 1), "cut": text[:len(text)/2], "empty": ""} {
		if err := os.WriteFile(path, []byte(change), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenPlan(path); !errors.Is(err, sync.ErrEdited) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := OpenPlan(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestForAccount(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	r.Rejected = append(r.Rejected, account.Rejected{Line: 20, Key: "twice", Reason: "duplicate key"})
	for name, want := range map[string]string{"put.bob": "~ put put.bob", "acc-11": "~ put put.bob", "acc-1": "+ create new.anna", "acc-901": "orphan orphan.1",
		"orphan.2": "orphan orphan.2", "kept.2": "= unchanged kept.2", "twice": "! rejected twice"} {
		one, err := r.run().ForAccount(context.Background(), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := showed(t, one, Options{}); !strings.Contains(text, want) || strings.Count(text, "state  ")+strings.Count(text, "reason  ") > 1 {
			t.Errorf("%s: no %q, or more than it, in\n%s", name, want, text)
		}
	}
	r.Operations[4].Native = "put.bob's"
	r.Operations[5].Native = "put.bob's"
	for name, want := range map[string]string{"put.bab": `nothing has the key "put.bab"; did you mean "put.bob"?`, "": `nothing has the key ""`,
		"xyzzy-12345": `nothing has the key "xyzzy-12345"`, "put.bob's": `"put.bob's" is an account id or a native identity of several keys: ["put.eve" "put.stale"]`} {
		var unknown *NameError
		if _, err := r.run().ForAccount(context.Background(), name); !errors.As(err, &unknown) || err.Error() != want {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

// A record that cannot be read to its end gives no report, and leaves the ones
// that are there as they are.
func TestUnreadableRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeAll(dir, everyState(t)); err != nil {
		t.Fatal(err)
	}
	before := textOf(t, filepath.Join(dir, ResultJSON))
	r := &Run{Reader: damagedReader{memory{everyState(t)}}}
	err := NewFiles(dir, "other").WriteAll(context.Background(), r)
	if !errors.Is(err, sync.ErrDamaged) || textOf(t, filepath.Join(dir, ResultJSON)) != before {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".result*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
	for _, format := range Formats() {
		if err := Write(context.Background(), new(strings.Builder), format, &Run{Reader: damagedReader{memory{everyState(t)}}}, Options{}); !errors.Is(err, sync.ErrDamaged) && format != "metrics" {
			t.Errorf("%s: got %v", format, err)
		}
	}
}
