package main

import (
	"accountsync/account"
	"accountsync/config"
	"accountsync/internal/connection"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) syncCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sync",
		Short: "Plan and apply in one: make the live accounts equal to the CSV",
		Long: "sync reads the CSV, lists the live accounts, decides, asks the guards, writes (create, then put, then\n" +
			"delete), lists again what it wrote, and reports on every row and account.\n\n" +
			"Accounts without a row are left alone unless --removal says otherwise. A rejected row, or a listing that\n" +
			"is not proven complete, holds back every removal of the run.",
		Example: "  accountsync sync --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync sync --source \"HR Contractors\" --file contractors.csv --removal delete --max-removals 25,5%\n" +
			"  accountsync sync --source 2c918086799a2d3801799a2d3b0a0000 --file failed.csv",
		Args: cobra.NoArgs,
		RunE: a.telling(a.runSync),
	}
	config.SourceFlag(c.Flags())
	config.ConnectFlags(c.Flags())
	config.CSVFlags(c.Flags())
	config.PlanFlags(c.Flags())
	config.ApplyFlags(c.Flags())
	config.AggregationFlag(c.Flags())
	config.OutputFlags(c.Flags())
	config.NotifyFlags(c.Flags())
	config.ParallelFlag(c.Flags())
	return c
}

func (a *app) runSync(c *cobra.Command, _ []string) error { return a.forEachJob(c, (*app).syncOne) }

// syncOne tells the story of a run: settle what was asked, plan, apply, report.
// What it learned is reported whatever ended it.
func (a *app) syncOne(c *cobra.Command, conf *config.Sync) error {
	return a.fromFile(c, conf, true, func(s *session, from *sync.FromFile, settings sync.Settings) error {
		return s.carryOut(c.Context(), from, settings)
	})
}

// fromFile begins a run that plans from a desired-state file, has it done, and
// reports on it.
func (a *app) fromFile(c *cobra.Command, conf *config.Sync, write bool, do func(*session, *sync.FromFile, sync.Settings) error) error {
	terms := terms(conf)
	file, policy, err := desired(a.stop.Draining, conf, &terms)
	if err != nil {
		return err
	}
	defer file.Close()
	s, err := a.begin(c, conf)
	if err != nil {
		return err
	}
	defer s.end()
	s.head.Writes = write
	settings := sync.Settings{Policy: policy}
	err = s.source(conf.Source, write)
	if err == nil {
		err = s.remember(&settings)
	}
	if err == nil {
		settings.Policy.Select, err = s.choose(&terms)
	}
	if err == nil {
		err = s.put(terms)
	}
	if err == nil {
		settings.OnSchema = func(schema account.Schema) ([]string, error) {
			err := s.mask(schema, terms.Options.Map)
			return s.head.Redacted, err
		}
		s.plan = &sync.FromFile{File: file}
		err = do(s, s.plan, settings)
	}
	return s.finish(err)
}

var _ sync.WriteAPI = (*connection.API)(nil)
