package main

import (
	"fmt"
	"io"
	"time"

	"accountsync/config"
	"accountsync/diff"
	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/reports"

	"github.com/spf13/cobra"
)

func (a *app) runsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "runs",
		Short: "List past runs, or prune them",
		Long: "runs lists what the journal in the state directory remembers, the newest first, a line for each source\n" +
			"of a run: when it began, how it ended, how many operations were verified (3/5: of how many planned),\n" +
			"failed or stale, the rejected rows, and what was planned and withheld. One can be resumed, or seen again\n" +
			"with accountsync report.",
		Example: "  accountsync runs\n  accountsync runs --source \"HR Contractors\" --limit 50\n" +
			"  accountsync runs --format json | jq '.[0].totals'\n  accountsync runs prune --older 90d",
		Args: cobra.NoArgs,
		RunE: a.listRuns,
	}
	config.StateFlags(c.Flags())
	c.Flags().String("source", "", "only runs of this source, by `ID or name`")
	c.Flags().Int("limit", 20, "how many at most; 0: all")
	c.Flags().String("format", "table", "`FORMAT`: table, or json (an array, a run a line)")
	prune := &cobra.Command{
		Use:   "prune",
		Short: "Forget old runs and give their space back",
		Long: "prune forgets ended runs older than --older, with the account data on record of them, and what the pages of workers\n" +
			"say of them. Runs that never ended and the last successful run of each source are kept, unless --all is given.",
		Example: "  accountsync runs prune --older 90d\n  accountsync runs prune --older 365d --all",
		Args:    cobra.NoArgs,
		RunE:    a.pruneRuns,
	}
	config.StateFlags(prune.Flags())
	prune.Flags().String("older", "90d", "forget runs older than this: `90d`, 12w or 36h")
	prune.Flags().Bool("all", false, "also those that never ended, and the last successful one of each source")
	c.AddCommand(prune)
	return c
}

func (a *app) listRuns(c *cobra.Command, _ []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	format, _ := c.Flags().GetString("format")
	if format != "table" && format != "json" {
		return problem.Errorf(problem.Usage, "", "invalid --format %q: write table or json", format)
	}
	st, err := a.env.OpenStore(conf)
	if err != nil {
		return err
	}
	defer st.Close()
	limit, _ := c.Flags().GetInt("limit")
	runs, err := st.Runs(a.env.Stop.Draining, journal.RunFilter{Source: conf.Source, Writes: true, Limit: limit})
	if err != nil {
		return exit.OfStore(err)
	}
	if format == "json" {
		return a.inert(func(w io.Writer) error { return reports.RunsJSON(w, rows(runs)) })
	}
	return reports.Runs(a.env.Stdout, rows(runs), a.env.Terminal(conf))
}

// rows are the runs as a report shows them.
func rows(runs []journal.Summary) []reports.Row {
	rows := make([]reports.Row, len(runs))
	for i, r := range runs {
		rows[i] = reports.Row{Run: r.Run, Command: r.Command, Tenant: r.Tenant, SourceID: r.Source.ID, Source: r.Source.Name, Outcome: r.Outcome, ExitCode: r.ExitCode,
			Started: r.Started, Finished: r.Finished, Totals: r.Totals, Resumable: r.Resumable}
		if r.Approved != nil {
			for _, one := range r.Approved.By {
				rows[i].Approved = append(rows[i].Approved, one.By)
			}
		}
	}
	return rows
}

func (a *app) pruneRuns(c *cobra.Command, _ []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	text, _ := c.Flags().GetString("older")
	older, err := diff.ParseTime(text)
	if err != nil {
		return problem.Errorf(problem.Usage, "write 90d, 12w or 36h", "--older: %w", err)
	}
	st, err := a.env.OpenStore(conf)
	if err != nil {
		return err
	}
	defer st.Close()
	all, _ := c.Flags().GetBool("all")
	before := time.Now().Add(-older)
	n, err := st.Prune(a.env.Stop.Draining, before, all)
	if err != nil {
		return exit.OfStore(err)
	}
	if journal.IsURL(conf.State) {
		if _, err := fleet.Prune(a.env.Stop.Draining, conf.State, before); err != nil {
			return exit.OfStore(err)
		}
	}
	_, err = fmt.Fprintf(a.env.Stdout, "%d runs forgotten\n", n)
	return err
}
