package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
)

// heard is a receiver that writes down the paths it is asked for.
type heard struct {
	*httptest.Server
	mu    sync.Mutex
	paths []string
}

func listen(t *testing.T) *heard {
	h := &heard{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.paths = append(h.paths, r.URL.Path)
	}))
	t.Cleanup(h.Close)
	return h
}

// testApp is a program that logs to the builder.
func testApp(t *testing.T, log io.Writer) *app {
	a := &app{stdout: io.Discard, stderr: &console{out: io.Discard}, log: zerolog.New(log), run: &runID{}}
	_, a.stop = listenForSignals(t.Context(), a.stderr)
	t.Cleanup(a.stop.end)
	return a
}

// A bug ends a run, and is told like any other end.
func TestTellOfAPanic(t *testing.T) {
	t.Parallel()
	h, a := listen(t), testApp(t, io.Discard)
	c := &cobra.Command{Use: "sync"}
	config.NotifyFlags(c.Flags())
	c.SetArgs([]string{"--ping-url", h.URL + "/check", "--webhook", h.URL + "/hook"})
	c.SilenceErrors, c.SilenceUsage = true, true
	c.RunE = a.telling(func(c *cobra.Command, _ []string) error {
		all, err := config.Read(c.Flags(), nil, nil)
		a.teller.listen(all)
		if err == nil {
			panic("a bug")
		}
		return err
	})
	err := c.ExecuteContext(t.Context())
	if code := exit.Code(err); code != problem.Bug {
		t.Errorf("exit status %d (%v), want %d", code, err, problem.Bug)
	}
	slices.Sort(h.paths)
	if want := []string{"/check/70", "/check/start", "/hook"}; !slices.Equal(h.paths, want) {
		t.Errorf("heard %v, want %v", h.paths, want)
	}
}

// The first signal leaves time for a last word, the second does not.
func TestSignals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, s := newStop(t.Context())
		defer s.giveUp()
		go s.wait(io.Discard)
		s.notify <- nil
		synctest.Wait()
		if s.soft.Err() == nil || ctx.Err() != nil || s.last.Err() != nil {
			t.Fatalf("after one signal: %v, %v, %v", s.soft.Err(), ctx.Err(), s.last.Err())
		}
		time.Sleep(grace)
		synctest.Wait()
		if ctx.Err() == nil || s.last.Err() != nil {
			t.Fatalf("after the grace: %v, %v", ctx.Err(), s.last.Err())
		}
		s.notify <- nil
		synctest.Wait()
		if s.last.Err() == nil {
			t.Fatal("after two signals there is time for a word")
		}
	})
}
