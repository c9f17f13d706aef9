package ratelimit

import (
	"context"
	"time"
)

type checkKey struct{}

// stale is how old what a check says may be: the process may have been stopped
// while it asked.
const stale = time.Second

// WithCheck returns a context whose requests are sent only if check, called
// right before each send, when all waiting is over, has no error. Its error is
// in that of RoundTrip, and nothing is sent again.
func WithCheck(ctx context.Context, check func() error) context.Context {
	return context.WithValue(ctx, checkKey{}, check)
}

// unfit is a request that its check did not let pass.
type unfit struct{ error }

func (u unfit) Unwrap() error { return u.error }

func checked(ctx context.Context) error {
	if check, ok := ctx.Value(checkKey{}).(func() error); ok {
		for range 5 { // the last time it is slow, not stopped
			began := time.Now()
			if err := check(); err != nil {
				return unfit{err}
			}
			if time.Since(began) < stale {
				return nil
			}
		}
	}
	return nil
}
