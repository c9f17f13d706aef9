package accounts

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode"

	"accountsync/internal/inputfile"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Name is an id or a native identity as somebody wrote it.
type Name struct {
	Text string
	Line int // in a file; 0: an argument
}

// Quoted is the name in quotes, so that it cannot act on a terminal.
func (n Name) Quoted() string { return `"` + text.Visible(n.Text) + `"` }

// longestName is how long a line of names may be, in bytes.
const longestName = 1 << 16

// readNames reads a name a line; blank lines are none.
func readNames(in io.Reader, path string) (names []Name, err error) {
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
		names = append(names, Name{text, line})
	}
	if err := lines.Err(); err != nil {
		return nil, problem.Errorf(problem.BadCSV, "one id or native identity a line, nothing else", "%s: %w", path, err)
	}
	return names, nil
}

// NeedSource refuses native identities where no source is named.
func NeedSource(source string, names []Name) error {
	for _, n := range names {
		if source == "" && !sync.IsID(n.Text) {
			return problem.Errorf(problem.Usage, "name the source with --source, or the account by its id", "%s is not an id, and native identities are known by their source only", n.Quoted())
		}
	}
	return nil
}

// OpenNames reads names from a file, or from standard input as -.
func OpenNames(stdin io.Reader, path string) ([]Name, error) {
	in := stdin
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
