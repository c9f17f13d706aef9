package ratelimit

import (
	"testing"
	"testing/synctest"
	"time"
)

// simulate runs the job through a Transport that believes in the documented
// quota, against a server that counts by l. The time is virtual.
func simulate(t *testing.T, l limit, j job, seed uint64) (took time.Duration, refused int) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Duration(seed) * 1733 * time.Millisecond) // elsewhere in a fixed window
		s := newServer(l, j.call, seed)
		took = j.run(t, NewTransport(s, documented))
		refused = s.refused
	})
	return took, refused
}

func TestFigures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		granted Quota
		job     job
		ratio   float64 // of the bound, at most
		refused int     // at most
	}{
		{"writes under the documented quota", documented, writes, 1.03, 0},
		{"pages under the documented quota", documented, pages, 1.09, 0},
		{"writes when half is granted", half, writes, 1.12, 14},
		{"pages when half is granted", half, pages, 1.17, 10},
	}
	for _, test := range tests {
		for _, kind := range kinds {
			t.Run(test.name+"/"+kind.name, func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(5) {
					took, refused := simulate(t, kind.limit(test.granted), test.job, seed)
					ratio := took.Seconds() / test.job.bound(test.granted).Seconds()
					if ratio > test.ratio || refused > test.refused {
						t.Errorf("seed %d: %.4f of the bound and %d refusals, want at most %.2f and %d",
							seed, ratio, refused, test.ratio, test.refused)
					}
				}
			})
		}
	}
}

func TestFastQuotaIsNotHeldByTheGap(t *testing.T) {
	t.Parallel()
	q := Quota{N: 1000, Per: time.Second}
	j := job{n: 5000, workers: 500, call: 50 * time.Millisecond}
	synctest.Test(t, func(t *testing.T) {
		s := newServer(&slidingLimit{Quota: q}, j.call, 1)
		took := j.run(t, NewTransport(s, q))
		// Four windows, the calls in each, which slots wait out too, and the
		// gaps of the first window, which take a fifth of it.
		if most := 4*q.Per + 6*j.call + q.Per/5; took > most || s.refused > 0 {
			t.Errorf("took %v with %d refusals, want at most %v and none", took, s.refused, most)
		}
	})
}
