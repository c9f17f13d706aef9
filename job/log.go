package job

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"accountsync/config"
	"accountsync/internal/terminal"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/rs/zerolog"
)

// NewLog logs to stderr: for people on a terminal, as JSON elsewhere. Each line
// carries the id of the run at hand; none ever holds an attribute value or a token.
func NewLog(c *config.Sync, w io.Writer, run *RunID) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(c.LogLevel)
	if err != nil {
		return zerolog.Nop(), err
	}
	switch c.LogFormat {
	case "console":
		w = consoleLog(w)
	case "auto":
		if terminal.Is(w) {
			w = consoleLog(w)
		}
	}
	if c.Quiet && level < zerolog.WarnLevel {
		level = zerolog.WarnLevel
	}
	return zerolog.New(scrubbed{w}).Level(level).With().Timestamp().Logger().Hook(run), nil
}

func consoleLog(w io.Writer) io.Writer {
	return zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05", NoColor: !terminal.Is(w)}
}

// RunID is the id of the run at hand. The log is one for the whole program and
// the limiter's lines belong to a run too, so it is looked up line by line.
type RunID struct{ atomic.Pointer[string] }

// Run adds the id to a line.
func (r *RunID) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	if id := r.Load(); id != nil {
		e.Str("run", *id)
	}
}

// newRunID is the start in UTC and a few letters or digits.
func newRunID(begun time.Time) string {
	return begun.UTC().Format("20060102T150405Z") + "-" + strings.ToLower(rand.Text()[:4])
}

// scrubbed masks what looks like somebody's data in whatever comes to be
// logged: the last line of defence, behind those who never say any.
type scrubbed struct{ io.Writer }

// Write writes one line.
func (s scrubbed) Write(line []byte) (int, error) {
	if _, err := s.Writer.Write([]byte(reports.Impersonal(string(line)))); err != nil {
		return 0, err
	}
	return len(line), nil
}

// news is the level of the lines that say how a run goes: a machine that asks
// for JSON wants them, a person has the tables.
func news(c *config.Sync) zerolog.Level {
	if c.LogFormat == "json" {
		return zerolog.InfoLevel
	}
	return zerolog.DebugLevel
}

// mostLogged is how many operations are logged of one run; the files have all.
const mostLogged = 100

// logEnd logs what did not end well, and how the run ended.
func (j *Job) logEnd(ctx context.Context) {
	h, level := j.head, news(j.conf)
	unsettled := 0
	if j.record != nil {
		counts, _ := j.record.Counts(ctx)
		for _, c := range counts {
			if c.State == sync.Failed || c.State == sync.Stale {
				unsettled += c.N
			}
		}
		f := sync.Filter{States: []sync.State{sync.Failed, sync.Stale}, Limit: mostLogged}
		for op, err := range j.record.Operations(ctx, f) {
			if err != nil || unsettled == 0 {
				break
			}
			j.logOperation(level, op)
		}
	}
	line := j.env.Log.WithLevel(level).Str("command", h.Command).Str("outcome", string(h.Outcome)).Int("exit_code", h.ExitCode).
		Int("unsettled", unsettled).Int64("requests", h.Requests.Total).Dur("took_ms", h.Finished.Sub(h.Started))
	if h.Error != "" && j.report != nil {
		if text, err := reports.ImpersonalError(ctx, j.report); err == nil {
			line.Str("error", text)
		}
	}
	line.Msg("the run ended")
}

// logOperation names the account by its id and the row by its line: a key can
// be somebody's name.
func (j *Job) logOperation(level zerolog.Level, op *sync.Operation) {
	line := j.env.Log.WithLevel(level).Str("op", string(op.Op)).Str("account", op.AccountID()).Int("line", op.Line).Str("state", string(op.State)).
		Int("http", op.HTTP).Int("attempts", op.Attempts)
	if op.TrackingID != "" {
		line.Str("tracking_id", op.TrackingID)
	}
	line.Str("error", reports.Impersonal(cmp.Or(op.Error, reports.Words(op, op.Reason)), op)).Str("code", string(op.Reason.Code)).Msg("an operation did not end well")
}
