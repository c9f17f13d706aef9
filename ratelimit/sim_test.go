package ratelimit

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A limit is how a server counts. admit answers 0 for a request it takes, else
// how long until it would.
type limit interface {
	admit(now time.Time) time.Duration
}

// slidingLimit takes N requests in any Per.
type slidingLimit struct {
	Quota
	taken []time.Time
}

func (l *slidingLimit) admit(now time.Time) time.Duration {
	for len(l.taken) > 0 && now.Sub(l.taken[0]) >= l.Per {
		l.taken = l.taken[1:]
	}
	if len(l.taken) >= l.N {
		return l.taken[0].Add(l.Per).Sub(now)
	}
	l.taken = append(l.taken, now)
	return 0
}

// fixedLimit takes N requests in each Per on its own clock, which is offset
// from ours.
type fixedLimit struct {
	Quota
	offset time.Duration
	window int64
	taken  int
}

func (l *fixedLimit) admit(now time.Time) time.Duration {
	clock := now.UnixNano() + int64(l.offset)
	if w := clock / int64(l.Per); w != l.window {
		l.window, l.taken = w, 0
	}
	if l.taken >= l.N {
		return time.Duration((l.window+1)*int64(l.Per) - clock)
	}
	l.taken++
	return 0
}

// bucketLimit takes N at once and then N a Per, evenly.
type bucketLimit struct {
	Quota
	used float64
	last time.Time
}

func (l *bucketLimit) admit(now time.Time) time.Duration {
	perRequest := l.Per.Seconds() / float64(l.N)
	if !l.last.IsZero() {
		l.used = max(0, l.used-now.Sub(l.last).Seconds()/perRequest)
	}
	l.last = now
	if l.used+1 > float64(l.N)+1e-9 {
		return time.Duration((l.used + 1 - float64(l.N)) * perRequest * float64(time.Second))
	}
	l.used++
	return 0
}

// kind is one of the three kinds of server.
type kind struct {
	name  string
	limit func(q Quota) limit
}

var kinds = []kind{
	{"sliding", func(q Quota) limit { return &slidingLimit{Quota: q} }},
	{"fixed", func(q Quota) limit { return &fixedLimit{Quota: q, offset: q.Per * 37 / 100} }},
	{"bucket", func(q Quota) limit { return &bucketLimit{Quota: q} }},
}

// server is a quota server at the other end of a network with delays. It
// counts a request when it arrives there.
type server struct {
	mu      sync.Mutex
	limit   limit
	random  *rand.Rand
	call    time.Duration // a whole call, on average
	jitter  time.Duration // each way takes 20 ms, more or less by this
	refused int
	served  int
}

const oneWay = 20 * time.Millisecond

func newServer(l limit, call time.Duration, seed uint64) *server {
	return &server{limit: l, random: rand.New(rand.NewPCG(seed, 7)), call: call, jitter: 15 * time.Millisecond}
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	up, down := s.delays()
	if err := sleep(req.Context(), up); err != nil {
		return nil, err
	}
	s.mu.Lock()
	wait := s.limit.admit(time.Now())
	if wait > 0 {
		s.refused++
	} else {
		s.served++
	}
	s.mu.Unlock()
	if wait > 0 {
		time.Sleep(down)
		return answer(http.StatusTooManyRequests, "Retry-After", seconds(wait)), nil
	}
	return answer(http.StatusOK), sleep(req.Context(), s.call-2*oneWay+down)
}

func (s *server) delays() (up, down time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := func() time.Duration {
		return oneWay + time.Duration((2*s.random.Float64()-1)*float64(s.jitter))
	}
	return one(), one()
}

func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

// answer is a response with header fields given as name, value, name, value.
func answer(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("{}"))}
}

// job is a number of equal calls, made by workers.
type job struct {
	name       string
	n, workers int
	call       time.Duration
}

var (
	writes = job{name: "writes", n: 940, workers: 16, call: 150 * time.Millisecond}
	pages  = job{name: "pages", n: 380, workers: 16, call: 300 * time.Millisecond}
)

// bound is the least time the job takes under q: all windows but the last are
// waited out, and the last call is made.
func (j job) bound(q Quota) time.Duration {
	return time.Duration((j.n-1)/q.N)*q.Per + j.call
}

// run makes all calls through rt and tells how long it took. Each must be
// answered 200.
func (j job) run(t *testing.T, rt http.RoundTripper) time.Duration {
	start := time.Now()
	todo := make(chan int)
	var wg sync.WaitGroup
	for range j.workers {
		wg.Go(func() {
			for range todo {
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://api.test/accounts", nil)
				resp, err := rt.RoundTrip(req)
				if err != nil {
					t.Errorf("call failed: %v", err)
					continue
				}
				if resp.StatusCode != http.StatusOK {
					t.Errorf("call ended with %d", resp.StatusCode)
				}
			}
		})
	}
	for i := range j.n {
		todo <- i
	}
	close(todo)
	wg.Wait()
	return time.Since(start)
}

var (
	documented = Quota{N: 100, Per: 10 * time.Second}
	half       = Quota{N: 50, Per: 10 * time.Second}
)
