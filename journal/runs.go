package journal

import (
	"context"
	"math"
	"slices"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// Filter says which runs to list. Empty fields leave none out.
type Filter struct {
	Tenant string
	Source string // id or name
	Limit  int    // the newest so many; 0: all
}

// Summary is one source's part of a past run.
type Summary struct {
	Run, Command, Tenant string
	SourceID, SourceName string
	Started, Finished    time.Time    // Finished is zero while the run has not ended
	Outcome              sync.Outcome // of the whole run; interrupted while the part has not ended
	ExitCode             int          // 0 while the run has not ended
	Totals               sync.Totals  // as they stand, also of a part that has not ended
	Ended                bool         // the outcome of every operation is on record
	Resumable            bool         // something is left that a resume could finish
}

const selectSummaries = `SELECT parts.run, parts.id FROM parts JOIN runs ON runs.id = parts.run
	WHERE (?1 = '' OR tenant = ?1) AND (?2 = '' OR source_id = ?2 OR source ->> 'name' = ?2)
	ORDER BY parts.run DESC, parts.id LIMIT ?3`

// Runs lists past runs, and those that go on. The newest come first: in the
// order in which they began, whatever the clock said.
func (j *Journal) Runs(ctx context.Context, f Filter) (all []Summary, err error) {
	if f.Limit <= 0 {
		f.Limit = math.MaxInt32
	}
	all = []Summary{}
	err = j.view(ctx, func(q querier) error {
		var keys [][2]int64
		err := each(ctx, q, func(scan func(...any) error) error {
			var key [2]int64
			err := scan(&key[0], &key[1])
			keys = append(keys, key)
			return err
		}, selectSummaries, f.Tenant, f.Source, f.Limit)
		for _, key := range keys {
			if err != nil {
				return err
			}
			var s Summary
			s, err = summary(ctx, q, key[0], key[1])
			all = append(all, s)
		}
		return err
	})
	return all, err
}

func summary(ctx context.Context, q querier, run, part int64) (s Summary, err error) {
	r, _, err := selectRun(ctx, q, run)
	if err != nil {
		return s, err
	}
	p, err := selectPart(ctx, q, part)
	if err != nil {
		return s, err
	}
	if err := p.recount(ctx, q); err != nil {
		return s, err
	}
	s = Summary{
		Run: r.Run, Command: r.Command, Tenant: r.Tenant, SourceID: p.source.Source.ID, SourceName: p.source.Source.Name,
		Started: r.Started, Finished: r.Finished, Outcome: r.Outcome, ExitCode: r.ExitCode, Totals: p.source.Totals, Ended: p.Ended,
	}
	if !p.Ended {
		s.Outcome = sync.Interrupted
	}
	s.Resumable = p.Begun && left(&s.Totals) > 0 && slices.Contains(resumable, s.Outcome)
	return s, nil
}

// resumable are the outcomes of runs that were to write and did not get to their end.
var resumable = []sync.Outcome{sync.Partial, sync.Interrupted, sync.RunFailed}

// left counts the operations that a resume would send or look up.
func left(t *sync.Totals) (n int) {
	for _, op := range diff.Ops {
		tally := t.Op(op)
		n += tally.Accepted + tally.Failed + tally.Withheld
	}
	return n
}

// recount counts the operations of a part that has not ended.
func (p *part) recount(ctx context.Context, q querier) error {
	if p.Ended {
		return nil
	}
	p.source.Totals = uncounted(p.source.Totals)
	return standings(ctx, q, p.id, briefColumns, func(s standing) bool {
		s.interrupt()
		count(&p.source.Totals, s.op)
		return true
	})
}
