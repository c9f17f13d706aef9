package isc

import (
	"net/http/httptrace"
	"sync/atomic"
)

// watch sees which attempts of one request went out and came back, through
// whatever stack of transports carries them.
type watch struct {
	asked atomic.Bool  // the transport tells what it does
	last  atomic.Bool  // the newest attempt went out
	open  atomic.Int32 // attempts that went out and got not one byte back
}

func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true); w.last.Store(false) },
		WroteHeaders: func() {
			w.last.Store(true)
			w.open.Add(1)
		},
		GotFirstResponseByte: func() { w.open.Add(-1) },
	}
}

// unanswered reports whether the server may have had a request that ended in
// err, or with the caller's context.
func (w *watch) unanswered(err error, ended bool) bool {
	if !w.asked.Load() { // no net/http below: only the error can tell
		return !neverSent(err) && !ended
	}
	return w.open.Load() > 0 || w.last.Load() && !ended
}
