package signals

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// The first signal leaves time for calls under way, the end of that time leaves
// time for a last word, and a second signal leaves none.
func TestSignals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(t.Context())
		defer s.Close()
		go s.wait(io.Discard)
		s.signals <- nil
		synctest.Wait()
		word := s.LastWord()
		if !errors.Is(context.Cause(s.Draining), ErrFirst) || s.Killed.Err() != nil || word.Err() != nil {
			t.Fatalf("after one signal: %v, %v, %v", context.Cause(s.Draining), s.Killed.Err(), word.Err())
		}
		time.Sleep(grace)
		synctest.Wait()
		if !errors.Is(context.Cause(s.Killed), errGrace) || word.Err() != nil || s.LastWord().Err() != nil {
			t.Fatalf("after the grace: %v, %v", context.Cause(s.Killed), word.Err())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := New(t.Context())
		defer s.Close()
		go s.wait(io.Discard)
		word := s.LastWord()
		s.signals <- nil
		s.signals <- nil
		synctest.Wait()
		if !errors.Is(context.Cause(s.Killed), errSecond) || word.Err() == nil {
			t.Fatalf("after two signals: %v, %v", context.Cause(s.Killed), word.Err())
		}
	})
}
