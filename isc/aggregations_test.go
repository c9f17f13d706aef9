package isc

import (
	"testing"
	"time"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

func TestAggregations(t *testing.T) {
	t.Parallel()
	for api, path := range map[string]string{
		"v3": "/v2025/task-status", "v2024": "/v2025/task-status", "v2025": "/v2025/task-status",
		"v2026": "/v2026/task-status", "v1": "/task-status/v1", "beta": "/v2025/task-status",
	} {
		tn := newTenant(t)
		tn.reply("GET "+path, 200, `[
			{"id":"t1","type":"QUARTZ","completionStatus":null,"created":"2026-11-27T01:59:00Z","launched":"2026-11-27T02:00:00.5Z","progress":"Started"},
			{"id":"t2","created":"2026-11-27T02:01:00Z","launched":null}]`)
		got, err := tn.client(t, func(c *Config) { c.API = api }).Aggregations(t.Context(), `s"1`)
		want := []account.Aggregation{
			{Task: "t1", Started: time.Date(2026, 11, 27, 2, 0, 0, 5e8, time.UTC), Progress: "Started"},
			{Task: "t2", Started: time.Date(2026, 11, 27, 2, 1, 0, 0, time.UTC)},
		}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", api, err, d)
		}
		asked := `sourceId eq "s\"1" and type eq "CLOUD_ACCOUNT_AGGREGATION" and completionStatus isnull`
		if d := cmp.Diff([]string{asked}, tn.last(t).Query["filters"]); d != "" {
			t.Errorf("%s: %s", api, d)
		}
	}
}

// TestAggregationsFiltersDropped: a task that has ended shows that the filter
// was not applied, so the list says nothing of the source.
func TestAggregationsFiltersDropped(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v2025/task-status", 200, `[{"id":"t1"},{"id":"t2","completionStatus":"SUCCESS"}]`)
	got, err := tn.client(t).Aggregations(t.Context(), "s")
	if e := asError(t, err); !e.Void() || !e.Unreachable() || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	for api, path := range map[string]string{
		"v3": "/v2025/sources/s1/schedules", "v2024": "/v2024/sources/s1/schedules", "v2026": "/v2026/sources/s1/schedules",
		"v1": "/sources/v1/s1/schedules", "beta": "/v2025/sources/s1/schedules",
	} {
		tn := newTenant(t)
		tn.reply("GET "+path, 200, `[{"type":"ACCOUNT_AGGREGATION","cronExpression":"0 0 5,13,21 * * ?"},{"type":"GROUP_AGGREGATION","cronExpression":" 0 0 1 * * ? "}]`)
		got, err := tn.client(t, func(c *Config) { c.API = api }).Schedules(t.Context(), "s1")
		want := []account.Schedule{{Type: "ACCOUNT_AGGREGATION", Cron: "0 0 5,13,21 * * ?"}, {Type: "GROUP_AGGREGATION", Cron: "0 0 1 * * ?"}}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", api, err, d)
		}
		if !got[0].AggregatesAccounts() || got[1].AggregatesAccounts() {
			t.Error("wrong kind of schedule")
		}
	}
}
