package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/journal"
	"accountsync/reports"

	"github.com/spf13/cobra"
)

// allFormats is the format that means every file and the table.
const allFormats = "all"

func (a *app) reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Render a past run again, or compare two",
		Long: "report shows a run from the journal and writes its reports again, or with --format one of them to\n" +
			"standard output: table, json (result.json), csv (result.csv), html (report.html), md (summary.md),\n" +
			"metrics (metrics.prom, of that run alone) or failed (failed.csv; nothing where nothing is to be repaired).\n" +
			"RUN is its id, a unique beginning of it, or last. Rows that were kept stand in its counts, and line by\n" +
			"line only while the input is as it was. What the run masked stays masked.",
		Example: "  accountsync report last\n  accountsync report 20261123T02 --out /tmp/that-night\n" +
			"  accountsync report last --format json | jq '.sources[].totals'\n" +
			"  accountsync report last --format md >> \"$GITHUB_STEP_SUMMARY\"\n" +
			"  accountsync report --diff 20261122T02 20261123T02",
		Args: cobra.RangeArgs(1, 2),
		RunE: a.runReport,
	}
	config.StateFlags(c.Flags())
	config.OutputFlags(c.Flags())
	c.Flags().Bool("diff", false, "show what two runs did differently; writes no files")
	c.Flags().String("format", allFormats, "`FORMAT`: "+strings.Join(reports.Formats(), ", ")+" to standard output, or all: the files of a run into --out, and the table")
	return c
}

func (a *app) runReport(c *cobra.Command, args []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	format, err := reportFormat(c, len(args))
	if err != nil {
		return err
	}
	st, err := a.env.OpenStore(conf)
	if err != nil {
		return err
	}
	defer st.Close()
	ctx := a.env.Stop.Draining
	rec, err := past.Read(ctx, st, args[0])
	if err != nil {
		return err
	}
	if len(args) == 2 {
		return a.compareRuns(st, rec, args[1], conf)
	}
	run, end, err := past.Reopen(ctx, rec)
	if err != nil {
		return err
	}
	defer end()
	hidden, err := past.Masks(conf.Redact, rec.Head())
	if err != nil {
		return err
	}
	if run, err = reports.Redact(ctx, run, hidden); err != nil {
		return exit.OfStore(err)
	}
	if format != allFormats {
		return a.writeFormat(format, run, a.env.Terminal(conf))
	}
	files := reports.NewFiles(conf.Out, rec.Head().Run)
	if err := files.WriteAll(ctx, run); err != nil {
		return err
	}
	for _, kept := range files.Kept() {
		a.env.Log.Warn().Msg(kept)
	}
	return a.writeFormat("table", run, a.env.Terminal(conf), "Reports: "+conf.Out+"\n")
}

// reportFormat holds the flags of report against each other and the number of runs.
func reportFormat(c *cobra.Command, runs int) (string, error) {
	format, _ := c.Flags().GetString("format")
	compare, _ := c.Flags().GetBool("diff")
	switch {
	case compare != (runs == 2):
		return "", problem.Errorf(problem.Usage, "accountsync report RUN, or accountsync report --diff RUN RUN", "%d runs given", runs)
	case format != allFormats && !slices.Contains(reports.Formats(), format):
		return "", problem.Errorf(problem.Usage, "", "invalid --format %q: write %s or %s", format, strings.Join(reports.Formats(), ", "), allFormats)
	case compare && c.Flags().Changed("format"):
		return "", problem.Errorf(problem.Usage, "compare without --format", "--diff has one format")
	case format != allFormats && c.Flags().Changed("out"):
		return "", problem.Errorf(problem.Usage, "leave --out away and redirect standard output, or leave --format away and get every file",
			"--format %s writes to standard output, not into %s", format, c.Flag("out").Value)
	}
	return format, nil
}

// writeFormat renders a result to standard output, with a few words behind it.
func (a *app) writeFormat(format string, r *reports.Run, o reports.Options, after ...string) error {
	render := func(w io.Writer) error {
		if err := reports.Write(a.env.Stop.Draining, w, format, r, o); err != nil {
			return err
		}
		_, err := io.WriteString(w, strings.Join(after, ""))
		return err
	}
	err := error(nil)
	if format == "table" { // which is for terminals
		err = a.buffered(render)
	} else {
		err = a.inert(render)
	}
	if errors.Is(err, reports.ErrRows) {
		return problem.Errorf(problem.NoInput, "put the input back as it was, or see the rows with --format csv", "%w", err)
	}
	return err
}

func (a *app) buffered(render func(io.Writer) error) error {
	out := bufio.NewWriter(a.env.Stdout)
	if err := render(out); err != nil {
		return err
	}
	return out.Flush()
}

// inert renders what is for programs. On a terminal nothing of it acts.
func (a *app) inert(render func(io.Writer) error) error {
	if !terminal.Is(a.env.Stdout) {
		return a.buffered(render)
	}
	var whole bytes.Buffer
	if err := render(&whole); err != nil {
		return err
	}
	return a.buffered(func(w io.Writer) error {
		for line := range strings.Lines(whole.String()) {
			if _, err := io.WriteString(w, text.Visible(strings.TrimSuffix(line, "\n"))+"\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

// compareRuns shows what two runs did differently.
func (a *app) compareRuns(st *journal.Store, first *journal.Run, name string, conf *config.Sync) error {
	ctx := a.env.Stop.Draining
	second, err := past.Read(ctx, st, name)
	if err != nil {
		return err
	}
	hidden, err := past.Masks(conf.Redact, first.Head(), second.Head())
	if err != nil {
		return err
	}
	x, err := reports.Redact(ctx, &reports.Run{Reader: first}, hidden)
	if err != nil {
		return exit.OfStore(err)
	}
	y, err := reports.Redact(ctx, &reports.Run{Reader: second}, hidden)
	if err != nil {
		return exit.OfStore(err)
	}
	return a.buffered(func(w io.Writer) error { return reports.Diff(ctx, w, x, y, a.env.Terminal(conf)) })
}
