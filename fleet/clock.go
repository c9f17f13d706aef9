package fleet

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// clock is the database's, as far as this machine can tell: what all workers
// have in common. It is given to River too, which would else schedule by the
// clock of whichever machine leads.
type clock struct {
	local  func() time.Time
	offset atomic.Int64 // in nanoseconds: of the database's clock from the local one
}

func newClock(local func() time.Time) *clock {
	if local == nil {
		local = time.Now
	}
	return &clock{local: local}
}

// set compares the clocks.
func (c *clock) set(ctx context.Context, db *pgxpool.Pool) error {
	before := c.local()
	var now time.Time
	if err := db.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return err
	}
	after := c.local()
	c.offset.Store(int64(now.Sub(before.Add(after.Sub(before) / 2))))
	return nil
}

// Now is the time.
func (c *clock) Now() time.Time { return c.local().Add(time.Duration(c.offset.Load())) }

// NowOrNil lets the database use its own clock.
func (c *clock) NowOrNil() *time.Time { return nil }
