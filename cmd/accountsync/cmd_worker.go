package main

import (
	"time"

	"accountsync/config"
	"accountsync/fleet"
	"accountsync/internal/problem"
	"accountsync/internal/worker"
	"accountsync/job"
	"accountsync/journal"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) workerCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "worker",
		Short: "Carry out the schedules of a fleet, on any number of machines",
		Long: "worker carries out the syncs of a configuration file when their schedule says so. Any number of machines\n" +
			"can have one, with the same file and the same PostgreSQL. Each time that a sync is due is honoured once;\n" +
			"what fell due while no worker was there is caught up once, within starting-deadline. Of one tenant and client\n" +
			"id one run is carried out at a time. The run of a worker that dies goes on elsewhere within three minutes.\n" +
			"SIGTERM gives the work back.\n\n" +
			"A run that ends with 69, 73 or 75 is tried again, with growing waits, until the next one is due. Every other\n" +
			"status is for a person to look at.\n\n" +
			"--listen serves a page of all syncs and their runs, with each report.html, River's page under /jobs, /metrics\n" +
			"for Prometheus, /healthz and /readyz. These pages hold personal data: other machines can ask for them only\n" +
			"with --auth-file and --tls-cert.",
		Example: "  accountsync worker --config fleet.yaml --state postgres://accountsync@db.example.com/accountsync\n" +
			"  accountsync worker --config fleet.yaml --state postgres:///accountsync --listen 127.0.0.1:8080\n" +
			"  htpasswd -nbB anna PASSWORD >> users\n" +
			"  accountsync worker --config fleet.yaml --listen :8443 --auth-file users --tls-cert tls.crt --tls-key tls.key\n" +
			"  accountsync worker --config fleet.yaml --once       # from a CronJob",
		Args: cobra.NoArgs,
		RunE: a.runWorker,
	}
	config.StateFlags(c.Flags())
	config.ParallelFlag(c.Flags())
	c.Flags().StringP("out", "o", "", "`DIR` for the reports of each sync, in a directory of its own (default: none, they are in the database)")
	c.Flags().Bool("once", false, "work off what is due, and end; the exit status is the worst of the runs")
	c.Flags().Bool("migrate", false, "bring the tables of the database up to date, and end")
	c.Flags().String("listen", "", "serve pages, metrics and probes on this `HOST:PORT`")
	c.Flags().String("auth-file", "", "`FILE` of those who may see the pages: NAME:HASH, with bcrypt, as htpasswd -B writes it")
	c.Flags().String("tls-cert", "", "`FILE` of the certificate of the pages, PEM; read again when it changes")
	c.Flags().String("tls-key", "", "`FILE` of its key")
	return c
}

func (a *app) runWorker(c *cobra.Command, _ []string) error {
	syncs, whole, err := a.fleet(c)
	if err != nil {
		return err
	}
	o := worker.Options{Times: fleetTimes, Clock: fleetClock}
	f := c.Flags()
	o.Once, _ = f.GetBool("once")
	o.Migrate, _ = f.GetBool("migrate")
	o.Pages.Listen, _ = f.GetString("listen")
	o.Pages.AuthFile, _ = f.GetString("auth-file")
	o.Pages.Cert, _ = f.GetString("tls-cert")
	o.Pages.Key, _ = f.GetString("tls-key")
	return worker.Run(a.env, syncs, whole, o)
}

// Tests of whole workers shorten times, and have the clocks of machines differ.
var (
	fleetTimes fleet.Times
	fleetClock func() time.Time
)

// fleet are the syncs of the configuration file.
func (a *app) fleet(c *cobra.Command) (syncs []*config.Sync, whole *config.Sync, err error) {
	defaults := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.SyncFlags(defaults)
	all, err := config.Read(c.Flags(), defaults, a.env.Environ)
	if err != nil {
		return nil, nil, err
	}
	if whole, err = all.Whole(); err != nil {
		return nil, nil, err
	}
	if a.env.Log, err = job.NewLog(whole, a.env.Stderr, a.env.RunID); err != nil {
		return nil, nil, err
	}
	if !all.Fleet() {
		return nil, nil, problem.Errorf(problem.Usage, "name a configuration file that has syncs: with --config fleet.yaml", "no syncs to work for")
	}
	if !journal.IsURL(whole.State) {
		return nil, nil, problem.Errorf(problem.Usage, "accountsync "+c.Name()+" --config "+all.File()+" --state postgres://USER@HOST/DATABASE", "a fleet keeps its runs in PostgreSQL: --state is not postgres://...")
	}
	if syncs, err = all.Syncs(); err != nil {
		return nil, nil, err
	}
	for _, s := range syncs {
		s.State = whole.State
		if whole.Out == "" {
			s.Out = ""
		}
	}
	return syncs, whole, nil
}
