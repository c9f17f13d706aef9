package sync_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/sandbox"
)

// span is one request on its way.
type span struct {
	what           string
	writes         bool
	sent, answered time.Time
}

// timed notes when each request is sent and answered, below the limiter.
type timed struct {
	next  http.RoundTripper
	lock  gosync.Mutex
	spans []span
}

func (t *timed) RoundTrip(r *http.Request) (*http.Response, error) {
	s := span{what: r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v3"), sent: time.Now(),
		writes: r.Method != http.MethodGet && r.URL.Path != "/oauth/token"}
	answer, err := t.next.RoundTrip(r)
	s.answered = time.Now()
	t.lock.Lock()
	defer t.lock.Unlock()
	t.spans = append(t.spans, s)
	return answer, err
}

// gap is a time in which nothing was under way although there was something to
// send, and a place under the quota.
type gap struct {
	length        time.Duration
	before, after span
}

// idle gives the longest gap. What a write changes shows delay after its
// answer: until then a look would be in vain.
func (t *timed) idle(n int, per, delay time.Duration) (longest gap) {
	slices.SortFunc(t.spans, func(a, b span) int { return a.sent.Compare(b.sent) })
	var last span       // answered last
	var shows time.Time // when all that was written shows
	for i, s := range t.spans {
		free := last.answered
		if i >= n {
			answers := make([]time.Time, i)
			for j := range i {
				answers[j] = t.spans[j].answered
			}
			slices.SortFunc(answers, time.Time.Compare)
			if quota := answers[i-n].Add(per + 10*time.Millisecond); quota.After(free) {
				free = quota
			}
		}
		if !s.writes && shows.After(free) {
			free = shows
		}
		if i > 0 && s.sent.Sub(free) > longest.length {
			longest = gap{s.sent.Sub(free), last, s}
		}
		if s.answered.After(last.answered) {
			last = s
		}
		if at := s.answered.Add(delay); s.writes && at.After(shows) {
			shows = at
		}
	}
	return longest
}

// idleRun is a run whose idle times are measured.
type idleRun struct {
	each   int           // so many operations of each kind
	delay  time.Duration // of tasks
	list   time.Duration // of lists
	canary int
}

// gap carries the run out in virtual time: creates, some with several values,
// an identity or a state that follow, puts, state changes, removals.
func (r idleRun) gap(t *testing.T) (g gap, requests int) {
	source := sandbox.SourceSeed{Name: "S", DeleteThreshold: 100, Accounts: live(4 * r.each), Schema: sandbox.SchemaSeed{
		IdentityAttribute: "id", DisplayAttribute: "id", Attributes: []sandbox.AttributeSeed{{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}, {Name: "note"}}}}
	seed := &sandbox.Seed{Clients: []sandbox.Client{{ID: "me", Secret: "s"}}, Identities: []sandbox.IdentitySeed{{Name: "Ada", ID: ada}},
		Sources: []sandbox.SourceSeed{source}, TaskDelay: sandbox.Duration(r.delay),
		Latency: sandbox.Latency{List: sandbox.Duration(r.list), Write: sandbox.Duration(150 * time.Millisecond)}}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, server: sandbox.New(seed)}
		defer w.set()()
		var csv strings.Builder
		csv.WriteString("id,city,groups,account.disabled,account.identityId\n")
		for i := range r.each {
			fmt.Fprintf(&csv, "a%d,Oslo,VPN,,\na%d,Paris,VPN,,\na%d,Oslo,VPN,true,\n", i, r.each+i, 2*r.each+i)
			switch i % 3 {
			case 0:
				fmt.Fprintf(&csv, "n%d,Rome,VPN;Mail,,\n", i)
			case 1:
				fmt.Fprintf(&csv, "n%d,Rome,VPN,true,%s\n", i, ada)
			default:
				fmt.Fprintf(&csv, "n%d,Rome,VPN,,\n", i)
			}
		}
		w.file(csv.String())
		w.terms.Canary = r.canary
		wire := &timed{next: w.server.Transport()}
		w.client = w.connectBy(wire)
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range got.Operations {
			if !op.Settled() {
				t.Fatalf("%s %s: %s %+v", op.Op, op.Key, op.State, op.Reason)
			}
		}
		g, requests = wire.idle(100, 10*time.Second, r.delay), len(wire.spans)
	})
	return g, requests
}

func (r idleRun) String() string {
	return fmt.Sprintf("each=%d,delay=%s,list=%s,canary=%d", r.each, r.delay, r.list, r.canary)
}

var idleRuns = []idleRun{
	{each: 1, list: 300 * time.Millisecond}, {each: 4, list: 300 * time.Millisecond}, {each: 40, list: 300 * time.Millisecond},
	{each: 200, list: 300 * time.Millisecond}, {each: 200, list: time.Second}, {each: 40, list: 300 * time.Millisecond, canary: 5},
	{each: 4, list: 300 * time.Millisecond, delay: 2 * time.Second}, {each: 200, list: 300 * time.Millisecond, delay: 2 * time.Second},
	{each: 200, list: 50 * time.Millisecond, delay: 700 * time.Millisecond}, {each: 40, list: 50 * time.Millisecond, delay: 20 * time.Second},
}

// While there is something to send, and a place under the quota, nothing waits
// for longer than 100 ms. How long tasks take has to be found out: by looks that
// are a quarter of that time apart at most.
func TestNoIdleQuota(t *testing.T) {
	t.Parallel()
	for _, r := range idleRuns {
		t.Run(r.String(), func(t *testing.T) {
			t.Parallel()
			g, requests := r.gap(t)
			if most := max(100*time.Millisecond, r.delay/4); g.length > most {
				t.Errorf("%v idle, %v at most: %s, answered, then %s", g.length, most, g.before.what, g.after.what)
			}
			t.Logf("%d requests, %v idle at most", requests, g.length)
		})
	}
}

// BenchmarkIdle carries the same runs out. The time is virtual: what counts is
// the longest time in which the quota had a place and the run something to send.
func BenchmarkIdle(b *testing.B) {
	for _, r := range idleRuns {
		b.Run(r.String(), func(b *testing.B) {
			var g gap
			requests := 0
			for b.Loop() {
				inBubble(b, func(t *testing.T) { g, requests = r.gap(t) })
			}
			b.ReportMetric(float64(g.length.Milliseconds()), "ms-idle")
			b.ReportMetric(float64(requests), "requests")
		})
	}
}

// inBubble gives a benchmark what synctest keeps for tests.
func inBubble(b *testing.B, f func(t *testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(all, []testing.InternalTest{{Name: b.Name(), F: f}}) {
		b.Fatal("the run failed")
	}
}
