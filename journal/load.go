package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// Stored is a run as the journal holds it.
type Stored struct {
	// Result is the run's result. KeptRows, Orphans and Table of its sources
	// are not kept: only how many there were.
	Result *sync.Result
	Parts  []Part // of the sources of Result, in the same order
}

// Part is what a resume or an undo needs to know of one source, beside its result.
type Part struct {
	Schema   account.Schema
	Settings map[string]string
	Begun    bool // every operation is on record; nothing is sent before that
	Ended    bool // the outcome of every operation is on record
}

// Ended reports whether every part of the run has ended.
func (s *Stored) Ended() bool {
	for _, p := range s.Parts {
		if !p.Ended {
			return false
		}
	}
	return true
}

// Load reads a run, named by its id, a unique beginning of it, or "last". A name
// that is none of them gives a *RunError.
//
// Of a run that has not ended, because it was killed or still goes on, the
// outcome is "interrupted" and the tallies count what is on record: an operation
// with an intent and no record is Sent, Lost and failed, which is to be looked
// up; one without an intent is withheld as "interrupted", unless it was withheld
// for another reason before the first write.
func (j *Journal) Load(ctx context.Context, runID string) (*Stored, error) {
	var s *Stored
	err := j.view(ctx, func(q querier) (err error) {
		s, err = loadRun(ctx, q, runID)
		return err
	})
	return s, err
}

func loadRun(ctx context.Context, q querier, runID string) (*Stored, error) {
	id, err := find(ctx, q, runID)
	if err != nil {
		return nil, err
	}
	s := &Stored{}
	var endedBy string
	if s.Result, endedBy, err = selectRun(ctx, q, id); err != nil {
		return nil, err
	}
	s.Result.Command = cmp.Or(endedBy, s.Result.Command)
	parts, err := selectParts(ctx, q, id)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := p.fill(ctx, q); err != nil {
			return nil, err
		}
		s.Result.Sources = append(s.Result.Sources, p.source)
		s.Parts = append(s.Parts, p.Part)
	}
	if !s.Ended() {
		s.Result.Outcome = sync.Interrupted
	}
	return s, nil
}

// part is a row of the table parts.
type part struct {
	id  int64 // parts.id
	run int64 // runs.id
	Part
	source *sync.Source
}

// fill reads the rows of a part.
func (p *part) fill(ctx context.Context, q querier) (err error) {
	if p.source.Rejected, err = rejectedRows(ctx, q, p.id); err != nil {
		return err
	}
	p.source.Operations = []*sync.Operation{}
	totals := uncounted(p.source.Totals)
	err = operations(ctx, q, *p, func(op *sync.Operation) bool {
		p.source.Operations = append(p.source.Operations, op)
		count(&totals, op)
		return true
	})
	if !p.Ended {
		p.source.Totals = totals
	}
	return err
}

// selectRun reads the head of a run: the command is the one that began it, and
// endedBy the one that ended it, "" while none has.
func selectRun(ctx context.Context, q querier, id int64) (r *sync.Result, endedBy string, err error) {
	r = &sync.Result{Schema: sync.ResultSchema, Sources: []*sync.Source{}}
	var started, finished int64
	var requests, head string
	err = q.QueryRowContext(ctx, `SELECT run, command, version, tenant, api, started, finished, outcome, exit_code, error, hint, requests, head
		FROM runs WHERE id = ?`, id).Scan(&r.Run, &r.Command, &r.Version, &r.Tenant, &r.API, &started, &finished, &r.Outcome, &r.ExitCode,
		&r.Error, &r.Hint, &requests, &head)
	if err != nil {
		return nil, "", err
	}
	r.Started, r.Finished = moment(started), moment(finished)
	var more rest
	err = errors.Join(fromJSON(requests, &r.Requests), fromJSON(head, &more))
	more.set(r)
	return r, more.Command, err
}

const partColumns = `SELECT id, run, begun, ended, source, input, listing, guards, totals, notes, account_schema, settings FROM parts`

func selectParts(ctx context.Context, q querier, run int64) (parts []part, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		p, err := scanPart(scan)
		parts = append(parts, p)
		return err
	}, partColumns+` WHERE run = ? ORDER BY id`, run)
	return parts, err
}

func selectPart(ctx context.Context, q querier, id int64) (part, error) {
	return scanPart(q.QueryRowContext(ctx, partColumns+` WHERE id = ?`, id).Scan)
}

func scanPart(scan func(...any) error) (part, error) {
	p := part{source: &sync.Source{}}
	var texts [8]string
	if err := scan(&p.id, &p.run, &p.Begun, &p.Ended, &texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &texts[6], &texts[7]); err != nil {
		return p, err
	}
	s := p.source
	for i, v := range []any{&s.Source, &s.Input, &s.Listing, &s.Guards, &s.Totals, &s.Notes, &p.Schema, &p.Settings} {
		if err := fromJSON(texts[i], v); err != nil {
			return p, err
		}
	}
	return p, nil
}

// findPart finds one source's part of a run.
func findPart(ctx context.Context, q querier, runID, sourceID string) (part, error) {
	id, err := find(ctx, q, runID)
	if err != nil {
		return part{}, err
	}
	parts, err := selectParts(ctx, q, id)
	if err != nil {
		return part{}, err
	}
	for _, p := range parts {
		if p.source.Source.ID == sourceID {
			return p, nil
		}
	}
	return part{}, fmt.Errorf("run %q has no source %q", runID, sourceID)
}

// count counts an operation as it stands.
func count(t *sync.Totals, op *sync.Operation) {
	tally := t.Op(op.Op)
	tally.Planned++
	*tally.State(op.State)++
}

// uncounted are the totals without the operations.
func uncounted(t sync.Totals) sync.Totals {
	for _, op := range diff.Ops {
		*t.Op(op) = sync.Tally{}
	}
	return t
}

// rejectedRows reads the rejected rows of a part.
func rejectedRows(ctx context.Context, q querier, part int64) ([]account.Rejected, error) {
	rows := []account.Rejected{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var r account.Rejected
		err := scan(&r.Line, &r.Key, &r.Reason, &r.Offset)
		rows = append(rows, r)
		return err
	}, `SELECT line, key, reason, row_offset FROM rejected WHERE part = ? ORDER BY n`, part)
	return rows, err
}
