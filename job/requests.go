package job

import (
	"cmp"
	"slices"
	"time"

	"accountsync/ratelimit"
	"accountsync/sync"
)

// timelineMost is how many intervals a run's timeline has at most.
const timelineMost = 1000

// addRequests adds to a result what was sent for it. A run that is taken up
// again has sent something before: its latency is that of the last part.
func addRequests(r *sync.Head, earlier sync.Requests, sent *ratelimit.Record, begun time.Time) {
	stats, latency := sent.Stats(), sent.Latency()
	r.Requests = sync.Requests{Total: earlier.Total + stats.Total, Throttled: earlier.Throttled + stats.Throttled, Retried: earlier.Retried + stats.Retried,
		PausedMS: earlier.PausedMS + stats.Paused.Milliseconds(), ByCode: addCodes(earlier.ByCode, sent.Codes())}
	if latency.Count > 0 {
		r.Latency = &sync.Latency{Count: int64(latency.Count), P50MS: latency.P50.Milliseconds(), P90MS: latency.P90.Milliseconds(),
			P99MS: latency.P99.Milliseconds(), MaxMS: latency.Max.Milliseconds()}
	}
	later := int(begun.Sub(r.Started) / time.Second)
	for _, i := range sent.Course(timelineMost) {
		r.Timeline = append(r.Timeline, sync.Interval{At: later + i.At, Seconds: i.Seconds,
			Requests: i.Requests, Refused: i.Refused, PausedMS: i.Paused.Milliseconds()})
	}
}

// addCodes adds two counts of answers by code, in the order of the codes.
func addCodes(before []sync.CodeCount, codes map[int]int64) []sync.CodeCount {
	for _, c := range before {
		codes[c.Code] += c.Count
	}
	all := make([]sync.CodeCount, 0, len(codes))
	for code, n := range codes {
		all = append(all, sync.CodeCount{Code: code, Count: n})
	}
	slices.SortFunc(all, func(a, b sync.CodeCount) int { return cmp.Compare(a.Code, b.Code) })
	return all
}
