package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"accountsync/accounts"
	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/internal/table"
	"accountsync/internal/text"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) getCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "get ACCOUNT...",
		Short: "Show accounts",
		Long: "get shows accounts as the API shows them, in the order in which they are named.\n\n" + namesHelp + "\n\n" +
			"An account that is not there is named on standard error, and the exit status is 3.",
		Example: "  accountsync accounts get 2c9180835d38ca0c015d606b50851b1e --output json\n" +
			"  accountsync accounts get --source \"HR Contractors\" C1007 C1008 --column nativeIdentity --column attributes.city\n" +
			"  cut -d, -f1 leavers.csv | accountsync accounts get --source \"HR Contractors\" -",
		RunE: func(c *cobra.Command, args []string) error {
			return a.runGet(c, args, (*getter).showAccounts, accountColumns...)
		},
	}
	getFlags(c.Flags())
	return c
}

func (a *app) entitlementsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "entitlements ACCOUNT...",
		Short: "Show the entitlements that accounts hold",
		Long: "entitlements shows what accounts hold, one entitlement a row.\n\n" + namesHelp + "\n\n" +
			"An account that is not there is named on standard error, and the exit status is 3.",
		Example: "  accountsync accounts entitlements --source \"HR Contractors\" C1007\n" +
			"  accountsync accounts entitlements --from ids.txt --output csv",
		RunE: func(c *cobra.Command, args []string) error {
			if limit, _ := c.Flags().GetInt("limit"); limit < 0 {
				return problem.Errorf(problem.Usage, "", "--limit %d: 0 for all of them, or how many", limit)
			}
			if offset, _ := c.Flags().GetInt("offset"); offset < 0 {
				return problem.Errorf(problem.Usage, "", "invalid --offset %d: write 0 or more", offset)
			}
			return a.runGet(c, args, (*getter).showEntitlements, "account", "attribute", "value", "name", "privileged")
		},
	}
	getFlags(c.Flags())
	c.Flags().Int("limit", 0, "how many of each account; 0: all")
	c.Flags().Int("offset", 0, "how many of each account to pass over first")
	c.Flags().Bool("count", false, "say on standard error how many each account holds, as the API counts them")
	return c
}

// getFlags are for commands that show accounts by their names.
func getFlags(f *pflag.FlagSet) {
	config.SourceFlag(f)
	config.ConnectFlags(f)
	namesFlags(f)
	showFlags(f)
}

// getter shows accounts by their names.
type getter struct {
	stderr  io.Writer
	quiet   bool
	finder  accounts.Finder
	of      accounts.Page // which entitlements of each account
	shown   *table.Writer
	missing int
}

func (a *app) runGet(c *cobra.Command, args []string, show func(*getter, context.Context, []accounts.Name) error, columns ...string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	g := &getter{stderr: a.env.Stderr, quiet: conf.Quiet}
	g.of.Offset, _ = c.Flags().GetInt("offset") // a command without the flag has 0
	g.of.Limit, _ = c.Flags().GetInt("limit")
	g.of.Count, _ = c.Flags().GetBool("count")
	if conf.Workers < 1 {
		return problem.Errorf(problem.Usage, "", "invalid --workers %d: write 1 or more", conf.Workers)
	}
	names, err := a.someNames(c, args)
	if err != nil {
		return err
	}
	if err := accounts.NeedSource(conf.Source, names); err != nil {
		return err
	}
	if g.shown, err = a.newTable(c, columns...); err != nil {
		return err
	}
	api, source, err := a.connect(conf)
	if err != nil {
		return err
	}
	g.finder.API, g.finder.SourceID, g.finder.Workers = api.Client, source, conf.Workers
	ctx := a.env.Stop.Draining
	const atOnce = 250 // as many as fit on a page
	for some := range slices.Chunk(names, atOnce) {
		err := show(g, ctx, some)
		if err == nil {
			err = g.shown.Flush()
		}
		if err != nil {
			return err
		}
	}
	if err := g.shown.Finish(g.stderr); err != nil {
		return err
	}
	if g.missing > 0 {
		return problem.Errorf(problem.Partial, "check the spelling, and --source", "%s of %s accounts are not there", text.Number(g.missing), text.Number(len(names)))
	}
	return nil
}

// showAccounts shows accounts.
func (g *getter) showAccounts(ctx context.Context, names []accounts.Name) error {
	found, err := g.finder.Find(ctx, names)
	if err != nil {
		return err
	}
	for i, n := range names {
		if found[i].Text == "" {
			g.lacks(n)
		} else if err := g.shown.Add(found[i].Text); err != nil {
			return err
		}
	}
	return nil
}

// showEntitlements shows what accounts hold.
func (g *getter) showEntitlements(ctx context.Context, names []accounts.Name) error {
	found, err := g.finder.Find(ctx, names)
	if err != nil {
		return err
	}
	held, err := g.finder.Entitlements(ctx, found, g.of)
	if err != nil {
		return err
	}
	for i, n := range names {
		if found[i].Text == "" {
			g.lacks(n)
			continue
		}
		for _, object := range held[i].Objects {
			if err := g.shown.Add(object); err != nil {
				return err
			}
		}
		if g.of.Count && !g.quiet {
			fmt.Fprintf(g.stderr, "%s: %s\n", text.Visible(n.Text), held[i].Text())
		}
	}
	return nil
}

// lacks tells of an account that is not there.
func (g *getter) lacks(n accounts.Name) {
	g.missing++
	where := ""
	if n.Line > 0 {
		where = fmt.Sprintf(" (line %d)", n.Line)
	}
	fmt.Fprintf(g.stderr, "accountsync: no account %s%s\n", n.Quoted(), where)
}
