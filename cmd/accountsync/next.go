package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/pflag"
)

// resumable reports whether the run ended early and goes on from its record.
// Then the next command says how, and a hint only what to see to before.
func (s *session) resumable() bool {
	if !s.applied || s.record == nil || !s.record.Status().Sealed {
		return false
	}
	return errors.Is(s.cause, context.Canceled) || errors.Is(s.cause, sync.ErrCanary) || errors.Is(s.cause, sync.ErrBudget) ||
		errors.Is(s.cause, sync.ErrRecord) || sync.Denied(s.cause) || sync.Unreachable(s.cause)
}

// nextCommand is the command to type next, when something is left to do.
func (s *session) nextCommand(ctx context.Context) string {
	h := s.head
	failed, plan := s.files.Path(reports.FailedCSV), s.files.Path(reports.PlanName(h.Run))
	switch {
	case !s.applied && h.Error == "" && (h.Outcome == sync.Planned || h.Outcome == sync.Partial) && s.operations(ctx) > 0 && plan != "":
		return s.next("apply", plan)
	case s.resumable():
		return s.next("resume", h.Run)
	case s.applied && h.ExitCode == problem.Partial && failed != "" && s.conf.Source != "":
		return s.next("sync", "--source", s.conf.Source, "--file", failed)
	}
	return ""
}

// terminal adds the way to one account in full, where it can be shown: from the
// plan that was saved, or from the run on record.
func (s *session) terminal(conf *config.Sync) reports.Options {
	o := s.app.terminal(conf)
	plan := s.files.Path(reports.PlanName(s.head.Run))
	if s.record != nil && !s.applied {
		if counts, err := s.record.Counts(context.WithoutCancel(s.stop.Draining)); err == nil {
			if requests := sync.Cost(s.head, counts); requests > 0 {
				o.Cost = s.cost(conf, requests)
			}
		}
	}
	switch {
	case plan != "":
		o.Show = text.ShellLine("accountsync", "show", plan, "KEY")
	case s.record != nil && conf.State != "":
		o.Show = text.ShellLine("accountsync", "show", s.head.Run, "KEY", "--state", conf.State)
	case s.record != nil:
		o.Show = text.ShellLine("accountsync", "show", s.head.Run, "KEY")
	}
	return o
}

// operations is how many operations are on record.
func (s *session) operations(ctx context.Context) (n int) {
	if s.record == nil {
		return 0
	}
	counts, _ := s.record.Counts(ctx) // which said so before, if it cannot be read
	for _, c := range counts {
		n += c.N
	}
	return n
}

// notRepeated are the flags that the next command is given anew, or that are
// for one run, or a secret. The rows of a failed.csv remove nothing.
var notRepeated = []string{"ping-url", "webhook", "client-secret-command", "source", "file", "state", "out", "removal", "allow-removals", "allow-updates", "allow-creates", "allow-cleared", "allow-shrunk", "allow-empty", "allow-lookalikes"}

// next is a command line that asks for the same as this one did: it repeats
// every flag given here that the command takes, and where the state and the
// reports are kept when they are not where they usually are.
func (s *session) next(name string, args ...string) string {
	words := append([]string{"accountsync", name}, args...)
	command, _, err := s.command.Root().Find([]string{name})
	if err != nil {
		return ""
	}
	s.command.Flags().Visit(func(f *pflag.Flag) {
		inPlan := name == "apply" && (f.Name == "only" || f.Name == "exclude") // what it leaves out says so itself
		if !inPlan && !slices.Contains(notRepeated, f.Name) && command.Flag(f.Name) != nil {
			words = append(words, flagWords(f)...)
		}
	})
	if s.conf.State != "" {
		words = append(words, "--state", s.conf.State)
	}
	if s.conf.Out != config.DefaultOut {
		words = append(words, "--out", s.conf.Out)
	}
	return text.ShellLine(words...)
}

// flagWords are the words that set a flag to what it is.
func flagWords(f *pflag.Flag) (words []string) {
	list, ok := f.Value.(pflag.SliceValue)
	switch {
	case f.NoOptDefVal == f.Value.String():
		return []string{"--" + f.Name}
	case f.NoOptDefVal != "":
		return []string{"--" + f.Name + "=" + f.Value.String()}
	case !ok:
		return []string{"--" + f.Name, f.Value.String()}
	}
	for _, element := range list.GetSlice() {
		words = append(words, "--"+f.Name, element)
	}
	return words
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
