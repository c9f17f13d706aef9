package main

import (
	"bufio"
	"fmt"

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
		var rows [][]string
		for _, setting := range s.Effective {
			rows = append(rows, []string{setting.Name, text.Visible(setting.Value), setting.Origin})
		}
		widths := text.Widths(rows)
		for _, row := range rows {
			fmt.Fprintln(out, text.Row(row, widths))
		}
	}
	return out.Flush()
}
