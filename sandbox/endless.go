package sandbox

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// chunks gives the next part of a body that goes on after it should have ended, or the error that the context
// of its request ended with.
type chunks func(context.Context) ([]byte, error)

// silence never gives anything.
func silence(ctx context.Context) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// blanks gives one blank every so often, or many at once without a pause.
func blanks(pause time.Duration) chunks {
	if pause <= 0 {
		page := bytes.Repeat([]byte(" "), 32<<10)
		return func(ctx context.Context) ([]byte, error) { return page, ctx.Err() }
	}
	return func(ctx context.Context) ([]byte, error) {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
			return []byte(" "), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// goOn sends the first part of a body and whatever follows, until the client hangs up.
func goOn(w http.ResponseWriter, c *call, first []byte, more chunks) {
	if memory, ok := w.(*memoryWriter); ok {
		memory.body, memory.more = first, more
		return
	}
	flush(w, first)
	for {
		part, err := more(c.request.Context())
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		flush(w, part)
	}
}

// flush sends a part of a body at once.
func flush(w http.ResponseWriter, part []byte) {
	_, _ = w.Write(part) // a client that has gone ends the request's context
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush()
	}
}

// chunkReader is the body of an answer in memory that goes on. Closing it ends a read under way.
type chunkReader struct {
	ctx  context.Context
	stop context.CancelFunc
	held []byte
	more chunks
}

func newChunkReader(ctx context.Context, first []byte, more chunks) io.ReadCloser {
	ctx, stop := context.WithCancel(ctx)
	return &chunkReader{ctx, stop, first, more}
}

func (r *chunkReader) Read(into []byte) (int, error) {
	if len(r.held) == 0 {
		part, err := r.more(r.ctx)
		if err != nil {
			return 0, err
		}
		r.held = part
	}
	n := copy(into, r.held)
	r.held = r.held[n:]
	return n, nil
}

func (r *chunkReader) Close() error {
	r.stop()
	return nil
}
