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
func planned(t *testing.T, r *fake) (path string, plan *Run) {
	t.Helper()
	files := NewFiles(t.TempDir(), r.Run)
	if err := files.WritePlan(context.Background(), r.run()); err != nil {
		t.Fatal(err)
	}
	path = files.Path(PlanName(r.Run))
	file, err := sync.OpenPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	if plan, err = ReadPlan(file); err != nil {
		t.Fatal(err)
	}
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

// What is shown is the file that was opened: one that is put in its place is not
// seen, and one that is edited in place is refused.
func TestPlanFileIsTheOneOpened(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	path, _ := planned(t, r)
	text := textOf(t, path)
	file, err := sync.OpenPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	other := path + ".new"
	if err := errors.Join(os.WriteFile(other, []byte("{}"), 0o600), os.Rename(other, path)); err != nil {
		t.Fatal(err)
	}
	plan, err := ReadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rendered(t, Plan, plan, Options{Width: 80}), rendered(t, Plan, r, Options{Width: 80}); got != want {
		t.Errorf("it shows\n%s\nand not\n%s", got, want)
	}
	path, _ = planned(t, r)
	if file, err = sync.OpenPlan(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	if err := os.WriteFile(path, []byte(strings.Replace(text, "Paris", "Pariz", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPlan(file); !errors.Is(err, sync.ErrEdited) {
		t.Errorf("edited in place: %v", err)
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
