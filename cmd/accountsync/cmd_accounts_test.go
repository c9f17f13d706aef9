package main

import (
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
)

// TestExamplesAreTaken: every example of accounts and doctor is a command line
// that the command it stands at takes.
func TestExamplesAreTaken(t *testing.T) {
	t.Parallel()
	root := (&app{}).root()
	var commands []*cobra.Command
	for _, c := range root.Commands() {
		if c.Name() == "accounts" || c.Name() == "doctor" {
			commands = append(append(commands, c), c.Commands()...)
		}
	}
	if len(commands) != 13 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, c := range commands {
		if c.Example == "" || c.Long == "" {
			t.Errorf("%s has no example or no explanation", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			_, line, _ = strings.Cut(line, "accountsync ")
			found, rest, err := root.Find(shellWords(line))
			if err != nil || c.Name() != "accounts" && found != c {
				t.Errorf("%q is not an example of %s: %v", line, c.CommandPath(), err)
			} else if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

// shellWords splits a line at blanks that are not within quotes.
func shellWords(line string) (words []string) {
	var quote rune
	split := strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case r == quote:
			quote = 0
		}
		return quote == 0 && unicode.IsSpace(r)
	})
	for _, w := range split {
		words = append(words, strings.Trim(w, `"'`))
	}
	return words
}
