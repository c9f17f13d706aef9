package journal

import (
	"context"
	"fmt"

	"accountsync/account"
	"accountsync/sync"
)

// rest is what the journal keeps of the head of a result without looking at it.
type rest struct {
	Command  string          `json:"command,omitempty"` // that ended it: a resume, perhaps
	Settings []sync.Setting  `json:"settings,omitempty"`
	Redacted []string        `json:"redacted,omitempty"`
	Latency  *sync.Latency   `json:"latency,omitempty"`
	Timeline []sync.Interval `json:"timeline,omitempty"`
}

func restOf(r *sync.Result) rest {
	return rest{r.Command, r.Settings, r.Redacted, r.Latency, r.Timeline}
}

func (h rest) set(r *sync.Result) {
	r.Settings, r.Redacted, r.Latency, r.Timeline = h.Settings, h.Redacted, h.Latency, h.Timeline
}

// insertRun inserts the head of a run unless another source of it did.
func insertRun(ctx context.Context, q querier, head *sync.Result) (id int64, err error) {
	texts, err := allJSON(head.Requests, restOf(head))
	if err != nil {
		return 0, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO runs (run, command, version, tenant, api, started, finished, outcome, exit_code, error, hint, requests, head)
		VALUES (?, ?, ?, ?, ?, ?, 0, '', 0, '', '', ?, ?) ON CONFLICT (run) DO NOTHING`,
		append([]any{head.Run, head.Command, head.Version, head.Tenant, head.API, nanos(head.Started)}, texts...)...)
	if err != nil {
		return 0, err
	}
	err = q.QueryRowContext(ctx, `SELECT id FROM runs WHERE run = ?`, head.Run).Scan(&id)
	return id, err
}

// updateRun notes how a run ended, so far.
func updateRun(ctx context.Context, q querier, id int64, head *sync.Result) error {
	texts, err := allJSON(head.Requests, restOf(head))
	if err != nil {
		return err
	}
	return change(ctx, q, `UPDATE runs SET finished = ?, outcome = ?, exit_code = ?, error = ?, hint = ?, requests = ?, head = ? WHERE id = ?`,
		nanos(head.Finished), string(head.Outcome), head.ExitCode, head.Error, head.Hint, texts[0], texts[1], id)
}

// insertPart inserts what is known of a source before the first write.
func insertPart(ctx context.Context, q querier, run int64, s *sync.Source, schema account.Schema, settings map[string]string) (id int64, err error) {
	texts, err := allJSON(s.Source, s.Input, s.Listing, s.Guards, s.Totals, s.Notes, schema, settings)
	if err != nil {
		return 0, err
	}
	var there int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM parts WHERE run = ? AND source_id = ?`, run, s.Source.ID).Scan(&there); err != nil {
		return 0, err
	}
	if there > 0 {
		return 0, fmt.Errorf("the run has begun with source %q before", s.Source.ID)
	}
	result, err := q.ExecContext(ctx, `INSERT INTO parts (source, input, listing, guards, totals, notes, account_schema, settings, run, source_id, begun, ended)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)`, append(texts, run, s.Source.ID)...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// updatePart notes how a part ended.
func updatePart(ctx context.Context, q querier, id int64, s *sync.Source) error {
	texts, err := allJSON(s.Source, s.Input, s.Listing, s.Guards, s.Totals, s.Notes)
	if err != nil {
		return err
	}
	return change(ctx, q, `UPDATE parts SET source = ?, input = ?, listing = ?, guards = ?, totals = ?, notes = ?, ended = 1 WHERE id = ?`,
		append(texts, id)...)
}

// change changes one row that must be there.
func change(ctx context.Context, q querier, query string, args ...any) error {
	result, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); n == 1 || err != nil {
		return err
	}
	return ErrPruned
}

// allJSON is toJSON of each value, as arguments of a statement.
func allJSON(values ...any) ([]any, error) {
	texts := make([]any, len(values))
	for i, v := range values {
		text, err := toJSON(v)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}
