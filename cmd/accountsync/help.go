package main

import "github.com/spf13/cobra"

// strictHelp lets help and completion refuse what they do not know: by
// themselves they print something else and succeed.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = knownCommand
		case "completion":
			c.Args = cobra.NoArgs
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			for _, shell := range c.Commands() {
				shell.Args = usageArgs(shell.Args)
			}
		}
	}
}

// knownCommand accepts the path to a command.
func knownCommand(c *cobra.Command, path []string) error {
	_, rest, err := c.Root().Find(path)
	if err != nil {
		return err
	}
	return cobra.NoArgs(c, rest)
}
