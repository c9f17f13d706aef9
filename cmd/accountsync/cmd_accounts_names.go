package main

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode"

	"accountsync/internal/inputfile"
	"accountsync/internal/problem"

	"github.com/spf13/cobra"
)

// name is an id or a native identity as somebody wrote it.
type name struct {
	text string
	line int // in a file; 0: an argument
}

// names are the accounts a command was told: the arguments, then the lines of
// --from; - is standard input.
func (a *app) names(c *cobra.Command, args []string) ([]name, error) {
	var names []name
	from, _ := c.Flags().GetString("from")
	for _, arg := range args {
		switch {
		case arg == "-" && from == "":
			from = "-"
		case strings.TrimSpace(arg) == "":
			return nil, problem.Errorf(problem.Usage, "", "an argument is empty: name an account by its id or native identity")
		default:
			names = append(names, name{text: arg})
		}
	}
	if from == "" {
		return names, nil
	}
	lines, err := a.namesFrom(from)
	return append(names, lines...), err
}

func (a *app) namesFrom(path string) ([]name, error) {
	in := a.stdin
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
	return readNames(in, path)
}

// longestName is how long a line of names may be, in bytes.
const longestName = 1 << 16

// readNames reads a name a line; blank lines are none.
func readNames(in io.Reader, path string) (names []name, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestName)
	for line := 1; lines.Scan(); line++ {
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\uFEFF"))
		switch {
		case text == "":
			continue
		case strings.ToValidUTF8(text, "") != text:
			return nil, problem.Errorf(problem.BadCSV, "save the file as UTF-8", "%s, line %d: not valid UTF-8", path, line)
		case strings.ContainsFunc(text, unicode.IsControl):
			return nil, problem.Errorf(problem.BadCSV, "one id or native identity a line, nothing else", "%s, line %d: holds a control character", path, line)
		}
		names = append(names, name{text, line})
	}
	if err := lines.Err(); err != nil {
		return nil, problem.Errorf(problem.BadCSV, "one id or native identity a line, nothing else", "%s: %w", path, err)
	}
	return names, nil
}

// someNames are the names, of which there must be one at least.
func (a *app) someNames(c *cobra.Command, args []string) ([]name, error) {
	names, err := a.names(c, args)
	if err == nil && len(names) == 0 {
		err = problem.Errorf(problem.Usage, "name accounts by their ids or native identities, as arguments or with --from", "no account is named")
	}
	return names, err
}
