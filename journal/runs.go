package journal

import (
	"context"
	"slices"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// Filter says which runs to list.
type Filter struct {
	Source string // id or name; "" for all
	Limit  int    // 0 for all
}

// Summary is one source's part of a past run.
type Summary struct {
	Run, Command, Tenant string
	SourceID, SourceName string
	Started, Finished    time.Time
	Outcome              sync.Outcome
	ExitCode             int
	Totals               sync.Totals
	Resumable            bool // something is left that a resume could finish
}

// Runs lists past runs, the newest first.
func (j *Journal) Runs(ctx context.Context, f Filter) (runs []Summary, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = -1
	}
	err = j.view(ctx, func(q querier) error {
		return each(ctx, q, func(scan func(...any) error) error {
			s, err := scanSummary(scan)
			runs = append(runs, s)
			return err
		}, `SELECT runs.run, command, tenant, parts.source_id, parts.source ->> 'name', started, finished, outcome, exit_code, begun, ended, totals
			FROM runs JOIN parts ON parts.run = runs.id
			WHERE ?1 = '' OR parts.source_id = ?1 OR parts.source ->> 'name' = ?1
			ORDER BY runs.id DESC, parts.id LIMIT ?2`, f.Source, limit)
	})
	return runs, err
}

func scanSummary(scan func(...any) error) (s Summary, err error) {
	var started, finished int64
	var begun, ended bool
	var totals string
	if err = scan(&s.Run, &s.Command, &s.Tenant, &s.SourceID, &s.SourceName, &started, &finished, &s.Outcome, &s.ExitCode, &begun, &ended, &totals); err != nil {
		return s, err
	}
	s.Started, s.Finished = moment(started), moment(finished)
	if err := fromJSON(totals, &s.Totals); err != nil {
		return s, err
	}
	if !ended {
		s.Outcome = sync.Interrupted
	}
	s.Resumable = begun && (!ended || left(&s.Totals) > 0 && s.Outcome != sync.Blocked)
	return s, nil
}

// left counts the operations a resume could still finish.
func left(t *sync.Totals) (n int) {
	for _, op := range diff.Ops {
		tally := t.Op(op)
		n += tally.Accepted + tally.Failed + tally.Withheld
	}
	return n
}

// Median gives, by kind, the median of the operations planned in the last
// ended runs of a source, and how many runs these were.
func (j *Journal) Median(ctx context.Context, tenant, sourceID string, nights int) (medians map[diff.Op]float64, runs int, err error) {
	planned := map[diff.Op][]int{}
	err = j.view(ctx, func(q querier) error {
		return each(ctx, q, func(scan func(...any) error) error {
			var text string
			var totals sync.Totals
			if err := scan(&text); err != nil {
				return err
			}
			runs++
			if err := fromJSON(text, &totals); err != nil {
				return err
			}
			for _, op := range diff.Ops {
				planned[op] = append(planned[op], totals.Op(op).Planned)
			}
			return nil
		}, `SELECT totals FROM parts JOIN runs ON runs.id = parts.run
			WHERE tenant = ? AND source_id = ? AND ended AND command = 'sync' ORDER BY parts.id DESC LIMIT ?`, tenant, sourceID, nights)
	})
	medians = map[diff.Op]float64{}
	for op, counts := range planned {
		medians[op] = median(counts)
	}
	return medians, runs, err
}

// median of at least one number.
func median(counts []int) float64 {
	slices.Sort(counts)
	half := len(counts) / 2
	if len(counts)%2 == 1 {
		return float64(counts[half])
	}
	return float64(counts[half-1]+counts[half]) / 2
}

// Prune forgets ended runs that finished before a time, but never the last
// successful one of a source, and gives their space back.
func (j *Journal) Prune(ctx context.Context, before time.Time) (n int, err error) {
	err = j.update(ctx, func(q querier) error {
		result, err := q.ExecContext(ctx, `DELETE FROM runs WHERE finished > 0 AND finished < ?
			AND NOT EXISTS (SELECT 1 FROM parts WHERE parts.run = runs.id AND NOT ended)
			AND id NOT IN (SELECT max(runs.id) FROM runs JOIN parts ON parts.run = runs.id
				WHERE exit_code = 0 GROUP BY tenant, source_id)`, nanos(before))
		if err != nil {
			return err
		}
		affected, err := result.RowsAffected()
		n = int(affected)
		return err
	})
	if err != nil || n == 0 {
		return n, err
	}
	return n, j.explain(j.vacuum(ctx))
}

func (j *Journal) vacuum(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.exec(ctx, "VACUUM")
}
