package main

import (
	"errors"
	"io/fs"
	"strings"

	"accountsync/accounts"
	"accountsync/internal/inputfile"
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
	lines, err := a.namesFrom(from)
	return append(names, lines...), err
}

func (a *app) namesFrom(path string) ([]accounts.Name, error) {
	in := a.env.Stdin
	if path != "-" {
		f, err := inputfile.Open(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, problem.Errorf(problem.NoInput, "--from takes a file with an id or native identity a line", "%w", err)
		case err != nil:
			return nil, problem.Errorf(problem.NoInput, "", "%w", err)
		}
		defer f.Close()
		in = f
	}
	return accounts.ReadNames(in, path)
}

// someNames are the names, of which there must be one at least.
func (a *app) someNames(c *cobra.Command, args []string) ([]accounts.Name, error) {
	names, err := a.names(c, args)
	if err == nil && len(names) == 0 {
		err = problem.Errorf(problem.Usage, "name accounts by their ids or native identities, as arguments or with --from", "no account is named")
	}
	return names, err
}
