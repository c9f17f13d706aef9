// Package sync carries out one run on its record: list, plan, guard, apply,
// verify.
package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"accountsync/csvfile"
	"accountsync/diff"

	"golang.org/x/sync/errgroup"
)

// Run carries out one run of one source on its record. A record without a plan
// is planned first; one that was left is taken up where it was left. Whatever
// ends it, the record says how far it came.
func Run(ctx context.Context, api WriteAPI, rec Record, from Planner, s Settings) error {
	r := newRun(api, rec, s)
	if !rec.Status().Sealed {
		if err := r.plan(ctx, api, from); err != nil { // list, diff, guard
			return err
		}
	} else if err := r.judgeAgain(ctx); err != nil {
		return r.endedEarly(ctx, err)
	}
	if r.head.Blocked() {
		return r.rec.SetHead(ctx, r.head)
	}
	if err := r.wait(ctx); err != nil {
		return r.endedEarly(ctx, err)
	}
	if s.Planned != nil {
		if err := s.Planned(rec); err != nil {
			return err
		}
	}
	if err := r.preview(ctx); err != nil {
		return r.endedEarly(ctx, err)
	}
	err := r.apply(ctx, api) // look, send, look again until it shows
	return errors.Join(err, r.rec.SetHead(context.WithoutCancel(ctx), r.head))
}

// Plan is the first half of Run: it is handed an API that it can only read.
func Plan(ctx context.Context, api ReadAPI, rec Record, from Planner, s Settings) error {
	return newRun(api, rec, s).plan(ctx, api, from)
}

// A Planner finds out what is to be done, and adds it to the record of the run.
type Planner interface {
	plan(ctx context.Context, r *run) error
}

// plan plans the run, judges the plan and seals it.
func (r *run) plan(ctx context.Context, api ReadAPI, from Planner) error {
	if err := from.plan(ctx, r); err != nil {
		return errors.Join(err, r.rec.SetHead(context.WithoutCancel(ctx), r.head))
	}
	return r.rec.Seal(ctx, r.head)
}

// FromFile plans what makes the live accounts equal to a desired-state file.
type FromFile struct {
	File *csvfile.File
	// Table is the file, held against the source's schema; Kept gives its rows
	// that were kept. Both are set by planning, and serve the reports.
	Table *csvfile.Table
	Plan  *diff.Plan
}

func (f *FromFile) plan(ctx context.Context, r *run) error {
	if err := f.bind(ctx, r); err != nil {
		return err
	}
	if err := f.findIdentities(ctx, r); err != nil {
		return err
	}
	index, err := f.read(ctx, r)
	if err != nil {
		return err
	}
	notes := slices.Clip(r.head.Notes)
	for {
		if f.Plan, err = r.list(ctx, index); err != nil {
			return err
		}
		p, head := f.Plan, r.head
		head.Notes = notes
		for _, note := range p.Notes {
			r.note("%s", note)
		}
		head.Input.Rows, head.Input.Rejected = p.Rows, p.Rejected
		head.Totals = Totals{Kept: p.Kept, StateOnly: p.StateOnly, Rejected: p.Rejected, Orphan: p.Orphans}
		r.judge(p)
		if !r.waitOf(counted(p)) {
			return p.Balance()
		}
	}
}

// apply carries out what was planned, phase by phase, the canary first, if one
// is asked for. A phase begins when the one before is settled; removals come
// last. It fills in why it did not come to the rest.
func (r *run) apply(ctx context.Context, api WriteAPI) error {
	counts, err := r.rec.Counts(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	for _, c := range counts {
		if c.State != Verified && c.State != Stale && c.Code != CodeExcluded {
			r.total += c.N
		}
	}
	r.halt.begin(r.terms.MaxErrors, r.total)
	if canary, err := r.canary(ctx, api); err != nil || !canary {
		r.head.Left = why(CodeCanary)
		return cmp.Or(err, r.halt.err(ctx), ErrCanary)
	}
	for phase := range Phases {
		switch phase {
		case PhaseCreate:
			err = r.createAll(ctx, api)
		case PhaseDelete:
			err = r.deleteAll(ctx, api)
		default:
			err = r.phase(ctx, api, r.batches(ctx, phase))
		}
		if err != nil {
			r.halt.journalError(err)
		}
		if left := r.halt.reason(ctx, phase); left.Code != "" {
			r.head.Left = left
		}
	}
	r.reload(ctx, api)
	return r.halt.err(ctx)
}

// phase looks at operations batch by batch, sends what still holds, and
// verifies what was sent while later batches are being sent. Its error is of the record.
func (r *run) phase(ctx context.Context, api WriteAPI, batches iter.Seq2[[]*operation, error]) (err error) {
	next, stop := iter.Pull2(batches)
	defer stop()
	batch, err, more := next()
	if !more || err != nil {
		return err
	}
	v := newVerifier(r, api)
	var g errgroup.Group
	g.Go(func() error {
		if err := Safely(func() error { v.run(ctx); return nil }); err != nil {
			r.halt.end(err)
			for range v.in { // so that nobody waits for it
			}
		}
		return nil
	})
	err = r.sendAll(ctx, api, batch, next, v)
	close(v.in)
	_ = g.Wait() // failures are in the record and in halt
	if v.latency.shows > 0 {
		r.latency = v.latency
	}
	return err
}
