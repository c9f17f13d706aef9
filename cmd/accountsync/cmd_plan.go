package main

import (
	"fmt"
	"slices"
	"time"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) planCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what a sync would do, and save it for apply; writes nothing to the API",
		Long: "plan reads the CSV, lists the live accounts and shows what a sync would create, put and delete,\n" +
			"and what the guards say of it. It is handed a client that cannot write. The plan is saved as\n" +
			"plan-RUN.json, to be reviewed and then applied as it stands.",
		Example: "  accountsync plan --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync plan --source \"HR Contractors\" --file contractors.csv --removal delete --detailed-exitcode\n" +
			"  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json",
		Args: cobra.NoArgs,
		RunE: a.telling(a.runPlan),
	}
	config.SourceFlag(c.Flags())
	config.ConnectFlags(c.Flags())
	config.CSVFlags(c.Flags())
	config.PlanFlags(c.Flags())
	config.OutputFlags(c.Flags())
	config.SavedFlags(c.Flags())
	config.NotifyFlags(c.Flags())
	config.ParallelFlag(c.Flags())
	c.Flags().Bool("detailed-exitcode", false, "exit with 2 when there is something to do")
	return c
}

func (a *app) runPlan(c *cobra.Command, _ []string) error { return a.forEachJob(c, (*app).planOne) }

func (a *app) planOne(c *cobra.Command, conf *config.Sync) error {
	return a.fromFile(c, conf, false, func(s *session, from *sync.FromFile, settings sync.Settings) error {
		return s.planOnly(from, settings)
	})
}

// planOnly plans with a client that cannot write, and saves the plan.
func (s *session) planOnly(from sync.Planner, settings sync.Settings) error {
	s.head.Expires = s.head.Started.Add(s.conf.Expires)
	err := sync.Safely(func() error {
		return sync.Plan(s.stop.Draining, sync.ReadAPI(s.api), s.record, from, s.watched(settings))
	})
	if err != nil {
		return err
	}
	if err := s.noteDue(s.stop.Draining, s.record); err != nil {
		return err
	}
	return s.save()
}

// save writes the plan, under the name of its run.
func (s *session) save() error {
	ctx := s.stop.Draining
	head := *s.record.Head()
	head.Expires = s.head.Started.Add(s.conf.Expires)
	head.Notes, s.notes = append(slices.Clone(head.Notes), s.notes...), nil
	if err := s.record.SetHead(ctx, &head); err != nil {
		return exit.OfStore(err)
	}
	holds, err := reports.Holds(ctx, &reports.Run{Reader: s.record}, s.record.Head().Redacted)
	switch {
	case err != nil:
		return exit.OfStore(err)
	case holds:
		s.log.Warn().Msg("the plan is not saved: it would have to hold values that are masked (see --redact; of an undo, --unmask)")
		return nil
	}
	return s.files.WritePlan(ctx, s.record)
}

// clockDoubt says why nothing that depends on days may be done, "" when the
// clocks agree well enough.
func clockDoubt(earliest, latest time.Time) string {
	const bearable = 5 * time.Minute
	if differ := latest.Sub(earliest); differ > bearable {
		return fmt.Sprintf("this machine's clock and the dates of the API's answers differ by %s, so no account is removed because of its days", differ.Round(time.Second))
	}
	return ""
}
