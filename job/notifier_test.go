package job

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

// testEnv is that of a program that logs to the writer.
func testEnv(t *testing.T, log io.Writer) *Env {
	console := &terminal.Console{Out: io.Discard}
	env := NewEnv("test", nil, nil, io.Discard, console, signals.Listen(t.Context(), console))
	env.Log = zerolog.New(log)
	t.Cleanup(env.Stop.Close)
	return env
}

// A bug ends a run, and is told like any other end.
func TestTellOfAPanic(t *testing.T) {
	t.Parallel()
	h, env := listen(t), testEnv(t, io.Discard)
	c := &cobra.Command{Use: "sync"}
	config.NotifyFlags(c.Flags())
	c.SetArgs([]string{"--ping-url", h.URL + "/check", "--webhook", h.URL + "/hook"})
	c.SilenceErrors, c.SilenceUsage = true, true
	c.RunE = func(c *cobra.Command, _ []string) error {
		return env.Notify(c.Name(), func() error {
			all, err := config.Read(c.Flags(), nil, nil)
			env.Notifier.Listen(all)
			if err == nil {
				panic("a bug")
			}
			return err
		})
	}
	err := c.ExecuteContext(t.Context())
	if code := exit.Code(err); code != problem.Bug {
		t.Errorf("exit status %d (%v), want %d", code, err, problem.Bug)
	}
	slices.Sort(h.paths)
	if want := []string{"/check/70", "/check/start", "/hook"}; !slices.Equal(h.paths, want) {
		t.Errorf("heard %v, want %v", h.paths, want)
	}
}
