package main

import (
	"accountsync/config"
	"accountsync/job"

	"github.com/spf13/cobra"
)

func (a *app) resumeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "resume RUN",
		Short: "Finish a run that was killed, interrupted, or failed in part",
		Long: "resume takes a run up again where its record ends. Operations whose answer never came are looked up\n" +
			"before anything is sent; what somebody else changed in the meantime is stale. The result holds the books\n" +
			"of the whole run. RUN is its id, a unique beginning of it, or last.",
		Example: "  accountsync resume last\n  accountsync resume 20261123T020000Z-7f3a",
		Args:    cobra.ExactArgs(1),
		RunE:    a.notifying(a.runResume),
	}
	config.ConnectFlags(c.Flags())
	config.ApplyFlags(c.Flags())
	config.AggregationFlag(c.Flags())
	config.StaleFlags(c.Flags())
	config.OutputFlags(c.Flags())
	config.NotifyFlags(c.Flags())
	return c
}

func (a *app) runResume(c *cobra.Command, args []string) error {
	conf, err := a.settingsOf(c, args[0])
	if err != nil {
		return err
	}
	return job.Resume(a.env, conf, commandOf(c), args[0])
}
