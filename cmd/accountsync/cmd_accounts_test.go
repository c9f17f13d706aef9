package main

import (
	"strings"
	"testing"
	"unicode"

	"accountsync/account"

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

// FuzzAttributes: whatever JSON holds, its attributes are read or refused, and
// what is read has texts only.
func FuzzAttributes(f *testing.F) {
	for _, text := range []string{`{}`, `[]`, `{"id":"1"}`, `[{"attributes":{"a":["x",1,true,null]}},{"b":{}}]`, `{"a":"x","a":"y"}`, "\ufeff{}", `{"a":[[1]]}`, `{`, `7`, `{"attributes":"x"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sets, err := parseAttributes(text, "in.json")
		if err == nil && len(sets) == 0 {
			t.Error("neither attributes nor an error")
		}
		for _, s := range sets {
			for _, v := range s.values {
				if v.name == account.IDNowDescription {
					t.Error("idNowDescription is ISC's own")
				}
			}
		}
	})
}
