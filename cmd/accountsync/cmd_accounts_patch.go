package main

import (
	"accountsync/accounts"
	"accountsync/diff"
	"accountsync/internal/problem"
	"accountsync/job"
	"accountsync/sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) patchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "patch ACCOUNT...",
		Short: "Change single attributes, or whose accounts they are, with PATCH",
		Long: "patch changes what is named and touches nothing else: for those who share an account's attributes with another\n" +
			"writer. Attributes can be patched on flat-file sources only; --identity and --manually-correlated on all.\n\n" + namesHelp + "\n\n" +
			"Moving an account of an authoritative source to another identity can delete the former one: that needs\n" +
			"--allow-recorrelate.",
		Example: "  accountsync accounts patch --source \"HR Contractors\" C1007 --set city=Lima --unset note\n" +
			"  accountsync accounts patch --source \"HR Contractors\" C1007 --identity 2c9180858082150f0180893dbaf44201\n" +
			"  accountsync accounts patch --source \"HR Contractors\" --from wrong.txt --identity none",
		RunE: a.runPatch,
	}
	writeFlags(c.Flags())
	patchFlags(c.Flags())
	return c
}

func patchFlags(f *pflag.FlagSet) {
	f.StringArray("set", nil, "`name=value` of an attribute (repeatable; several values of one name make a list)")
	f.StringArray("unset", nil, "an `attribute` that is to lose its value (repeatable)")
	f.String("identity", "", "correlate to the identity of this `ID`, or none")
	f.String("manually-correlated", "", "`true or false`: whether the correlation was made by hand")
	f.Bool("allow-recorrelate", false, "correlate accounts of an authoritative source otherwise, though an identity can be lost")
}

func (a *app) runPatch(c *cobra.Command, args []string) error {
	names, err := a.someNames(c, args)
	if err != nil {
		return err
	}
	f := c.Flags()
	pairs, _ := f.GetStringArray("set")
	set, err := accounts.ParsePairs("--set", pairs)
	if err != nil {
		return err
	}
	unset, _ := f.GetStringArray("unset")
	if err := set.Unset(unset); err != nil {
		return err
	}
	identity, _ := f.GetString("identity")
	if f.Changed("identity") && identity == "" {
		return problem.Errorf(problem.Usage, "write --identity none to uncorrelate", "--identity is empty")
	}
	manually, _ := f.GetString("manually-correlated")
	states, err := accounts.Correlation(identity, manually)
	if err != nil {
		return err
	}
	if set.IsEmpty() && len(states) == 0 {
		return problem.Errorf(problem.Usage, "give --set, --unset, --identity or --manually-correlated", "nothing to patch")
	}
	allowed, _ := f.GetBool("allow-recorrelate")
	return a.write(c, job.Change{Op: diff.Patch, Names: names, Requests: func(of accounts.Target) ([]sync.Request, error) {
		if of.Authoritative && f.Changed("identity") && !allowed {
			return nil, problem.Errorf(problem.Blocked, "to do it all the same, add --allow-recorrelate",
				"source %q is authoritative: an account that moves to another identity can delete the former one", of.Source.Name)
		}
		acts, err := accounts.Requests(of, diff.Patch, names, []accounts.AttributeSet{set})
		for i := range acts {
			acts[i].Fields = append(acts[i].Fields[:len(acts[i].Fields):len(acts[i].Fields)], states...)
		}
		return acts, err
	}})
}
