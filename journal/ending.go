package journal

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// lastPatience is how long all of the program waits for a PostgreSQL that is
	// away, once it is to end. An outcome that cannot be recorded by then is found
	// by who resumes the run.
	lastPatience = 5 * time.Second
	// lastAnswer is how long each answer is waited for after that.
	lastAnswer = 2 * time.Second
)

// ending is how the store of a program ends that was told to end. A server that is
// stopped, or behind a network that fell silent, sends not even an error: without
// a time for its answers the program would wait for as long as the system likes.
type ending struct {
	over   context.Context // done when waiting ends
	cancel context.CancelFunc
	stop   func() bool
	silent atomic.Bool // an answer did not come: nothing more is asked
}

// begin has waiting end some time after a context.
func (e *ending) begin(ctx context.Context) {
	e.over, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	e.stop = context.AfterFunc(ctx, func() { time.AfterFunc(lastPatience, e.cancel) })
}

// end ends it: the store is closed.
func (e *ending) end() {
	e.stop()
	e.cancel()
}

// dialer makes connections that end with it.
func (e *ending) dialer(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if e.silent.Load() {
			return nil, os.ErrDeadlineExceeded
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c := &endingConn{Conn: conn, ending: e}
		c.stop = context.AfterFunc(e.over, c.limit)
		return c, nil
	}
}

// endingConn is a connection whose answers have a time once waiting has ended.
type endingConn struct {
	net.Conn
	ending *ending
	stop   func() bool
}

// limit gives the next answer its time.
func (c *endingConn) limit() { _ = c.SetReadDeadline(time.Now().Add(lastAnswer)) }

// Write sends a question.
func (c *endingConn) Write(p []byte) (int, error) {
	switch {
	case c.ending.silent.Load():
		return 0, os.ErrDeadlineExceeded
	case c.ending.over.Err() != nil:
		c.limit()
	}
	return c.Conn.Write(p)
}

// Read reads an answer.
func (c *endingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) && c.ending.over.Err() != nil {
		c.ending.silent.Store(true)
	}
	return n, err
}

// Close closes the connection.
func (c *endingConn) Close() error {
	c.stop()
	return c.Conn.Close()
}
