package journal

import (
	"context"
	"time"

	"accountsync/sync"
)

// Attempt is how an operation stood when it was recorded.
type Attempt struct {
	At         time.Time  `json:"at"`
	State      sync.State `json:"state"`
	HTTP       int        `json:"http,omitzero"`
	Task       string     `json:"task,omitzero"`
	TaskStatus string     `json:"task_status,omitzero"`
	TrackingID string     `json:"tracking_id,omitzero"`
	Error      string     `json:"error,omitzero"`
}

// Attempts is the history of one operation, in the order in which it was recorded.
func (j *Journal) Attempts(ctx context.Context, runID, sourceID string, seq int) ([]Attempt, error) {
	all := []Attempt{}
	err := j.view(ctx, func(q querier) error {
		p, err := findPart(ctx, q, runID, sourceID)
		if err != nil {
			return err
		}
		return each(ctx, q, func(scan func(...any) error) error {
			var text []byte
			if err := scan(&text); err != nil {
				return err
			}
			records, err := readRecords(text)
			for _, r := range records {
				if r.Seq == seq {
					all = append(all, Attempt{moment(r.At), r.State, r.HTTP, r.Task, r.TaskStatus, r.TrackingID, r.Error})
				}
			}
			return err
		}, `SELECT outcomes FROM records WHERE part = ? AND ? BETWEEN first AND last ORDER BY n`, p.id, seq)
	})
	return all, err
}
