package ratelimit

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// weather is a random network and server: each call takes its drawn time up,
// at work and down, or is lost or abandoned on the way.
type weather struct {
	mu      sync.Mutex
	calls   []fate
	arrived []time.Time
}

type fate struct {
	up, work, down time.Duration
	lost           bool          // the answer never comes
	patience       time.Duration // of the caller; 0 for endless
}

func (w *weather) RoundTrip(req *http.Request) (*http.Response, error) {
	f := ctxFate(req.Context())
	arrive := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.arrived = append(w.arrived, time.Now())
	}
	time.AfterFunc(f.up, arrive) // it arrives even if the caller has gone
	if f.lost {
		if err := sleep(req.Context(), f.up/2); err != nil {
			return nil, err
		}
		return nil, &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	}
	if err := sleep(req.Context(), f.up+f.work+f.down); err != nil {
		return nil, err
	}
	return answer(http.StatusOK), nil
}

type fateKey struct{}

func ctxFate(ctx context.Context) fate { return ctx.Value(fateKey{}).(fate) }

func drawWeather(t *rapid.T) []fate {
	upTo := func(d time.Duration, name string) *rapid.Generator[time.Duration] {
		return rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(d)).Draw(t, name))
		})
	}
	one := rapid.Custom(func(t *rapid.T) fate {
		f := fate{
			up:   upTo(900*time.Millisecond, "up").Draw(t, "up"),
			work: upTo(500*time.Millisecond, "work").Draw(t, "work"),
			down: upTo(900*time.Millisecond, "down").Draw(t, "down"),
			lost: rapid.IntRange(0, 9).Draw(t, "lost") == 0,
		}
		if rapid.IntRange(0, 9).Draw(t, "impatient") == 0 {
			f.patience = upTo(3*time.Second, "patience").Draw(t, "patience") + 1
		}
		return f
	})
	return rapid.SliceOfN(one, 1, 120).Draw(t, "calls")
}

func (w *weather) run(t *testing.T, rt http.RoundTripper, workers int) {
	todo := make(chan fate)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for f := range todo {
				w.one(t, rt, f)
			}
		})
	}
	for _, f := range w.calls {
		todo <- f
	}
	close(todo)
	wg.Wait()
	time.Sleep(time.Second) // for what still travels
}

func (w *weather) one(t *testing.T, rt http.RoundTripper, f fate) {
	ctx := context.WithValue(t.Context(), fateKey{}, f)
	if f.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.patience)
		defer cancel()
	}
	resp, err := rt.RoundTrip(newRequest(t, http.MethodPost, "").WithContext(ctx))
	if err == nil && resp.StatusCode != http.StatusOK {
		t.Errorf("answer %d", resp.StatusCode)
	}
	if err != nil && !f.lost && f.patience == 0 {
		t.Errorf("call failed: %v", err)
	}
}

func TestNoWindowIsEverBroken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		q := Quota{
			N:   rapid.IntRange(1, 30).Draw(rt, "N"),
			Per: time.Duration(rapid.Int64Range(int64(50*time.Millisecond), int64(5*time.Second)).Draw(rt, "Per")),
		}
		w := &weather{calls: drawWeather(rt)}
		workers := rapid.IntRange(1, 24).Draw(rt, "workers")
		synctest.Test(t, func(t *testing.T) { w.run(t, NewTransport(w, q), workers) })
		offset := time.Duration(rapid.Int64Range(0, int64(q.Per)).Draw(rt, "offset"))
		for _, l := range []limit{&slidingLimit{Quota: q}, &fixedLimit{Quota: q, offset: offset}, &bucketLimit{Quota: q}} {
			slices.SortFunc(w.arrived, time.Time.Compare)
			for i, at := range w.arrived {
				if l.admit(at) > 0 {
					rt.Fatalf("%T: request %d of %d would have been refused under %v", l, i+1, len(w.arrived), q)
				}
			}
		}
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(Quota{N: 10, Per: time.Second})
		var mu sync.Mutex
		var wg sync.WaitGroup
		var order []int
		for i := range 50 {
			wg.Go(func() {
				s, _, err := p.acquire(t.Context())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				p.answered(s)
			})
			synctest.Wait() // i is in the queue
		}
		wg.Wait()
		if len(order) != 50 || !slices.IsSorted(order) {
			t.Errorf("served in the order %v", order)
		}
	})
}

// Thousands wait, half of them give up: the others are served at the full rate
// and nobody is left behind (or synctest would report a deadlock).
func TestThousandsOfWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(Quota{N: 1000, Per: time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		start := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		served, gone := 0, 0
		for i := range 8000 {
			use := t.Context()
			if i%2 == 1 {
				use = ctx
			}
			wg.Go(func() {
				s, _, err := p.acquire(use)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					gone++
					return
				}
				served++
				p.answered(s)
			})
		}
		wg.Wait()
		if took := time.Since(start); served < 4000 || gone < 3500 || took > 4500*time.Millisecond {
			t.Errorf("%d served and %d gone after %v", served, gone, took)
		}
	})
}

// What never reached the server costs nothing; what may have, a window.
func TestSlotsOfFailedSends(t *testing.T) {
	t.Parallel()
	q := Quota{N: 1, Per: 10 * time.Second}
	tests := []struct {
		name string
		err  error
		want time.Duration // until the next send
	}{
		{"never connected", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, longestGap - gapSlack},
		{"lost", errors.New("connection reset"), q.Per + time.Millisecond + lostGrace},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tr := NewTransport(failing(1, func() (*http.Response, error) { return nil, test.err }), q)
				if _, err := tr.RoundTrip(newRequest(t, http.MethodPost, "")); !errors.Is(err, test.err) {
					t.Fatal(err)
				}
				start := time.Now()
				mustGet(t, tr)
				if took := time.Since(start); took != test.want {
					t.Errorf("next send after %v, want %v", took, test.want)
				}
			})
		})
	}
}

// The first third of a quota goes out at half the gap, the rest at the whole
// one; once a window was granted whole, only the slots hold a send back.
func TestGaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(documented)
		var at []time.Duration
		start := time.Now()
		for range 2 * documented.N {
			s, _, err := p.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(start))
			p.answered(s)
		}
		const ms = time.Millisecond
		got := []time.Duration{at[33] - at[23], at[99] - at[89], at[100] - at[0], at[199] - at[99]}
		want := []time.Duration{100 * ms, 200 * ms, 10001 * ms, 10001 * ms}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ten early gaps, ten late ones, the window, the next (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute)
		start = time.Now()
		for range 10 {
			if _, _, err := p.acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("ten sends under a quota that was granted before took %v", took)
		}
	})
}
