package reports

import (
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// HeadSchema names the shape of a head as JSON.
const HeadSchema = "accountsync/webhook/v1"

// runHead is a result without its accounts.
type runHead struct {
	Schema   string         `json:"schema"`
	Run      string         `json:"run"`
	Command  string         `json:"command"`
	Version  string         `json:"version"`
	Outcome  sync.Outcome   `json:"outcome,omitempty"`
	ExitCode int            `json:"exit_code"`
	Error    string         `json:"error,omitempty"`
	Hint     string         `json:"hint,omitempty"`
	Next     string         `json:"next,omitempty"`
	Started  time.Time      `json:"started"`
	Finished time.Time      `json:"finished"`
	Tenant   string         `json:"tenant,omitempty"`
	API      string         `json:"api,omitempty"`
	Requests *sync.Requests `json:"requests,omitempty"`
	Sources  []headSource   `json:"sources"`
}

type headSource struct {
	Source  account.Source `json:"source"`
	Input   sync.Input     `json:"input"`
	Listing sync.Listing   `json:"listing"`
	Guards  []diff.Guard   `json:"guards"`
	Totals  sync.Totals    `json:"totals"`
}

// WriteHead writes what others are told of a run, as JSON: how it ended, the
// totals and the guards of each source, and the command to type next. It holds
// no account, no key and no value. A result without an outcome is that of a
// command that ended before there was a run.
func WriteHead(w io.Writer, r *sync.Result, next string) error {
	h := runHead{Schema: HeadSchema, Run: r.Run, Command: r.Command, Version: r.Version, Outcome: r.Outcome, ExitCode: r.ExitCode,
		Error: ImpersonalError(r), Hint: r.Hint, Next: next, Started: r.Started, Finished: r.Finished,
		Tenant: r.Tenant, API: r.API, Sources: []headSource{}}
	if r.Outcome != "" {
		h.Requests = &r.Requests
	}
	for _, s := range r.Sources {
		h.Sources = append(h.Sources, headSource{s.Source, s.Input, s.Listing, s.Guards, s.Totals})
	}
	if err := json.MarshalWrite(w, h, jsonOptions, jsontext.WithIndent("  ")); err != nil {
		return fmt.Errorf("the head of the result: %w", err)
	}
	return nil
}

// WriteSummary writes what summary.md holds.
func WriteSummary(w io.Writer, r *sync.Result) error { return writeMarkdown(w, r) }
