package main

import (
	"bufio"
	"fmt"
	"text/tabwriter"

	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/internal/text"

	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "config",
		Short:   "Look at the configuration",
		Example: "  accountsync config check --config nightly.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "Show every effective setting and where it came from",
		Long: "check reads the flags, the environment and the configuration file as sync would, and shows what they come\n" +
			"to, for each of the file's syncs. It makes no API calls. No secret is shown.",
		Example: "  accountsync config check --config nightly.yaml\n  ACCOUNTSYNC_RATE=50/10s accountsync config check",
		Args:    usageArgs(cobra.NoArgs),
		RunE:    a.runConfigCheck,
	}
	config.SourceFlag(check.Flags())
	config.ConnectFlags(check.Flags())
	config.CSVFlags(check.Flags())
	config.PlanFlags(check.Flags())
	config.ApplyFlags(check.Flags())
	config.AggregationFlag(check.Flags())
	config.SavedFlags(check.Flags())
	config.ApprovalFlags(check.Flags())
	config.MakerFlag(check.Flags())
	config.StaleFlags(check.Flags())
	config.OutputFlags(check.Flags())
	config.NotifyFlags(check.Flags())
	config.ParallelFlag(check.Flags())
	c.AddCommand(check)
	return c
}

func (a *app) runConfigCheck(c *cobra.Command, _ []string) error {
	all, err := config.Read(c.Flags(), nil, a.env.Environ)
	var syncs []*config.Sync
	switch {
	case all.Fleet():
		found, wrong := all.Syncs()
		syncs, err = found, problem.Join(err, wrong)
	case err == nil:
		var whole *config.Sync
		whole, err = all.Whole()
		syncs = []*config.Sync{whole}
	}
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.env.Stdout)
	for _, s := range syncs {
		if _, err := s.Policy(); err != nil {
			return err
		}
		if s.Origin != "" {
			fmt.Fprintf(out, "== %s, %s\n", s.Name, s.Origin)
		}
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, setting := range s.Effective {
			fmt.Fprintf(t, "%s\t%s\t%s\n", setting.Name, text.Visible(setting.Value), setting.Origin)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return out.Flush()
}
