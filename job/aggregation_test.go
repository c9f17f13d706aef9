package job

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/config"
	"accountsync/diff"
	"accountsync/internal/connection"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/isc"
	"accountsync/ratelimit"
	"accountsync/sandbox"
	"accountsync/sync"

	"github.com/rs/zerolog"
)

// A run with one operation is expected to take a minute.
func TestAnAggregationThatIsDueIsWaitedFor(t *testing.T) {
	t.Parallel()
	const seconds, minutes = time.Second, time.Minute
	for name, c := range map[string]struct {
		cron          string // the clock of the test begins at midnight
		starts, lasts time.Duration
		wait          time.Duration
		from, to      time.Duration // when the run goes on, or ends
		code          int
		note          string
	}{
		"it starts late and ends":       {"30 0 0 * * ?", 50 * seconds, 3 * minutes, 10 * minutes, 230 * seconds, 260 * seconds, problem.OK, ""},
		"none is seen":                  {"30 0 0 * * ?", time.Hour, 0, 10 * minutes, 90 * seconds, 95 * seconds, problem.OK, "none was seen to be running within 1m"},
		"it never ends":                 {"30 0 0 * * ?", 30 * seconds, 0, 10 * minutes, 10 * minutes, 10 * minutes, problem.Locked, ""},
		"too far away to be waited for": {"30 0 0 * * ?", 30 * seconds, 0, 80 * seconds, 0, 0, problem.Locked, ""},
		"after the run":                 {"0 5 0 * * ?", 5 * minutes, 0, 10 * minutes, 0, 0, problem.OK, ""},
		"of groups":                     {"", 0, 0, 10 * minutes, 0, 0, problem.OK, ""},
		"no time can be read":           {"often", 0, 0, 10 * minutes, 0, 0, problem.OK, `the schedule "often" cannot be read`},
		"nobody asks":                   {"30 0 0 * * ?", 30 * seconds, 0, 0, 0, 0, problem.OK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seed := sandbox.DefaultSeed()
				seed.Latency = sandbox.Latency{}
				seed.Sources[0].Schedules = []sandbox.ScheduleSeed{{Type: "GROUP_AGGREGATION", CronExpression: "0 * * * * ?"}}
				if c.cron != "" {
					seed.Sources[0].Schedules = append(seed.Sources[0].Schedules, sandbox.ScheduleSeed{CronExpression: c.cron})
					seed.Sources[0].Aggregations = []sandbox.AggregationSeed{{Start: sandbox.Duration(c.starts), Length: sandbox.Duration(c.lasts)}}
				}
				s := jobOn(t, seed, &config.Sync{AggregationWait: c.wait, AggregationZone: time.UTC, Quota: ratelimit.Quota{N: 100, Per: 10 * time.Second}})
				source, err := s.api.Source(t.Context(), seed.Sources[0].Name)
				if err != nil {
					t.Fatal(err)
				}
				run := onePut{head: &sync.Head{Source: source}}
				begun := time.Now()
				counts, err := run.Counts(t.Context())
				if err == nil {
					_, err = s.awaitDue(t.Context(), run.head, counts)
				}
				if code, _ := exit.Diagnose(err); code != c.code {
					t.Errorf("exit status %d: %v", code, err)
				}
				if took := time.Since(begun); took < c.from || took > c.to {
					t.Errorf("it took %s, want %s to %s", took, c.from, c.to)
				}
				if notes := strings.Join(s.notes, " "); c.note == "" && notes != "" || !strings.Contains(notes, c.note) {
					t.Errorf("notes %q, want %q", notes, c.note)
				}
			})
		})
	}
}

// onePut is a run that plans one operation.
type onePut struct {
	sync.Reader
	head *sync.Head
}

func (r onePut) Head() *sync.Head { return r.head }
func (r onePut) Counts(context.Context) ([]sync.Count, error) {
	return []sync.Count{{Op: diff.Put, State: sync.Withheld, N: 1}}, nil
}

// jobOn is a job on a sandbox that needs no network.
func jobOn(t *testing.T, seed *sandbox.Seed, conf *config.Sync) *Job {
	t.Helper()
	client, err := isc.New(isc.Config{BaseURL: "https://t.api.identitynow.com", ClientID: "demo", ClientSecret: "demo-secret", HTTP: sandbox.New(seed).Transport()})
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Stderr: &terminal.Console{Out: io.Discard}, Log: zerolog.New(&bytes.Buffer{})}
	return &Job{env: env, conf: conf, api: &connection.API{Client: client}, bar: &terminal.Progress{}}
}
