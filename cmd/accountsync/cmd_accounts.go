package main

import (
	"fmt"

	"accountsync/config"
	"accountsync/internal/connection"
	"accountsync/internal/table"
	"accountsync/internal/terminal"
	"accountsync/job"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) accountsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "accounts",
		Short: "Look at accounts and change single ones, with the API's eleven operations",
		Long: "accounts lists, gets and changes accounts by name instead of by a desired-state CSV. What writes goes the\n" +
			"way of a sync: under the same limiter, journal, lock and guards, verified by listing again, with the same\n" +
			"reports; accountsync resume and undo know its runs too.",
		Example: "  accountsync accounts list --source \"HR Contractors\" --filters 'name sw \"A\"'\n" +
			"  accountsync accounts get --source \"HR Contractors\" C1007\n" +
			"  accountsync accounts disable --source \"HR Contractors\" C1007",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.listCommand(), a.getCommand(), a.entitlementsCommand(), a.createCommand(), a.putCommand(), a.patchCommand())
	for _, s := range stateCommands {
		c.AddCommand(a.stateCommand(s))
	}
	for _, sub := range c.Commands() {
		sub.Args = usageArgs(sub.Args)
	}
	return c
}

// namesHelp says what names an account.
const namesHelp = "Accounts are named by their id or, with --source, by their native identity: as arguments, or one a line in\n" +
	"--from FILE or, with -, on standard input."

func namesFlags(f *pflag.FlagSet) {
	f.String("from", "", "`FILE` with ids or native identities, one a line (- is standard input)")
}

// connect signs in and looks up the source, where one is named.
func (a *app) connect(conf *config.Sync) (api *connection.API, sourceID string, err error) {
	if api, err = a.env.Connect(conf); err != nil || conf.Source == "" {
		return api, "", err
	}
	source, err := api.Source(a.env.Stop.Draining, conf.Source)
	if err != nil {
		return nil, "", fmt.Errorf("looking up the source: %w", err)
	}
	return api, source.ID, nil
}

// showFlags are for commands that show what the API says.
func showFlags(f *pflag.FlagSet) {
	f.String("output", "table", "table, json (an array, one object a line) or csv")
	f.StringArray("column", nil, "what to show: a `member` of the API's answer, an attribute as attributes.NAME (repeatable)")
}

// newTable shows objects as --output and --column ask; usual are the columns
// where nobody asks for others.
func (a *app) newTable(c *cobra.Command, usual ...string) (*table.Writer, error) {
	o := table.Options{Usual: usual, Terminal: terminal.Is(a.env.Stdout)}
	o.Format, _ = c.Flags().GetString("output")
	o.Columns, _ = c.Flags().GetStringArray("column")
	return table.New(a.env.Stdout, o)
}

// writeFlags are for commands that write.
func writeFlags(f *pflag.FlagSet) {
	config.SourceFlag(f)
	config.ConnectFlags(f)
	namesFlags(f)
	config.LimitFlags(f)
	config.AllowFlags(f)
	config.ApplyFlags(f)
	config.OutputFlags(f)
}

// write has a change carried out.
func (a *app) write(c *cobra.Command, change job.Change) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	from, _ := c.Flags().GetString("from")
	change.Piped = from == "-"
	change.Yes, _ = c.Flags().GetBool("yes")
	return job.Write(a.env, conf, commandOf(c), change)
}
