package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// AggregationSeed is an aggregation of a source's accounts. It reads nothing and changes nothing: it is only there to be seen.
type AggregationSeed struct {
	Start  Duration `json:"start,omitzero"`  // how long after the server's own start it starts
	Length Duration `json:"length,omitzero"` // how long it runs; for ever when 0
}

// ScheduleSeed says when a source is aggregated.
type ScheduleSeed struct {
	Type           string `json:"type,omitzero"`  // ACCOUNT_AGGREGATION (when empty) or GROUP_AGGREGATION
	CronExpression string `json:"cronExpression"` // as Quartz writes it, such as "0 0 5,13,21 * * ?"
}

const (
	accountAggregation = "ACCOUNT_AGGREGATION"
	groupAggregation   = "GROUP_AGGREGATION"
)

func (s *SourceSeed) validateAggregations() error {
	for _, schedule := range s.Schedules {
		if !slices.Contains([]string{"", accountAggregation, groupAggregation}, schedule.Type) {
			return fmt.Errorf("schedule: unknown type %q", schedule.Type)
		}
		if schedule.CronExpression == "" {
			return fmt.Errorf("a schedule needs a cronExpression")
		}
	}
	for _, a := range s.Aggregations {
		if a.Start < 0 || a.Length < 0 {
			return fmt.Errorf("an aggregation cannot start or end before the server does")
		}
	}
	return nil
}

// aggregate enters an aggregation of a source into the book of tasks. Before its start nobody knows of it.
func (s *Server) aggregate(src *source, start time.Time, length time.Duration) *task {
	t := &task{id: deriveID(s.store.seed, "task", strconv.Itoa(len(s.tasks.all)+1)), kind: kindAggregation, source: src,
		created: start, hidden: start, due: start.Add(length), forever: length == 0}
	s.tasks.start(t)
	return t
}

// StartAggregation starts an aggregation of the source that runs until [Server.EndAggregations], and gives the id
// of its task. It panics when there is no such source.
func (s *Server) StartAggregation(sourceID string) (taskID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aggregate(s.mustSource(sourceID), time.Now(), 0).id
}

// EndAggregations ends the aggregations of the source that run, with SUCCESS, and tells how many they were.
func (s *Server) EndAggregations(sourceID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.settle(now)
	ended := 0
	for _, t := range s.tasks.all {
		if t.kind == kindAggregation && t.source.id == sourceID && !t.done && t.visible(now) {
			t.due = now
			t.finish()
			ended++
		}
	}
	return ended
}

// listSchedules serves GET /sources/{id}/schedules.
func (s *Server) listSchedules(c *call) (*reply, *problem) {
	src, p := s.sourceOf(c)
	if p != nil {
		return nil, p
	}
	body := []byte{'['}
	for i, schedule := range src.Schedules {
		if i > 0 {
			body = append(body, ',')
		}
		kind := schedule.Type
		if kind == "" {
			kind = accountAggregation
		}
		body = append(body, `{"type":`...)
		body = quote(body, kind)
		body = append(member(body, "cronExpression", schedule.CronExpression), '}')
	}
	return jsonReply(http.StatusOK, append(body, ']')), nil
}
