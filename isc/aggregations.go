package isc

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"accountsync/account"

	"github.com/go-json-experiment/json/jsontext"
)

// aggregation is the type of the tasks that aggregate accounts.
const aggregation = "CLOUD_ACCOUNT_AGGREGATION"

type aggregationBody struct {
	ID       jsontext.Value `json:"id"`
	Status   jsontext.Value `json:"completionStatus"`
	Created  jsontext.Value `json:"created"`
	Launched jsontext.Value `json:"launched"`
	Progress jsontext.Value `json:"progress"`
}

// Aggregations asks for the account aggregations of a source that run, or wait
// to run, right now.
func (c *Client) Aggregations(ctx context.Context, sourceID string) ([]account.Aggregation, error) {
	filter := eq("sourceId", sourceID) + " and " + eq("type", aggregation) + " and completionStatus isnull"
	r := request{
		method: http.MethodGet, path: c.paths.running,
		query: url.Values{"filters": {filter}, "limit": {itoa(pageLimit)}}, scope: scopeTasks, idempotent: true, list: true,
	}
	var bodies []aggregationBody
	if err := c.get(ctx, r, &bodies); err != nil {
		return nil, err
	}
	var running []account.Aggregation
	for _, b := range bodies {
		if stringOf(b.Status) != "" {
			return nil, r.void(ruleEnded)
		}
		running = append(running, b.aggregation())
	}
	return running, nil
}

func (b aggregationBody) aggregation() account.Aggregation {
	started := timeOf(b.Launched)
	if started.IsZero() {
		started = timeOf(b.Created)
	}
	return account.Aggregation{Task: stringOf(b.ID), Started: started, Progress: capped(stringOf(b.Progress), maxText)}
}

// timeOf is a time the API wrote, zero when it cannot be read.
func timeOf(raw jsontext.Value) time.Time {
	t, err := time.Parse(time.RFC3339, stringOf(raw))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Schedules asks for the schedules of a source.
func (c *Client) Schedules(ctx context.Context, sourceID string) ([]account.Schedule, error) {
	var bodies []struct {
		Type jsontext.Value `json:"type"`
		Cron jsontext.Value `json:"cronExpression"`
	}
	r := request{method: http.MethodGet, path: below(c.paths.schedules, sourceID, "schedules"), scope: scopeSources, idempotent: true, list: true}
	if err := c.get(ctx, r, &bodies); err != nil {
		return nil, err
	}
	schedules := make([]account.Schedule, len(bodies))
	for i, b := range bodies {
		schedules[i] = account.Schedule{Type: strings.ToUpper(stringOf(b.Type)), Cron: strings.TrimSpace(stringOf(b.Cron))}
	}
	return schedules, nil
}
