package connection

import (
	"fmt"
	"sync/atomic"
	"time"

	"accountsync/internal/network"
	"accountsync/internal/text"
	"accountsync/ratelimit"

	"github.com/rs/zerolog"
)

// observer logs what a connection meets.
type observer struct {
	log     *zerolog.Logger
	retries seldom // when a lost connection was told of
}

// deprecated warns of an operation that the API marks as deprecated.
func (o *observer) deprecated(method, path string) {
	o.log.Warn().Str("method", method).Str("path", shownPath(path)).Msg("the API marks this operation as deprecated: choose another --api before it ends")
}

// observe logs what the limiter meets.
func (o *observer) observe(e ratelimit.Event) {
	switch e.Kind {
	case ratelimit.Paused:
		said := "the API refused a request without saying how long to wait: every worker pauses"
		if e.Asked {
			said = fmt.Sprintf("the API asks to wait %s (Retry-After): every worker waits", text.Wait(e.Wait))
		}
		o.log.Warn().Dur("wait_ms", e.Wait).Int("status", e.Status).Msg(said)
	case ratelimit.RateChanged:
		o.log.Info().Float64("requests_per_second", e.Rate).Msg("rate changed")
	case ratelimit.Retrying:
		if e.Status == 0 && e.Err != nil && o.retries.due(time.Now()) {
			o.log.Warn().Str("reason", network.Reason(e.Err)).Int("tries", e.Tries).Msg("no answer from the API: sending again")
			return
		}
		o.log.Debug().Str("method", e.Method).Int("status", e.Status).Int("tries", e.Tries).Msg("sending again")
	}
}

// seldom lets something be said at once, and then every few seconds: many
// workers lose their connections at the same time.
type seldom struct{ last atomic.Int64 } // Unix milliseconds

func (s *seldom) due(now time.Time) bool {
	const every = 5000
	last := s.last.Load()
	return now.UnixMilli()-last >= every && s.last.CompareAndSwap(last, now.UnixMilli())
}
