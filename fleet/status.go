package fleet

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// State is how a sync stands.
type State string

// The states of a sync.
const (
	Running   State = "running"
	Waiting   State = "waiting"   // for its turn, or to go on
	Retrying  State = "retrying"  // waits before another try
	Attention State = "attention" // its last run did not end well
	Good      State = "good"
	Never     State = "never" // has not run yet
)

// States are the states in the order in which people want to see them.
var States = []State{Attention, Retrying, Running, Waiting, Good, Never}

// Night is a run of a sync, past or not.
type Night struct {
	Run, Sync string
	Slot      time.Time // when it was due, or asked for
	Asked     bool
	Begun     *time.Time
	Worker    string
	Working   bool // and its worker has said so lately
	Tries     int
	Status    *int // of the last try
	Said      string
	Ended     *time.Time
	Job       string // its state
	Again     *time.Time
}

// State is how the run stands.
func (n *Night) State() State {
	switch {
	case n.Working:
		return Running
	case n.Ended == nil && n.Status != nil:
		return Retrying
	case n.Ended == nil:
		return Waiting
	case n.Status != nil && *n.Status == 0:
		return Good
	}
	return Attention
}

// Standing is how a sync stands, its newest run first.
type Standing struct {
	Sync
	Nights []Night
	Next   time.Time // zero: never, or nobody knows
}

// State is the state of the sync: that of its newest run.
func (s *Standing) State() State {
	if len(s.Nights) == 0 {
		return Never
	}
	return s.Nights[0].State()
}

// Last is the newest run that has ended; nil: none.
func (s *Standing) Last() *Night {
	for i := range s.Nights {
		if s.Nights[i].Ended != nil {
			return &s.Nights[i]
		}
	}
	return nil
}

// Standings are all syncs, by name, or one of them, with that many of their
// newest runs.
func (f *Fleet) Standings(ctx context.Context, nights int, only string) ([]Standing, error) {
	all := []Standing{}
	byName := map[string]int{}
	var names []string
	now := f.clock.Now()
	for _, s := range slices.SortedFunc(slices.Values(f.conf.Syncs), func(a, b Sync) int { return strings.Compare(a.Name, b.Name) }) {
		if only != "" && s.Name != only {
			continue
		}
		one := Standing{Sync: s}
		if s.Schedule != nil {
			one.Next = s.Schedule.Next(now)
		}
		byName[s.Name] = len(all)
		all = append(all, one)
		names = append(names, s.Name)
	}
	rows, err := f.pool.Query(ctx, `SELECT r.run, r.sync, r.slot, r.asked, r.begun, r.worker, r.working AND r.beat > now() - $3::interval, r.tries, r.status, r.said, r.ended,
			coalesce(j.state::text, ''), CASE WHEN j.state IN ('scheduled', 'retryable') THEN j.scheduled_at END
		FROM unnest($1::text[]) s(name) CROSS JOIN LATERAL (SELECT * FROM fleet_runs WHERE sync = s.name ORDER BY created DESC LIMIT $2) r
		LEFT JOIN river_job j ON j.id = r.job ORDER BY r.sync, r.created DESC`, names, nights, f.conf.Times.Lease)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Night])
	for _, n := range list {
		s := &all[byName[n.Sync]]
		s.Nights = append(s.Nights, n)
	}
	return all, err
}

// Await waits until a run has ended.
func (f *Fleet) Await(ctx context.Context, sync, run string) (*Night, error) {
	for {
		const among = 100
		all, err := f.Standings(ctx, among, sync)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 {
			for i := range all[0].Nights {
				if n := &all[0].Nights[i]; n.Run == run && n.Ended != nil && n.Status != nil {
					return n, nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(f.conf.Times.Poll):
		}
	}
}
