package main

import (
	"errors"
	"fmt"
	"strings"

	"accountsync/config"
	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/worker"

	"github.com/spf13/cobra"
)

func (a *app) runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run NAME",
		Short: "Ask the workers of a fleet for a run of a sync now",
		Long: "run puts a run of a sync in line: the first worker that is free carries it out as soon as no other run of\n" +
			"the same tenant and client id is at work. NAME is its name in the configuration file.",
		Example: "  accountsync run hr-contractors --config fleet.yaml --state postgres://accountsync@db.example.com/accountsync\n" +
			"  accountsync run hr-contractors --config fleet.yaml --wait   # and exit as the run does",
		Args: cobra.ExactArgs(1),
		RunE: a.runRun,
	}
	config.StateFlags(c.Flags())
	c.Flags().Bool("wait", false, "wait until the run has ended, and exit with its status")
	return c
}

func (a *app) runRun(c *cobra.Command, args []string) error {
	syncs, whole, err := a.fleet(c)
	if err != nil {
		return err
	}
	members, confs := worker.Members(syncs)
	if confs[args[0]] == nil {
		names := make([]string, len(syncs))
		for i, s := range syncs {
			names[i] = s.Name
		}
		return problem.Errorf(problem.Usage, "there are: "+strings.Join(names, ", "), "no sync is called %q", args[0])
	}
	if err := fleet.Migrate(a.env.Stop.Draining, whole.State); err != nil {
		return exit.OfStore(err)
	}
	f, err := fleet.Open(a.env.Stop.Draining, fleet.Config{URL: whole.State, Syncs: members, Log: a.env.Log, Times: fleetTimes, Clock: fleetClock})
	if err != nil {
		return exit.OfStore(err)
	}
	defer f.Close()
	run, err := f.Ask(a.env.Stop.Draining, args[0])
	if waiting := (*fleet.WaitingError)(nil); errors.As(err, &waiting) {
		return problem.Errorf(problem.Locked, "it begins when the runs before it have ended; is a worker running?", "%w", err)
	}
	if err != nil {
		return exit.OfStore(err)
	}
	if !whole.Quiet {
		fmt.Fprintf(a.env.Stdout, "Run %s of %s is queued.\n", run, args[0])
	}
	if wait, _ := c.Flags().GetBool("wait"); !wait {
		return nil
	}
	night, err := f.Await(a.env.Stop.Draining, args[0], run)
	if err != nil {
		return exit.OfStore(err)
	}
	if !whole.Quiet || *night.Status != problem.OK {
		fmt.Fprintf(a.env.Stdout, "Run %s ended with %d: %s.\n", run, *night.Status, worker.InWords(*night.Status))
	}
	if night.Said != "" {
		fmt.Fprintf(a.env.Stderr, "accountsync: error: %s\n", night.Said)
	}
	return &exit.Said{Code: *night.Status}
}
