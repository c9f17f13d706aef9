package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"accountsync/internal/problem"
	"accountsync/internal/text"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) manCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "man",
		Short:   "Write the manual pages, one for each command",
		Long:    "man writes the manual pages into a directory where man looks for them, in section 1.",
		Example: "  accountsync man --out /usr/local/share/man/man1\n  man accountsync-sync",
		Args:    cobra.NoArgs,
		RunE:    a.runMan,
	}
	c.Flags().StringP("out", "o", "man1", "`DIR` for the pages")
	return c
}

func (a *app) runMan(c *cobra.Command, _ []string) error {
	dir, _ := c.Flags().GetString("out")
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = writeManPages(c.Root(), dir, build())
	}
	if err != nil {
		return problem.Errorf(problem.CannotWrite, "name another directory with --out", "writing the manual pages: %w", err)
	}
	return nil
}

// writeManPages writes the page of a command and those of the commands below it.
func writeManPages(c *cobra.Command, dir string, v versionInfo) error {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			if err := writeManPages(sub, dir, v); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, manName(c)+".1"), []byte(manPage(c, v)), 0o644)
}

func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage is the manual page of a command, in the language of man(7): what its
// help says, filled to the width of whoever reads it.
func manPage(c *cobra.Command, v versionInfo) string {
	var b strings.Builder
	c.InitDefaultHelpFlag()
	day, _, _ := strings.Cut(v.Date, "T")
	fmt.Fprintf(&b, ".TH %q 1 %q %q accountsync\n", strings.ToUpper(manName(c)), day, "accountsync "+v.Version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", text.Roff(manName(c)), text.Roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", text.Roff(c.UseLine()))
	b.WriteString(".SH DESCRIPTION\n")
	b.WriteString(text.RoffParagraphs(c.Long))
	if c.HasExample() {
		b.WriteString(".SH EXAMPLES\n")
		b.WriteString(text.RoffParagraphs(c.Example))
	}
	b.WriteString(".SH OPTIONS\n")
	for _, g := range grouped(c) {
		fmt.Fprintf(&b, ".SS %s\n", text.Roff(g.heading))
		g.flags.VisitAll(func(f *pflag.Flag) { manFlag(&b, f) })
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, s := range problem.Statuses {
		fmt.Fprintf(&b, ".TP 6\n.B %d\n%s\n", s.Code, text.Roff(s.Text))
	}
	var also []string
	if c.HasParent() {
		also = append(also, text.Roff(manName(c.Parent())))
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			also = append(also, text.Roff(manName(sub)))
		}
	}
	fmt.Fprintf(&b, ".SH SEE ALSO\n\\fB%s\\fP(1)\n", strings.Join(also, `\fP(1), \fB`))
	return b.String()
}

// manFlag describes a flag.
func manFlag(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	one := pflag.NewFlagSet("", pflag.ContinueOnError)
	one.AddFlag(f)
	form, usage, _ := strings.Cut(strings.TrimSpace(flagUsages(one)), "   ")
	fmt.Fprintf(b, ".TP\n.B %s\n%s\n", text.Roff(form), text.Roff(strings.Join(strings.Fields(usage), " ")))
}
