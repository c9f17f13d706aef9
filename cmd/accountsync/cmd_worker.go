package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"accountsync/config"
	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
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

// runWorker works until it is told to stop, or until nothing is due.
func (a *app) runWorker(c *cobra.Command, _ []string) error {
	syncs, whole, err := a.fleet(c)
	if err != nil {
		return err
	}
	web, err := a.web(c.Flags())
	if err != nil {
		return err
	}
	store, err := a.openStore(whole) // which migrates it
	if err != nil {
		return err
	}
	defer store.Close()
	if err := fleet.Migrate(a.stop.Draining, whole.State); err != nil {
		return exit.OfStore(err)
	}
	if migrate, _ := c.Flags().GetBool("migrate"); migrate {
		return nil
	}
	members, confs := membersOf(syncs)
	r := a.newRunner(store, members, confs)
	worst := &worstStatus{}
	f, err := fleet.Open(a.stop.Draining, fleet.Config{URL: whole.State, Syncs: members, Runner: r, Parallel: whole.Parallel, Log: a.log, Ended: worst.add,
		Times: fleetTimes, Clock: fleetClock})
	if err != nil {
		return exit.OfStore(err)
	}
	defer f.Close()
	served, err := web.serve(a.stop.Killed, f, r)
	if err != nil {
		return err
	}
	work := f.Run
	once, _ := c.Flags().GetBool("once")
	if once {
		work = f.Once
	}
	err = errors.Join(work(a.stop.Draining), served())
	switch {
	case err != nil:
		return exit.OfStore(err)
	case !once:
		return nil
	case a.stop.Draining.Err() != nil:
		return &exit.Said{Code: problem.Interrupted}
	}
	return &exit.Said{Code: worst.status()}
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
	all, err := config.Read(c.Flags(), defaults, a.environ)
	if err != nil {
		return nil, nil, err
	}
	if whole, err = all.Whole(); err != nil {
		return nil, nil, err
	}
	if a.log, err = newLog(whole, a.stderr, a.run); err != nil {
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

// membersOf are the syncs as the fleet has to know them.
func membersOf(syncs []*config.Sync) (members []fleet.Sync, confs map[string]*config.Sync) {
	confs = map[string]*config.Sync{}
	for _, s := range syncs {
		one := fleet.Sync{Name: s.Name, Domain: s.Domain(), Deadline: s.StartingDeadline, Window: s.Quota.Per}
		if s.Schedule != nil {
			one.Schedule = s.Schedule
		}
		members, confs[s.Name] = append(members, one), s
	}
	return members, confs
}

// web is how the pages are served: the flags that say so, checked.
func (a *app) web(flags *pflag.FlagSet) (w web, err error) {
	listen, _ := flags.GetString("listen")
	auth, _ := flags.GetString("auth-file")
	w.cert, _ = flags.GetString("tls-cert")
	w.key, _ = flags.GetString("tls-key")
	switch {
	case listen == "" && (auth != "" || w.cert != "" || w.key != ""):
		return w, problem.Errorf(problem.Usage, "--listen 127.0.0.1:8080", "--auth-file, --tls-cert and --tls-key are for the pages of --listen, which is not given")
	case listen == "":
		return w, nil
	case (w.cert == "") != (w.key == ""):
		return w, problem.Errorf(problem.Usage, "", "--tls-cert and --tls-key are given together")
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return w, problem.Errorf(problem.Usage, "--listen 127.0.0.1:8080", "--listen %q: %w", listen, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && (auth == "" || w.cert == "") {
		return w, problem.Errorf(problem.Usage, "listen on 127.0.0.1, or say who may see them with --auth-file, --tls-cert and --tls-key",
			"--listen %s: the pages hold personal data, and other machines could ask for them", listen)
	}
	if err := w.read(auth); err != nil {
		return w, err
	}
	if w.listener, err = net.Listen("tcp", listen); err != nil {
		return w, problem.Errorf(problem.Config, "name a free port of this machine with --listen", "--listen %s: %w", listen, err)
	}
	a.log.Info().Str("address", w.listener.Addr().String()).Bool("tls", w.cert != "").Msg("serving the pages of the fleet")
	return w, nil
}

// status in words, for the pages.
func inWords(status int) string {
	for _, s := range problem.Statuses {
		if s.Code == status {
			return s.Text
		}
	}
	return fmt.Sprintf("status %d", status)
}
