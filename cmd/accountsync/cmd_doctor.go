package main

import (
	"accountsync/config"
	"accountsync/internal/connection"
	"accountsync/internal/doctor"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/job"
	"accountsync/journal"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check credentials, scopes, source, schema, quota, clock and state directory; writes nothing to the API",
		Long: "doctor signs in and looks at everything a sync with the same settings needs, before one fails in the night.\n" +
			"It only reads. Each finding is ok, warn or fail, with what to do about it. The exit status is 0, or that of the\n" +
			"worst finding that fails. With several syncs in --config it looks at each.",
		Example: "  accountsync doctor\n" +
			"  accountsync doctor --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync doctor --config nightly.yaml",
		Args: cobra.NoArgs,
		RunE: a.runDoctor,
	}
	config.SourceFlag(c.Flags())
	config.ConnectFlags(c.Flags())
	config.CSVFlags(c.Flags())
	config.PlanFlags(c.Flags())
	config.AggregationZoneFlag(c.Flags())
	return c
}

func (a *app) runDoctor(c *cobra.Command, _ []string) error { return a.each(c, examine) }

// examine looks at what one sync needs.
func examine(env *job.Env, conf *config.Sync, _ job.Command) error {
	e := doctor.Environment{
		Connect:   func() (*connection.API, error) { return env.Connect(conf) },
		StateDir:  func() (string, error) { return conf.StateDir(env.Environ) },
		OpenStore: func() (*journal.Store, error) { return env.OpenStore(conf) },
	}
	code, err := doctor.Examine(env.Stop.Draining, env.Stdout, conf, e)
	if err == nil && code != problem.OK {
		err = &exit.Said{Code: code}
	}
	return err
}
