package main

import (
	"fmt"
	"os"

	"accountsync/internal/problem"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
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
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return problem.Wrap(problem.CannotWrite, err, "name another directory with --out")
	}
	root := c.Root()
	root.Long += "\n\n" + exitHelp()
	root.DisableAutoGenTag = true // no page says by what it was made
	head := &doc.GenManHeader{Title: "ACCOUNTSYNC", Section: "1", Source: "accountsync " + version(), Manual: "accountsync"}
	if err := doc.GenManTree(root, head, dir); err != nil {
		return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing the manual pages: %w", err), "name another directory with --out")
	}
	return nil
}
