package main

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroups are the headings under which the help shows a command's flags.
// What none of them holds is the command's own and comes first.
var flagGroups = []struct {
	heading string
	flags   []func(*pflag.FlagSet)
}{
	{"Source and desired state", []func(*pflag.FlagSet){config.SourceFlag, config.CSVFlags}},
	{"What becomes of the accounts", []func(*pflag.FlagSet){config.DecisionFlags}},
	{"Guards", []func(*pflag.FlagSet){config.LimitFlags, config.MaxShrunkFlag, config.StaleFlags}},
	{"Past a guard, for this run only", []func(*pflag.FlagSet){config.AllowFlags, config.AllowShrunkFlag}},
	{"Approval", []func(*pflag.FlagSet){config.ApprovalFlags, config.MakerFlag}},
	{"Sending and verifying", []func(*pflag.FlagSet){config.ApplyFlags, config.AggregationFlag}},
	{"Plan and reports", []func(*pflag.FlagSet){config.SavedFlags, config.OutputFlags}},
	{"Connection", []func(*pflag.FlagSet){config.ConnectionFlags}},
	{"Notifications", []func(*pflag.FlagSet){config.NotifyFlags}},
	{"State, log and settings", []func(*pflag.FlagSet){config.StateFlags, generalFlags}},
}

// generalFlags are those of every command.
func generalFlags(f *pflag.FlagSet) {
	config.ConfigFlag(f)
	f.BoolP("help", "h", false, "")
}

// ownFlag marks a flag that means something else than those of its name.
const ownFlag = "own"

// usageWidth is how wide the help is.
const usageWidth = 110

// showUsage writes the help below a command's description.
func showUsage(c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND\n", c.CommandPath())
		listCommands(&b, c)
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	for _, g := range grouped(c) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.heading, flagUsages(g.flags))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s COMMAND --help tells more about a command.\n", c.CommandPath())
	}
	if c.HasParent() {
		fmt.Fprintf(&b, "\nThe exit status says how it ended: %s help exit-status\n", c.Root().Name())
	}
	_, err := fmt.Fprint(c.OutOrStderr(), b.String())
	return err
}

// listCommands lists a command's commands under the headings of their groups.
func listCommands(b *strings.Builder, c *cobra.Command) {
	list := func(heading string, wanted func(*cobra.Command) bool) {
		for _, sub := range c.Commands() {
			if !wanted(sub) {
				continue
			}
			if heading != "" {
				fmt.Fprintf(b, "\n%s:\n", heading)
				heading = ""
			}
			fmt.Fprintf(b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
		}
	}
	rest := "Commands"
	for _, g := range c.Groups() {
		list(g.Title, func(sub *cobra.Command) bool { return sub.GroupID == g.ID && sub.IsAvailableCommand() })
		rest = "Other commands"
	}
	list(rest, func(sub *cobra.Command) bool {
		return sub.GroupID == "" && (sub.IsAvailableCommand() || sub.Name() == "help")
	})
	list("Help topics", func(sub *cobra.Command) bool { return sub.IsAdditionalHelpTopicCommand() })
}

// group is some of a command's flags under their heading.
type group struct {
	heading string
	flags   *pflag.FlagSet
}

// grouped are the groups of a command's flags, without empty ones.
func grouped(c *cobra.Command) (groups []group) {
	left := pflag.NewFlagSet("", pflag.ContinueOnError)
	left.AddFlagSet(c.LocalFlags())
	left.AddFlagSet(c.InheritedFlags())
	for _, g := range flagGroups {
		known := pflag.NewFlagSet("", pflag.ContinueOnError)
		for _, add := range g.flags {
			add(known)
		}
		of, others := split(left, known)
		left = others
		groups = append(groups, group{g.heading, of})
	}
	groups = append([]group{{"Flags", left}}, groups...)
	return slices.DeleteFunc(groups, func(g group) bool { return !g.flags.HasAvailableFlags() })
}

// flagUsages describes flags, a line or a few each.
func flagUsages(flags *pflag.FlagSet) string {
	const values = "[=true|false]" // of a flag that is one by being there
	return strings.ReplaceAll(flags.FlagUsagesWrapped(usageWidth), values, strings.Repeat(" ", len(values)))
}

// split parts the flags into those that are known and the others.
func split(flags, known *pflag.FlagSet) (in, out *pflag.FlagSet) {
	in, out = pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	in.SortFlags, out.SortFlags = false, false
	known.SortFlags = false
	known.VisitAll(func(f *pflag.Flag) { // in the order in which they are written down
		if own := flags.Lookup(f.Name); own != nil && own.Annotations[ownFlag] == nil {
			in.AddFlag(own)
		}
	})
	flags.VisitAll(func(f *pflag.Flag) {
		if known.Lookup(f.Name) == nil || f.Annotations[ownFlag] != nil {
			out.AddFlag(f)
		}
	})
	return in, out
}

// hideUnused leaves flags out of a command's help that change nothing of its
// runs. They are still taken, so that commands can share a file of settings.
func hideUnused(f *pflag.FlagSet, names ...string) {
	for _, name := range names {
		if flag := f.Lookup(name); flag != nil {
			flag.Hidden = true
		}
	}
}
