package main

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag of every command stands in its help, once.
func TestHelpShowsEveryFlagOnce(t *testing.T) {
	t.Parallel()
	root := (&app{}).root()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		var shown []string
		for _, g := range grouped(c) {
			g.flags.VisitAll(func(f *pflag.Flag) { shown = append(shown, f.Name) })
		}
		slices.Sort(shown)
		var want []string
		c.Flags().VisitAll(func(f *pflag.Flag) { want = append(want, f.Name) })
		c.InheritedFlags().VisitAll(func(f *pflag.Flag) { want = append(want, f.Name) })
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(shown, want) {
			t.Errorf("%s shows %q, has %q", c.CommandPath(), shown, want)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}
