package ratelimit

import (
	"context"
	"sync/atomic"
)

// Attempts counts how often the requests of one context were sent.
type Attempts struct{ n atomic.Int64 }

// Count is the number of sends so far: 0 before the first, 2 after one retry.
func (a *Attempts) Count() int { return int(a.n.Load()) }

type attemptsKey struct{}

// WithAttempts returns a context whose requests are counted in the Attempts,
// over all requests made with it.
func WithAttempts(ctx context.Context) (context.Context, *Attempts) {
	a := new(Attempts)
	return context.WithValue(ctx, attemptsKey{}, a), a
}

func countAttempt(ctx context.Context) {
	if a, ok := ctx.Value(attemptsKey{}).(*Attempts); ok {
		a.n.Add(1)
	}
}
