package main

import (
	"strings"

	"accountsync/accounts"
	"accountsync/internal/problem"

	"github.com/spf13/cobra"
)

// names are the accounts a command was told: the arguments, then the lines of
// --from; - is standard input.
func (a *app) names(c *cobra.Command, args []string) ([]accounts.Name, error) {
	var names []accounts.Name
	from, _ := c.Flags().GetString("from")
	for _, arg := range args {
		switch {
		case arg == "-" && from == "":
			from = "-"
		case strings.TrimSpace(arg) == "":
			return nil, problem.Errorf(problem.Usage, "", "an argument is empty: name an account by its id or native identity")
		default:
			names = append(names, accounts.Name{Text: arg})
		}
	}
	if from == "" {
		return names, nil
	}
	lines, err := accounts.OpenNames(a.env.Stdin, from)
	return append(names, lines...), err
}

// someNames are the names, of which there must be one at least.
func (a *app) someNames(c *cobra.Command, args []string) ([]accounts.Name, error) {
	names, err := a.names(c, args)
	if err == nil && len(names) == 0 {
		err = problem.Errorf(problem.Usage, "name accounts by their ids or native identities, as arguments or with --from", "no account is named")
	}
	return names, err
}
