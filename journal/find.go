package journal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Last names the newest run.
const Last = "last"

// RunError says that a run cannot be told from its name.
type RunError struct {
	Name string
	Near []string // runs it may be, newest first; a few of them
}

// Error names the runs it may be.
func (e *RunError) Error() string {
	switch {
	case e.Name == Last && len(e.Near) == 0:
		return "the journal holds no run"
	case len(e.Near) == 0:
		return fmt.Sprintf("the journal holds no run %q", e.Name)
	case e.Ambiguous():
		return fmt.Sprintf("%q may be any of these runs: %s", e.Name, strings.Join(e.Near, ", "))
	}
	return fmt.Sprintf("the journal holds no run %q; near it are %s", e.Name, strings.Join(e.Near, ", "))
}

// Ambiguous reports whether several runs begin with the name.
func (e *RunError) Ambiguous() bool {
	return len(e.Near) > 1 && strings.HasPrefix(e.Near[0], e.Name) && strings.HasPrefix(e.Near[1], e.Name)
}

// Hint says how to find the run.
func (e *RunError) Hint() string {
	return `name a run by its id, by the unique beginning of it, or as "last"; "accountsync runs" lists them`
}

// fewRuns is how many runs an error names.
const fewRuns = 5

// find gives the id of a run named by its id, a unique prefix of it, or "last".
func find(ctx context.Context, q querier, name string) (id int64, err error) {
	if name == Last {
		err = q.QueryRowContext(ctx, `SELECT id FROM runs ORDER BY id DESC LIMIT 1`).Scan(&id)
		if err == sql.ErrNoRows {
			err = &RunError{Name: name}
		}
		return id, err
	}
	err = q.QueryRowContext(ctx, `SELECT id FROM runs WHERE run = ?`, name).Scan(&id)
	if err != sql.ErrNoRows {
		return id, err
	}
	return findPrefix(ctx, q, name)
}

func findPrefix(ctx context.Context, q querier, name string) (id int64, err error) {
	e := &RunError{Name: name}
	for n := len(name); len(e.Near) == 0 && n >= 0; n-- {
		err = each(ctx, q, func(scan func(...any) error) error {
			var run string
			err := scan(&id, &run)
			e.Near = append(e.Near, run)
			return err
		}, `SELECT id, run FROM runs WHERE substr(run, 1, ?) = ? ORDER BY id DESC LIMIT ?`, n, name[:n], fewRuns)
		if err != nil {
			return 0, err
		}
		if n == len(name) && len(e.Near) == 1 && name != "" {
			return id, nil
		}
	}
	return 0, e
}
