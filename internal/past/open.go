// Package past opens plans and runs that are over, to be looked at.
package past

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"
)

// find finds a run of the store by its name.
func find(ctx context.Context, st *journal.Store, name string) (string, error) {
	run, err := st.Find(ctx, name, journal.RunFilter{Writes: true}) // which is for last alone
	var unknown *journal.RunError
	if errors.As(err, &unknown) {
		return "", problem.Wrap(problem.Usage, err, unknown.Hint())
	}
	return run, exit.OfStore(err)
}

// Read opens a run for reading: by its id, a unique beginning of it, or last.
func Read(ctx context.Context, st *journal.Store, name string) (*journal.Run, error) {
	run, err := find(ctx, st, name)
	if err != nil {
		return nil, err
	}
	rec, err := st.Read(ctx, run)
	if err != nil {
		return nil, exit.OfStore(err)
	}
	return rec, nil
}

// OpenPlan opens a saved plan; one that was edited is stale.
func OpenPlan(path string) (*sync.PlanFile, error) {
	plan, err := sync.OpenPlan(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Errorf(problem.NoInput, "accountsync plan writes one", "%w", err)
	case errors.Is(err, sync.ErrEdited):
		return nil, problem.Errorf(problem.Stale, "plan again: a plan is applied as it was made, or not at all", "%w", err)
	case err != nil:
		return nil, problem.Errorf(problem.BadCSV, "", "%w", err)
	}
	return plan, nil
}

// Reopen gives a run its input back, as far as that is still as it was.
func Reopen(ctx context.Context, rec sync.Reader) (run *reports.Run, end func(), err error) {
	run, end = &reports.Run{Reader: rec}, func() {}
	h := rec.Head()
	table, err := sync.Reopen(h.Input, h.Terms.Options, h.Source, h.AccountSchema)
	if err != nil || table == nil {
		return run, end, nil // without it kept rows are counted only
	}
	run.Table = table
	run.Kept, err = sync.KeptRows(ctx, rec, table)
	return run, func() { _ = table.Close() }, exit.OfStore(err)
}

// Past is a plan or a run that is over, to be looked at.
type Past struct {
	Run     *reports.Run
	Expires time.Time // of a plan
	whole   string    // the command that shows all of it
	closers []func()
}

// Close closes what it was read from.
func (o *Past) Close() {
	for _, end := range o.closers {
		end()
	}
}

// Open opens a saved plan or, when there is no file of that name, a run.
func Open(ctx context.Context, openStore func() (*journal.Store, error), name string) (*Past, error) {
	if info, err := os.Stat(name); err == nil && !info.IsDir() || strings.HasSuffix(name, ".json") {
		return openFile(ctx, name)
	}
	st, err := openStore()
	if err != nil {
		return nil, err
	}
	o := &Past{closers: []func(){func() { _ = st.Close() }}}
	rec, err := Read(ctx, st, name)
	if err != nil {
		o.Close()
		return nil, err
	}
	o.whole = "accountsync report " + rec.Head().Run
	return o, o.open(ctx, rec)
}

func openFile(ctx context.Context, path string) (*Past, error) {
	plan, err := OpenPlan(path)
	if err != nil {
		return nil, err
	}
	o := &Past{closers: []func(){func() { _ = plan.Close() }}, Expires: plan.Head.Expires,
		whole: "result.csv beside the plan, which has a line for every row and account"}
	run, err := reports.ReadPlan(plan)
	if err != nil {
		o.Close()
		return nil, problem.Errorf(problem.BadCSV, "", "%w", err)
	}
	return o, o.open(ctx, run.Reader)
}

// open gives the run its input back, for the rows that have no operation.
func (o *Past) open(ctx context.Context, rec sync.Reader) (err error) {
	var end func()
	if o.Run, end, err = Reopen(ctx, rec); err != nil {
		o.Close()
		return err
	}
	o.closers = append(o.closers, end)
	return nil
}

// Unknown says what to do about a name that tells no account. Keys are not named
// where values are masked: one may be one of them.
func (o *Past) Unknown(err error, hidden bool) error {
	var name *reports.NameError
	if !errors.As(err, &name) {
		return problem.Errorf(problem.NoInput, "", "reading the input again: %w", err)
	}
	if hidden {
		name.Near, name.Keys = "", nil
	}
	head := o.Run.Head()
	return problem.Errorf(problem.Usage, "keys are spelled as in the CSV; for all there is see "+o.whole, "%s %s: %w", head.Command, head.Run, name)
}
