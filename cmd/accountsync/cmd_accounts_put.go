package main

import (
	"slices"

	"accountsync/accounts"
	"accountsync/diff"
	"accountsync/internal/problem"
	"accountsync/job"
	"accountsync/sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) createCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "create [NATIVE-IDENTITY...]",
		Short: "Create accounts on a flat-file source",
		Long: "create makes accounts from attributes: those of --attribute, or of each object in the JSON of --json. The\n" +
			"native identity is the value of the schema's identityAttribute, or the argument. One that is there already is\n" +
			"refused: the API would change that account.\n\n" +
			"The API only makes a record of the account. The next aggregation of the source removes it again unless the\n" +
			"source's own file has it too; on a direct source the account must exist on the target, so create refuses those.",
		Example: "  accountsync accounts create --source \"HR Contractors\" C2001 --attribute displayName=Rosa --attribute city=Lima\n" +
			"  accountsync accounts create --source \"HR Contractors\" C2001 --attribute groups=VPN --attribute groups=Wiki\n" +
			"  accountsync accounts create --source \"HR Contractors\" --json new.json",
		RunE: func(c *cobra.Command, args []string) error { return a.runAttributes(c, args, diff.Create) },
	}
	writeFlags(c.Flags())
	attributeFlags(c.Flags())
	return c
}

func (a *app) putCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "put [ACCOUNT...]",
		Short: "Change attributes of accounts on a flat-file source with PUT",
		Long: "put changes attributes of accounts. The API's PUT replaces all attributes, and loses those it is not sent. So\n" +
			"put reads each account, lays the attributes of --attribute or --json over what it holds, and writes the whole\n" +
			"back: only what was named changes. An attribute without a value (city=, or null) loses its value.\n\n" + namesHelp + "\n" +
			"Without any, each object of --json names its own: by id, nativeIdentity, or the schema's identityAttribute.\n" +
			"The next aggregation of the source undoes it unless the source's own file has it too.",
		Example: "  accountsync accounts put --source \"HR Contractors\" C1007 --attribute city=Lima\n" +
			"  accountsync accounts put --source \"HR Contractors\" --json moved.json",
		RunE: func(c *cobra.Command, args []string) error { return a.runAttributes(c, args, diff.Put) },
	}
	writeFlags(c.Flags())
	attributeFlags(c.Flags())
	return c
}

func attributeFlags(f *pflag.FlagSet) {
	f.StringArray("attribute", nil, "`name=value` of an attribute (repeatable; several values of one name make a list)")
	f.String("json", "", "`FILE` with the attributes as JSON: an object, or an array of them (- is standard input)")
}

func (a *app) runAttributes(c *cobra.Command, args []string, op diff.Op) error {
	names, err := a.names(c, args)
	if err != nil {
		return err
	}
	flags, _ := c.Flags().GetStringArray("attribute")
	file, _ := c.Flags().GetString("json")
	from, _ := c.Flags().GetString("from")
	switch {
	case len(flags) > 0 == (file != ""):
		return problem.Errorf(problem.Usage, "give the attributes with --attribute name=value, or with --json FILE", "no attributes, or both --attribute and --json, are given")
	case file == "-" && (from == "-" || slices.Contains(args, "-")):
		return problem.Errorf(problem.Usage, "", "standard input cannot be both names and attributes")
	}
	sets, err := accounts.AttributeSets(a.env.Stdin, flags, file)
	if err != nil {
		return err
	}
	change := job.Change{Op: op, Names: names, Requests: func(of accounts.Target) ([]sync.Request, error) { return accounts.Requests(of, op, names, sets) }}
	return a.write(c, change)
}
