package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"accountsync/internal/problem"
	"accountsync/internal/suggest"
	"accountsync/internal/text"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What to type instead of a command line that cannot be read.

// argumentsWanted says what to name, for commands that take arguments.
var argumentsWanted = map[string]string{
	"show":    "name a run and a key: accountsync show last C1007",
	"apply":   "name a saved plan: accountsync apply accountsync-out/plan-RUN.json",
	"approve": "name a saved plan: accountsync approve accountsync-out/plan-RUN.json --key ~/.ssh/id_ed25519",
	"resume":  "name a run: accountsync resume last",
	"undo":    "name a run: accountsync undo last",
	"report":  "name a run: accountsync report last",
}

// usageArgs gives wrong arguments the exit status of wrong usage, and says what
// was probably meant.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		err := check(c, args)
		if err == nil {
			return nil
		}
		hint := "see " + c.CommandPath() + " --help"
		wanted := argumentsWanted[c.Name()]
		switch {
		case wanted != "" && c.Parent() == c.Root():
			err = errors.New(wanted)
		case len(args) == 0:
		case c.HasSubCommands():
			c.SuggestionsMinimumDistance = 2
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean: " + c.CommandPath() + " " + strings.Join(near, ", "+c.CommandPath()+" ") + "?"
			}
		default:
			err = fmt.Errorf("%s takes no argument %q", c.CommandPath(), text.Visible(args[0]))
			if c.Flags().Lookup("file") != nil && looksLikeFile(args[0]) {
				hint = "name the file with --file: " + text.ShellLine("accountsync", c.Name(), "--file", args[0])
			}
		}
		return problem.Errorf(problem.Usage, hint, "%w", err)
	}
}

// looksLikeFile reports whether a word may be meant as a desired-state file.
func looksLikeFile(word string) bool {
	return exists(word) || filepath.Ext(word) != "" || strings.ContainsRune(word, filepath.Separator)
}

// dryRun are the flags of other tools for looking without writing.
var dryRun = []string{"dry-run", "dryrun", "what-if", "whatif", "noop", "no-op", "simulate", "check", "preview", "diff"}

// usageFlag is the error of a flag that is unknown or cannot be read.
func usageFlag(c *cobra.Command, err error) error {
	hint := "see " + c.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		name := unknown.GetSpecifiedName()
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		near := suggest.Nearest(name, known)
		for _, other := range dryRun {
			if name == other {
				hint = "accountsync plan shows what would change, and writes nothing to the API"
				near = ""
			}
		}
		if near != "" {
			hint = "did you mean --" + near + "? See " + c.CommandPath() + " --help"
		}
	}
	return problem.Errorf(problem.Usage, hint, "%w", err)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
