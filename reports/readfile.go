package reports

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// ReadPlan is the run of an opened plan.json, as long as that is open: what is
// shown of a plan is what was opened, whatever stands under its name meanwhile.
func ReadPlan(plan *sync.PlanFile) (*Run, error) {
	r := &fileReader{file: plan, head: &plan.Head, lists: map[string]int64{}}
	if err := r.index(plan.Content()); err != nil {
		return nil, fmt.Errorf("%s: %w", plan.Path(), err)
	}
	return &Run{Reader: r}, nil
}

// index finds the lists of the file, and reads it to its end.
func (r *fileReader) index(in io.Reader) error {
	d := jsontext.NewDecoder(bufio.NewReaderSize(in, 64<<10), jsonOptions)
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err == nil {
			err = r.member(d, name.String())
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	switch _, err := d.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, sync.ErrEdited):
		return err
	}
	return errors.New("something follows its end")
}

// fileReader is the record that a file holds.
type fileReader struct {
	file  io.ReaderAt
	head  *sync.Head
	lists map[string]int64 // where each begins, behind its bracket
}

// member notes where a list of the record begins, and passes over any other.
func (r *fileReader) member(d *jsontext.Decoder, name string) error {
	switch name {
	case "operations", "rejected", "orphans", "absences":
		if d.PeekKind() == '[' {
			if _, err := d.ReadToken(); err != nil {
				return err
			}
			r.lists[name] = d.InputOffset()
			for d.PeekKind() != ']' {
				if err := d.SkipValue(); err != nil {
					return err
				}
			}
			_, err := d.ReadToken()
			return err
		}
	}
	return d.SkipValue()
}

// Head is the head of the file.
func (r *fileReader) Head() *sync.Head { return r.head }

// Status says that the run has ended.
func (r *fileReader) Status() sync.Status {
	return sync.Status{Sealed: true, Ended: !r.head.Finished.IsZero()}
}

// texts yields the entries of a list.
func (r *fileReader) texts(ctx context.Context, list string) iter.Seq2[jsontext.Value, error] {
	return func(yield func(jsontext.Value, error) bool) {
		at, known := r.lists[list]
		if !known {
			return
		}
		rest := io.NewSectionReader(r.file, at, 1<<62)
		d := jsontext.NewDecoder(bufio.NewReaderSize(io.MultiReader(strings.NewReader("["), rest), 64<<10), jsonOptions)
		if _, err := d.ReadToken(); err != nil {
			yield(nil, err)
			return
		}
		for d.PeekKind() != ']' {
			value, err := d.ReadValue()
			if err == nil {
				err = ctx.Err()
			}
			if !yield(value, err) || err != nil {
				return
			}
		}
	}
}

// Operations yields those that pass the filter.
func (r *fileReader) Operations(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		place, left := int64(0), f.Limit
		for text, err := range r.texts(ctx, "operations") {
			if err != nil {
				yield(nil, err)
				return
			}
			place++
			op, err := sync.ReadLine(text)
			if err != nil {
				yield(nil, err)
				return
			}
			op.Row.Place, op.Offset, op.Joined = place, -1, nil // of a file that is not at hand
			if !passes(f, op) {
				continue
			}
			if !yield(op, nil) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// passes reports whether the operation passes the filter.
func passes(f sync.Filter, op *sync.Operation) bool {
	switch {
	case f.States != nil && !slices.Contains(f.States, op.State),
		f.Codes != nil && !slices.Contains(f.Codes, op.Reason.Code),
		f.Ops != nil && !slices.Contains(f.Ops, op.Op),
		f.Phase != nil && *f.Phase != op.Phase(),
		f.Name != "" && f.Name != op.Key && f.Name != op.AccountID() && f.Name != op.Native,
		op.Row.Place <= f.After:
		return false
	}
	return true
}

// Lines yields the same operations encoded.
func (r *fileReader) Lines(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Line, error] {
	return mapped(r.Operations(ctx, f), sync.EncodeLine)
}

// Counts counts the operations.
func (r *fileReader) Counts(ctx context.Context) ([]sync.Count, error) {
	return countAll(r.Operations(ctx, sync.Filter{}))
}

// countAll counts operations by kind, state and code.
func countAll(all iter.Seq2[*sync.Operation, error]) ([]sync.Count, error) {
	n := map[sync.Count]int{}
	for op, err := range all {
		if err != nil {
			return nil, err
		}
		n[sync.Count{Op: op.Op, State: op.State, Code: op.Reason.Code}]++
	}
	var counts []sync.Count
	for c, count := range n {
		c.N = count
		counts = append(counts, c)
	}
	return counts, nil
}

// Rejected yields the rejected rows: of a file that is not at hand.
func (r *fileReader) Rejected(ctx context.Context) iter.Seq2[account.Rejected, error] {
	return mapped(r.texts(ctx, "rejected"), func(text jsontext.Value) (row account.Rejected, err error) {
		err = json.Unmarshal(text, &row, jsonOptions)
		row.Offset = -1
		return row, err
	})
}

// Orphans yields the orphans of a plan.
func (r *fileReader) Orphans(ctx context.Context) iter.Seq2[diff.Orphan, error] {
	return mapped(r.texts(ctx, "orphans"), decoded[diff.Orphan])
}

// Absences yields what a plan knows of accounts without a row.
func (r *fileReader) Absences(ctx context.Context) iter.Seq2[diff.Absence, error] {
	return mapped(r.texts(ctx, "absences"), decoded[diff.Absence])
}

func decoded[T any](text jsontext.Value) (v T, err error) {
	err = sync.Decode(text, &v)
	return v, err
}
