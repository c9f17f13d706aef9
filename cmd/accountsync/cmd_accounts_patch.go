package main

import (
	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/problem"
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
	set, err := attributesOf("--set", pairs)
	if err != nil {
		return err
	}
	if err := set.unset(f); err != nil {
		return err
	}
	states, err := stateFields(f)
	if err != nil {
		return err
	}
	if len(set.values)+len(states) == 0 {
		return problem.Errorf(problem.Usage, "give --set, --unset, --identity or --manually-correlated", "nothing to patch")
	}
	allowed, _ := f.GetBool("allow-recorrelate")
	return a.write(c, order{op: diff.Patch, names: names, wants: func(of target) ([]sync.Request, error) {
		if of.Authoritative && f.Changed("identity") && !allowed {
			return nil, problem.Errorf(problem.Blocked, "to do it all the same, add --allow-recorrelate",
				"source %q is authoritative: an account that moves to another identity can delete the former one", of.Source.Name)
		}
		acts, err := wanted(of, diff.Patch, names, []attributeSet{set})
		for i := range acts {
			acts[i].Fields = append(acts[i].Fields[:len(acts[i].Fields):len(acts[i].Fields)], states...)
		}
		return acts, err
	}})
}

// unset adds the attributes that are to lose their values.
func (s *attributeSet) unset(f *pflag.FlagSet) error {
	for _, v := range s.values {
		if len(v.texts) == 0 {
			return problem.Errorf(problem.Usage, "to take the value away write --unset "+v.name, "--set %s= has no value", v.name)
		}
	}
	names, _ := f.GetStringArray("unset")
	for _, attribute := range names {
		for _, v := range s.values {
			if v.name == attribute {
				return problem.Errorf(problem.Usage, "", "%s is both set and unset", attribute)
			}
		}
		s.add(attribute, nil)
	}
	return nil
}

// stateFields are the fields of a patch that are no attributes.
func stateFields(f *pflag.FlagSet) (fields []diff.Field, err error) {
	identity, _ := f.GetString("identity")
	switch {
	case identity == "none":
		fields = append(fields, diff.Field{Attribute: account.IdentityIDColumn, After: account.Null})
	case identity != "" && !sync.IsID(identity):
		return nil, problem.Errorf(problem.Usage, "an identity is named by its id; none uncorrelates", "--identity %q is not an id", identity)
	case identity != "":
		fields = append(fields, diff.Field{Attribute: account.IdentityIDColumn, After: account.StringValue(identity)})
	case f.Changed("identity"):
		return nil, problem.Errorf(problem.Usage, "write --identity none to uncorrelate", "--identity is empty")
	}
	if manually, _ := f.GetString("manually-correlated"); manually != "" {
		if manually != "true" && manually != "false" {
			return nil, problem.Errorf(problem.Usage, "", "--manually-correlated %q: write true or false", manually)
		}
		fields = append(fields, diff.Field{Attribute: account.ManuallyCorrelatedColumn, After: account.Value(manually)})
	}
	return fields, nil
}
