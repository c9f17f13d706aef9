package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/signals"
	"accountsync/internal/terminal"

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
	a := &app{stdout: io.Discard, stderr: &terminal.Console{Out: io.Discard}, log: zerolog.New(log), run: &runID{}}
	a.stop = signals.Listen(t.Context(), a.stderr)
	t.Cleanup(a.stop.Close)
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
