package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"accountsync/account"
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
	sourceFlag(c.Flags())
	connectFlags(c.Flags())
	csvFlags(c.Flags())
	planFlags(c.Flags())
	outputFlags(c.Flags())
	savedFlags(c.Flags())
	aggregationZoneFlag(c.Flags())
	tellFlags(c.Flags())
	c.Flags().Bool("detailed-exitcode", false, "exit with 2 when there is something to do")
	return c
}

func (a *app) runPlan(c *cobra.Command, _ []string) error { return a.each(c, a.planOne) }

func (a *app) planOne(c *cobra.Command, conf config) error {
	settings, err := a.syncing(c, conf)
	if err != nil {
		return err
	}
	defer settings.File.Close()
	if err := atLeast("expires", conf.Expires, 1); err != nil {
		return err
	}
	s, err := a.begin(c, conf, true)
	if err != nil {
		return err
	}
	defer s.end()
	run, err := s.plan(settings, false)
	if err == nil {
		err = s.save(run)
	}
	return s.finish(run, err)
}

// syncing gathers the settings of a command that reads a desired state.
func (a *app) syncing(c *cobra.Command, conf config) (settings sync.Settings, err error) {
	if settings, err = a.syncSettings(conf, c.Flags()); err != nil {
		return settings, err
	}
	return settings, a.desired(conf, &settings)
}

// plan plans with a client that cannot write.
func (s *session) plan(settings sync.Settings, write bool) (run *sync.Run, err error) {
	source, err := s.source(s.conf.Source, write)
	if err != nil {
		return nil, err
	}
	if write {
		err = s.awaitAggregations(s.stop.soft, source)
	} else {
		s.noteAggregations(s.stop.soft, source)
	}
	if err != nil {
		return nil, err
	}
	if err := s.remember(source, &settings); err != nil {
		return nil, err
	}
	settings = s.watched(settings)
	settings.OnSchema = func(schema account.Schema) error { return s.mask(schema, settings.Options.Map) }
	err = sync.Safely(func() (err error) {
		run, err = sync.Prepare(s.stop.soft, sync.Reader(s.api), source, settings)
		return err
	})
	if err == nil {
		err = s.mindDue(run, write)
	}
	if run != nil {
		s.tellNotes(run)
	}
	return run, err
}

// mindDue waits for an aggregation that is due or, before a plan, says so.
func (s *session) mindDue(run *sync.Run, write bool) error {
	if write {
		return s.awaitDue(s.stop.soft, run)
	}
	s.noteDue(s.stop.soft, run)
	return nil
}

// remember fills in what earlier runs know of the source.
func (s *session) remember(source account.Source, settings *sync.Settings) (err error) {
	settings.Policy.Now, settings.Policy.Latest = s.api.Clocks()
	settings.Policy.ClockDoubt = clockDoubt(settings.Policy.Now, settings.Policy.Latest)
	if settings.Known, err = s.journal.Known(s.stop.soft, s.api.tenant, source.ID); err != nil {
		return cannotKeep(err)
	}
	settings.Policy.Missing = settings.Known.Missing
	const nights = 30
	settings.Usual.Medians, settings.Usual.Runs, err = s.journal.Median(s.stop.soft, s.api.tenant, source.ID, nights)
	if err != nil {
		return cannotKeep(err)
	}
	return nil
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

// save writes the plan, under the name of its run.
func (s *session) save(run *sync.Run) error {
	if reports.Holds(run.Source(), s.result.Redacted) {
		s.log.Warn().Msg("the plan is not saved: it would have to hold values that are masked (see --redact; of an undo, --unmask)")
		return nil
	}
	return s.files.WritePlan(run.Save(s.result, s.conf.Expires), slices.Values(run.Source().Operations))
}

// safely applies a run, a panic being an error like any other.
func (s *session) safely(ctx context.Context, f func(context.Context) error) error {
	return sync.Safely(func() error { return f(ctx) })
}
