package reports

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// File is a run as a result.json holds it. Its lists are read
// from the file each time, so keep it open while its run is used.
type File struct {
	Run
	file *os.File
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// OpenResult opens a result.json, of this edition or the first. It ignores
// fields it does not know. What the file does not hold (kept rows, orphans, the
// input table) is missing.
func OpenResult(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &fileReader{file: file, lists: map[string]int64{}}
	if err := r.index(file, r.indexResult); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: not a readable result.json: %w", path, err), file.Close())
	}
	return &File{Run: Run{Reader: r, partial: true}, file: file}, nil
}

// ReadPlan is the run of an opened plan.json, as long as that is open: what is
// shown of a plan is what was opened, whatever stands under its name meanwhile.
func ReadPlan(plan *sync.PlanFile) (*Run, error) {
	r := &fileReader{file: plan, head: &plan.Head, lists: map[string]int64{}}
	err := r.index(plan.Content(), func() error {
		return r.object(func(name string) error { return r.member(name, nil) })
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plan.Path(), err)
	}
	return &Run{Reader: r}, nil
}

// index finds the lists of the file, and reads it to its end.
func (r *fileReader) index(in io.Reader, members func() error) error {
	r.decoder = jsontext.NewDecoder(bufio.NewReaderSize(in, 64<<10), jsonOptions)
	defer func() { r.decoder = nil }()
	if err := members(); err != nil {
		return err
	}
	switch _, err := r.decoder.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, sync.ErrEdited):
		return err
	}
	return errors.New("something follows its end")
}

// fileReader is the record that a file holds.
type fileReader struct {
	file    io.ReaderAt
	decoder *jsontext.Decoder // while the file is indexed
	head    *sync.Head
	lists   map[string]int64 // where each begins, behind its bracket
}

// indexResult reads the head and finds the lists.
func (r *fileReader) indexResult() error {
	top, source := []byte("{"), []byte("{")
	sources := 0
	err := r.object(func(name string) error {
		if name != "sources" {
			return r.member(name, &top)
		}
		return r.list(func() error {
			if sources++; sources > 1 {
				return errors.New("it holds several sources, as this version writes no result: open it with the version that wrote it")
			}
			return r.object(func(name string) error { return r.member(name, &source) })
		})
	})
	if err != nil {
		return err
	}
	var head resultHead
	var of resultSource
	if err := json.Unmarshal(append(top, '}'), &head, jsonOptions); err != nil {
		return err
	}
	if head.Schema != ResultSchema {
		return fmt.Errorf("its schema is %q, expected %q", head.Schema, ResultSchema)
	}
	if err := json.Unmarshal(append(source, '}'), &of, jsonOptions); err != nil {
		return err
	}
	r.head = head.head(of)
	return nil
}

// object reads an object, a member at a time.
func (r *fileReader) object(member func(name string) error) error {
	if kind := r.decoder.PeekKind(); kind != '{' && kind > 0 {
		return errors.New("not an object where one is expected")
	}
	return r.all(func() error {
		name, err := r.decoder.ReadToken()
		if err != nil {
			return err
		}
		return member(name.String())
	})
}

// list reads a list, an element at a time.
func (r *fileReader) list(element func() error) error {
	if kind := r.decoder.PeekKind(); kind == 'n' {
		return r.decoder.SkipValue()
	} else if kind != '[' && kind > 0 {
		return errors.New("not a list where one is expected")
	}
	return r.all(element)
}

// all reads from a bracket to the one that closes it.
func (r *fileReader) all(each func() error) error {
	if _, err := r.decoder.ReadToken(); err != nil {
		return err
	}
	for {
		switch kind := r.decoder.PeekKind(); kind {
		case '}', ']':
			_, err := r.decoder.ReadToken()
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
}

// member notes where a list of the record begins, and adds any other member to
// an object that is being read.
func (r *fileReader) member(name string, to *[]byte) error {
	switch name {
	case "operations", "rejected", "orphans", "absences":
		if r.decoder.PeekKind() == '[' {
			if _, err := r.decoder.ReadToken(); err != nil {
				return err
			}
			r.lists[name] = r.decoder.InputOffset()
			for r.decoder.PeekKind() != ']' {
				if err := r.decoder.SkipValue(); err != nil {
					return err
				}
			}
			_, err := r.decoder.ReadToken()
			return err
		}
	}
	value, err := r.decoder.ReadValue()
	if err != nil || to == nil {
		return err
	}
	if len(*to) > 1 {
		*to = append(*to, ',')
	}
	key, err := jsontext.AppendQuote(*to, name)
	*to = append(append(key, ':'), value...)
	return err
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
			op, err := readOperation(text, place)
			if err == nil && !passes(f, op) {
				continue
			}
			if !yield(op, err) || err != nil {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// readOperation reads an operation of a file, also as the first edition wrote
// it: with words for its reason and no code.
func readOperation(text []byte, place int64) (*sync.Operation, error) {
	op, err := sync.ReadLine(text)
	if err != nil {
		return nil, err
	}
	var more struct {
		Seq    *int   `json:"seq"`
		Reason string `json:"reason"`
		Offset *int64 `json:"offset"`
	}
	if err := json.Unmarshal(text, &more, jsonOptions); err != nil {
		return nil, err
	}
	if more.Seq == nil {
		op.Seq = int(place) - 1
	}
	op.Row.Place = place
	op.Offset, op.Joined = -1, nil // of a file that is not at hand
	if op.Reason.Code == "" && op.Why.Code == "" && more.Reason != "" {
		op.Reason = sync.Reason{Code: sync.CodeText, Details: sync.Details{Text: more.Reason}}
		if more.Reason == "already so" {
			op.Reason = sync.Reason{Code: sync.CodeAlreadySo}
		}
	}
	return op, nil
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
