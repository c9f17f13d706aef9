package main

import (
	"bufio"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
			"to, for each of the file's syncs. It calls nobody. No secret is shown.",
		Example: "  accountsync config check --config nightly.yaml\n  ACCOUNTSYNC_RATE=50/10s accountsync config check",
		Args:    usageArgs(cobra.NoArgs),
		RunE:    a.runConfigCheck,
	}
	sourceFlag(check.Flags())
	connectFlags(check.Flags())
	csvFlags(check.Flags())
	planFlags(check.Flags())
	applyFlags(check.Flags())
	outputFlags(check.Flags())
	tellFlags(check.Flags())
	c.AddCommand(check)
	return c
}

func (a *app) runConfigCheck(c *cobra.Command, _ []string) error {
	all, err := gather(c.Flags(), knownFlags(), a.environ)
	if err != nil {
		return err
	}
	syncs := []*layer{nil}
	if len(all.syncs) > 0 {
		syncs = nil
		for i := range all.syncs {
			syncs = append(syncs, &all.syncs[i])
		}
	}
	out := bufio.NewWriter(a.stdout)
	for _, sync := range syncs {
		if err := a.checkOne(out, c, all, sync); err != nil {
			return err
		}
	}
	return out.Flush()
}

// checkOne checks and shows what the settings of one sync come to.
func (a *app) checkOne(out *bufio.Writer, c *cobra.Command, all *layers, sync *layer) error {
	conf, err := all.config(sync)
	if err != nil {
		return err
	}
	if sync != nil {
		fmt.Fprintf(out, "== %s\n", sync.origin)
	}
	if _, err := a.terms(conf, c.Flags()); err != nil {
		return err
	}
	if _, err := conf.quota(); err != nil {
		return err
	}
	values, err := all.merged(sync)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			fmt.Fprintf(t, "%s\t%v\t%s\n", f.Name, shownSetting(values, f.Name), all.origin(sync, f.Name))
		}
	})
	return t.Flush()
}

// show writes no value as a dash.
func show(v any) any {
	switch v {
	case nil, "":
		return "-"
	}
	if list, ok := v.([]string); ok && len(list) == 0 {
		return "-"
	}
	return v
}
