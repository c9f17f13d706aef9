package reports

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// headSchema names the shape of a head as JSON.
const headSchema = "accountsync/webhook/v1"

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
// totals and the guards of its source, and the command to type next. It holds
// no account, no key and no value. A head without an outcome is that of a
// command that ended before there was a run.
func WriteHead(ctx context.Context, w io.Writer, r *Run, next string) error {
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	told, err := ImpersonalError(ctx, r)
	if err != nil {
		return err
	}
	h := runHead{Schema: headSchema, Run: o.Run, Command: o.Command, Version: o.Version, Outcome: o.Outcome, ExitCode: o.ExitCode,
		Error: told, Hint: o.Hint, Next: next, Started: o.Started, Finished: o.Finished, Tenant: o.Tenant, API: o.API, Sources: []headSource{}}
	if o.Outcome != "" {
		h.Requests = &o.Requests
	}
	if known(o.Head) {
		h.Sources = append(h.Sources, headSource{o.Source, o.Input, o.Listing, o.Guards, o.Totals})
	}
	if err := json.MarshalWrite(w, h, jsonOptions, jsontext.WithIndent("  ")); err != nil {
		return fmt.Errorf("the head of the result: %w", err)
	}
	return nil
}

// WriteSummary writes what summary.md holds.
func WriteSummary(ctx context.Context, w io.Writer, r *Run) error {
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	return writeMarkdown(w, s)
}
