package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/sandbox"

	"github.com/google/go-cmp/cmp"
)

// inBubble runs a test in a bubble of its own time, against a server in memory.
func inBubble(t *testing.T, test func(t *testing.T, a *api), options ...sandbox.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, inMemory(t, options...)) })
}

// inMemory is a client of a server in memory; called in a bubble it lives in the bubble's time.
func inMemory(t *testing.T, options ...sandbox.Option) *api {
	t.Helper()
	server := sandbox.New(nil, append([]sandbox.Option{sandbox.WithLatency(sandbox.Latency{}), sandbox.WithTaskDelay(0)}, options...)...)
	a := &api{t: t, server: server, base: "http://sandbox", client: &http.Client{Transport: server.Transport()}}
	a.token = a.signIn("demo", "demo-secret")
	return a
}

func TestRateTiers(t *testing.T) {
	t.Parallel()
	type step struct {
		after time.Duration // since the step before
		wait  string        // of the second of two requests, one too many; "" when it is served
	}
	for name, steps := range map[string][]step{
		"three violated intervals climb":           {{0, "60"}, {61 * time.Second, "60"}, {61 * time.Second, "60"}, {130 * time.Second, "300"}, {301 * time.Second, "300"}},
		"an hour forgets":                          {{0, "60"}, {130 * time.Second, "60"}, {time.Hour, "60"}, {130 * time.Second, "60"}, {130 * time.Second, "300"}},
		"early climbs, to the last tier":           {{0, "60"}, {30 * time.Second, "300"}, {60 * time.Second, "600"}, {60 * time.Second, "1200"}, {60 * time.Second, "1200"}},
		"what was under way is told what is left":  {{0, "60"}, {time.Second, "59"}, {60 * time.Second, "60"}},
		"the whole value is waited for and served": {{0, "60"}, {30 * time.Second, "300"}, {300 * time.Second, "300"}},
	} {
		inBubble(t, func(t *testing.T, a *api) {
			for i, step := range steps {
				time.Sleep(step.after)
				_ = a.get("/v3/sources")
				if got := a.get("/v3/sources"); got.header.Get("Retry-After") != step.wait {
					t.Errorf("%s: step %d: %d, Retry-After %q, want %q", name, i+1, got.status, got.header.Get("Retry-After"), step.wait)
				}
			}
		}, sandbox.WithRate(sandbox.Rate{Limit: 1, Tiers: true}))
	}
}

func TestFaultThrottled(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, a *api) {
		for i, want := range []string{"60", "300", "600"} {
			if got := a.get("/v3/sources"); got.status != 429 || got.header.Get("Retry-After") != want {
				t.Errorf("request %d: %d, Retry-After %q", i+1, got.status, got.header.Get("Retry-After"))
			}
			time.Sleep(5 * time.Second)
		}
		time.Sleep(10 * time.Minute)
		if got := a.get("/v3/sources"); got.status != 200 {
			t.Errorf("after the wait: %d", got.status)
		}
	}, sandbox.WithFaults(sandbox.Rule{Path: "/sources", Count: 1, Fault: sandbox.Fault{Kind: sandbox.FaultThrottled}}))
}

func TestRateKinds(t *testing.T) {
	t.Parallel()
	const limit = 4
	for _, test := range []struct {
		kind  string
		times []float64 // when requests are sent, in seconds
		waits []string  // the Retry-After of each, empty when admitted
	}{
		{sandbox.RateSliding, []float64{0, 3, 3, 9, 9.5, 10, 10, 13, 13}, []string{"", "", "", "", "1", "", "3", "", ""}},
		{sandbox.RateFixed, []float64{0, 9, 9, 9, 9, 10, 10, 10, 10, 10}, []string{"", "", "", "", "1", "", "", "", "", "10"}},
		{sandbox.RateBucket, []float64{0, 0, 0, 0, 0, 2.5, 2.5, 5, 20, 20, 20, 20, 20}, []string{"", "", "", "", "3", "", "3", "", "", "", "", "", "3"}},
		{sandbox.RateOff, make([]float64, 300), make([]string, 300)},
	} {
		rate := sandbox.Rate{Kind: test.kind, Limit: limit, Window: sandbox.Duration(10 * time.Second)}
		inBubble(t, func(t *testing.T, a *api) {
			start := time.Now()
			for i, at := range test.times {
				time.Sleep(time.Until(start.Add(time.Duration(at * float64(time.Second)))))
				got := a.get("/v3/sources")
				want := 200
				if test.waits[i] != "" {
					want = 429
				}
				if got.status != want || got.header.Get("Retry-After") != test.waits[i] {
					t.Errorf("%s: request %d at %gs: %d, Retry-After %q, want %q", test.kind, i, at, got.status, got.header.Get("Retry-After"), test.waits[i])
				}
				if want == 429 && got.body != `{"message":" Rate Limit Exceeded "}` {
					t.Errorf("%s: body %s", test.kind, got.body)
				}
			}
		}, sandbox.WithRate(rate))
	}
}

func TestRateDefaultsAndKeys(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, a *api) {
		reader := a.signIn("reader", "reader-secret")
		for range 100 {
			if got := a.get("/v3/sources"); got.status != 200 {
				t.Fatalf("within the quota: %d", got.status)
			}
		}
		if got := a.get("/v3/sources"); got.status != 429 || got.header.Get("Retry-After") != "10" {
			t.Errorf("request 101: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
		}
		// Another API version and another client have quotas of their own.
		if got := a.get("/v2025/sources"); got.status != 200 {
			t.Errorf("another version: %d", got.status)
		}
		if got := a.send("GET", "/v3/sources", "", "Authorization", "Bearer "+reader); got.status != 200 {
			t.Errorf("another client: %d", got.status)
		}
		stats := a.server.Stats()
		if stats.Refused != 1 || stats.MaxInWindow != 100 || stats.ByStatus[429] != 1 || stats.ByKind["GET /sources"] != 103 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestTaskTakesItsTime(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, a *api) {
		_, id := a.create(hr, "C9")
		filter := fmt.Sprintf("id in (%q,%q)", id, strings.Repeat("0", 32))
		running := a.get("/task-status/v1/" + id).object(t)
		if running["completionStatus"] != nil || running["completed"] != nil || running["percentComplete"] == 100.0 {
			t.Errorf("running: %v", running)
		}
		if _, there := a.lookUp(hr, "C9"); there || a.server.RunningTasks() != 1 {
			t.Errorf("before its time: account there %v, %d tasks running", there, a.server.RunningTasks())
		}
		if rows := a.get("/task-status/v1", "filters", filter).list(t); len(rows) != 1 || rows[0]["completionStatus"] != nil {
			t.Errorf("listed while running: %v", rows)
		}
		// Under v2024 the list holds completed tasks only; the others are pending tasks.
		for _, version := range []string{"beta", "v2024"} {
			if rows := a.preview("/"+version+"/task-status", "filters", filter).list(t); len(rows) != 0 {
				t.Errorf("%s: listed while running: %v", version, rows)
			}
			if rows := a.preview("/" + version + "/task-status/pending-tasks").list(t); len(rows) != 1 || rows[0]["id"] != id {
				t.Errorf("%s: pending: %v", version, rows)
			}
		}
		time.Sleep(3 * time.Second)
		rows := a.get("/task-status/v1", "filters", filter).list(t)
		if len(rows) != 1 || rows[0]["completionStatus"] != "SUCCESS" || rows[0]["percentComplete"] != 100.0 {
			t.Errorf("done: %v", rows)
		}
		if _, there := a.lookUp(hr, "C9"); !there {
			t.Error("the account is not there")
		}
		if made := a.account(hr, "C9"); made.Created.Sub(a.server.Requests()[0].Time) != 2*time.Second {
			t.Errorf("created %s after the start, want the task's 2s", made.Created.Sub(a.server.Requests()[0].Time))
		}
	}, sandbox.WithTaskDelay(2*time.Second))
}

func TestTasksListedWhileRunningIfAsked(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, a *api) {
		_, id := a.create(hr, "C9")
		if rows := a.preview("/v2024/task-status", "filters", fmt.Sprintf("id eq %q", id)).list(t); len(rows) != 1 || rows[0]["completionStatus"] != nil {
			t.Errorf("%v", rows)
		}
	}, sandbox.WithTaskDelay(time.Second), sandbox.WithSettings(sandbox.Settings{ListRunningTasks: true}))
}

func TestUnknownTaskAppears(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, a *api) {
		_, id := a.create(hr, "C9")
		for _, want := range []int{404, 200} {
			if got := a.get("/task-status/v1/" + id); got.status != want {
				t.Errorf("%d, want %d", got.status, want)
			}
			time.Sleep(5 * time.Second)
		}
	}, fault(sandbox.Fault{Kind: sandbox.FaultTaskUnknown, Delay: sandbox.Duration(4 * time.Second)}))
}

func TestLatency(t *testing.T) {
	t.Parallel()
	second := sandbox.Duration(time.Second)
	inBubble(t, func(t *testing.T, a *api) {
		account := a.account(hr, "C1001").ID
		for request, want := range map[string]time.Duration{
			"GET /v3/accounts": 1 * time.Second, "GET /v3/accounts/" + account: 2 * time.Second, "DELETE /v3/accounts/" + account: 3 * time.Second,
			"POST /oauth/token": 4 * time.Second, "GET /v3/sources": 12 * time.Second, // 10 s slower by fault
		} {
			method, path, _ := strings.Cut(request, " ")
			start := time.Now()
			a.send(method, path, "")
			if took := time.Since(start); took != want {
				t.Errorf("%s took %s, want %s", request, took, want)
			}
		}
	}, sandbox.WithLatency(sandbox.Latency{List: second, Read: 2 * second, Write: 3 * second, Token: 4 * second}),
		sandbox.WithFaults(sandbox.Rule{Path: "/sources", Fault: sandbox.Fault{Kind: sandbox.FaultSlow, Delay: 10 * second}}))
}

func TestClientThatHangsUpDoesNotUndo(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, a *api) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		body := strings.NewReader(fmt.Sprintf(`{"attributes":{"sourceId":%q,"employeeId":"C9"}}`, a.sourceID(hr)))
		request, err := http.NewRequestWithContext(ctx, "POST", a.base+"/v3/accounts", body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+a.token)
		request.Header.Set("Content-Type", "application/json")
		if response, err := a.client.Do(request); !errors.Is(err, context.DeadlineExceeded) {
			response.Body.Close()
			t.Errorf("answered %v, %v", response, err)
		}
		if _, there := a.lookUp(hr, "C9"); !there {
			t.Error("the work was not done")
		}
		if response, err := a.client.Do(request); err == nil {
			response.Body.Close()
			t.Error("a request whose context is over was served")
		}
	}, sandbox.WithLatency(sandbox.Latency{Write: sandbox.Duration(time.Minute)}))
}

func TestTransportAnswersLikeASocket(t *testing.T) {
	t.Parallel()
	rules := []sandbox.Rule{
		{Path: "/sources", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultLostAfter}},
		{Path: "/sources", Nth: 3, Fault: sandbox.Fault{Kind: sandbox.FaultCutBody}},
	}
	script := func(a *api) (seen []string) {
		for range 4 {
			got := a.send("GET", "/v3/sources", "", "Accept-Encoding", "identity")
			seen = append(seen, fmt.Sprint(got.status, len(got.body), got.header.Get("Content-Type"), got.err != nil))
		}
		got := a.send("POST", "/oauth/token", url.Values{"grant_type": {"x"}}.Encode(), "Content-Type", formMedia)
		return append(seen, got.body)
	}
	var memory []string
	inBubble(t, func(_ *testing.T, a *api) { memory = script(a) }, sandbox.WithFaults(rules...))
	if diff := cmp.Diff(script(newAPI(t, nil, sandbox.WithFaults(rules...))), memory); diff != "" {
		t.Errorf("socket (-) and memory (+) differ:\n%s", diff)
	}
	if !slices.ContainsFunc(memory, func(line string) bool { return strings.HasSuffix(line, "true") }) {
		t.Errorf("no fault happened: %q", memory)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	server := sandbox.New(nil)
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:80", "nonsense"} {
		if _, _, err := server.Start(addr); err == nil {
			t.Errorf("%s: served", addr)
		}
	}
	base, stop, err := server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := server.Start(strings.TrimPrefix(base, "http://")); err == nil {
		t.Error("one port served twice")
	}
	response, err := http.Get(base + "/v3/accounts")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	if response.StatusCode != 401 {
		t.Error("status " + strconv.Itoa(response.StatusCode))
	}
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
	if response, err := http.Get(base); err == nil {
		response.Body.Close()
		t.Error("still serving")
	}
}

func sleepSeconds(n int) { time.Sleep(time.Duration(n) * time.Second) }
