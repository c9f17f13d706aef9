package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"accountsync/internal/problem"
)

// Every flag that a message about a desired-state file names can be typed into
// a shell as it stands, and what the message was about is gone then.
func TestCSVHintsWork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		hint string // what of the output is to be typed: the first group
		code int    // exit status once it was
	}{
		"map":                    {file: "Id,name,city\n00100,User 0,Oslo\n", hint: `use (--map \S+)`},
		"map, comma and space":   {file: "\"i,d \",name,city\n00100,User 0,Oslo\n", hint: `use (--map '.*') or`},
		"map, nobody sees":       {file: "i\u00add,name,city\n00100,User 0,Oslo\n", hint: `use (--map "\$.*") or`},
		"ignore":                 {file: "id,name,city,it's 100% \u00a0x\n00100,User 0,Oslo,1\n", hint: `use (--ignore "\$.*")`},
		"ignore with a dollar":   {file: "id,name,city,$HOME\n00100,User 0,Oslo,1\n", hint: `use (--ignore '.*')`},
		"type line":              {file: "#TYPE Selected\nid,name,city\n00100,User 0,Oslo\n", hint: `use (--skip-lines \d+)`},
		"title":                  {file: "Staff;;\n\nid;name;city\n00100;User 0;Oslo\n", hint: `use (--skip-lines \d+)`},
		"comment first":          {file: "# a, b\n\n# \"c\nid,name,city\n00100,User 0,Oslo\n", hint: `use (--comment '#')`},
		"comment below":          {file: "id,name,city\n# a\n00100,User 0,Oslo\n", hint: `(--comment '#') skips`},
		"zeros":                  {file: "id,name,city\n100,User 0,Oslo\n", hint: `use (--key-width \d+)`},
		"white space, key":       {file: "id,name,city\n00100\u00a0,User 0,Oslo\n", hint: `(--trim) takes`},
		"white space, value":     {file: "id,name,city\n00100,User 0\u00a0,Oslo\n", hint: `(--trim) takes`},
		"hidden at the end":      {file: "id,name,city\n00100\u00ad,User 0,Oslo\n", hint: `use (--trim)`},
		"mark within":            {file: "id,name,city\n\uFEFF00100,User 0,Oslo\n", hint: `use (--trim)`},
		"null, no type":          {file: "id,name,city,groups\n00100,User 0,Oslo,\\N\n", hint: `use (--null '.*')\.`},
		"null, two words":        {file: "id,name,city,groups,title\n00100,User 0,Oslo,#N/A,NULL\n", hint: `use (--null .*)\.`},
		"null, LONG":             {file: "id,name,city,badge\n00100,User 0,Oslo,n/a\n", hint: `\((--null \S+) takes`},
		"separator":              {file: "id,groups\n00101,\"a,b\"\n", hint: `use (--separator ,)`},
		"separator and blanks":   {file: "id,groups\n00101,\"a, b\"\n", hint: `use (--separator , --trim)`},
		"separator, a line end":  {file: "id,groups\n00101,\"a\nb\"\n", hint: `use (--separator '.*')`},
		"separator, a tab":       {file: "id,groups\n00101,a\tb\n", hint: `use (--separator '.*')`},
		"separator, a slash":     {file: "id,groups\n00101,a/b\n", hint: `use (--separator /)`},
		"blanks around values":   {file: "id,groups\n00101,a; b\n", hint: `use (--trim)`},
		"one value a row":        {file: "id,groups\n00101,a\n00101,b\n", hint: `use (--merge-rows)`},
		"delimiter":              {file: "sep=,\nid;name;city\n00100;User 0;Oslo\n", hint: `use (--delimiter .*)`},
		"delimiter, a caret":     {file: "id^name^city\n00100^User 0^Oslo\n", hint: `use (--delimiter .*)`},
		"delimiter, a space":     {file: "id name city\n00100 \"User 0\" Oslo\n", hint: `use (--delimiter .*)`},
		"delimiter, nobody sees": {file: "id\x01name\x01city\n00100\x01User 0\x01Oslo\n", hint: `use (--delimiter .*)`},
		"delimiter, no ASCII":    {file: "id¦name¦city\n00100¦User 0¦Oslo\n", hint: `use (--delimiter .*)`},
		"several, schema of one": {file: "id,tags\n00103,\"b;a\"\n", hint: `use (--multi \S+)`},
		"null, in place of one":  {file: "id,name,city\n00100,null,Oslo\n", hint: `use (--null \S+)\.`, code: 4},
		"look-alikes":            {file: "id,name,city\n100.0,User 0,Oslo\n", hint: `(--allow-lookalikes \d+)`, code: 2},
		"look-alikes, a guard":   {file: "id,name,city\n100.0,User 0,Oslo\n", hint: `(?m)^  (--allow-.*)$`, code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := newCaseBox(t, "../hints")
			file := filepath.Join(box.dir, "desired.csv")
			if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"plan", "--source", "Flat", "--file", file, "--detailed-exitcode"}
			_, printed := box.run(t, args)
			hint := regexp.MustCompile(c.hint).FindStringSubmatch(printed)
			if hint == nil {
				t.Fatalf("no hint %s in\n%s", c.hint, printed)
			}
			words, err := exec.Command("sh", "-c", `printf '%s\0' `+hint[1]).Output()
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")...)
			code, again := box.run(t, args)
			if code != c.code || code == problem.OK && regexp.MustCompile(c.hint).MatchString(again) {
				t.Errorf("%q: exit status %d, want %d\n%s", args, code, c.code, again)
			}
		})
	}
}

// Every flag that any message of the cases names is typed into a shell, whoever
// wrote the message: the line that named it is not said again.
func TestEveryHintOfTheCasesWorks(t *testing.T) {
	t.Parallel()
	typed := 0
	t.Run("cases", func(t *testing.T) {
		for i, c := range csvCases {
			t.Run(fmt.Sprint(i, " ", filepath.Base(c.file)), func(t *testing.T) {
				box := newCaseBox(t, filepath.Dir(c.file))
				path := c.path(t, box)
				args := append([]string{"plan", "--source", "Flat", "--file", path}, c.args...)
				_, printed := box.run(t, args)
				for _, h := range hintsIn(printed) {
					typed++
					words, err := exec.Command("sh", "-c", `printf '%s\0' `+h.flags).Output()
					if err != nil {
						t.Fatalf("%s: %v", h.flags, err)
					}
					if strings.Contains(h.line, "write the key") { // what a person is to do first
						fillDown(t, path)
					}
					again := append(slices.Clone(args), strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")...)
					if code, printed := box.run(t, again); saysAgain(printed, h.line) || code == problem.Usage || code == problem.Bug {
						t.Errorf("%s is typed, exit status %d, and it is said again: %s\n%s", h.flags, code, h.line, printed)
					}
				}
			})
		}
	})
	if typed < 100 {
		t.Errorf("only %d hints were found", typed)
	}
	t.Logf("%d hints typed", typed)
}

// fillDown writes the key of the row above into rows without one.
func fillDown(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, filled := "", ""
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, ",") {
			line = key + line
		}
		key, _, _ = strings.Cut(line, ",")
		filled += line
	}
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
}

// saysAgain reports whether the line is one of an output.
func saysAgain(printed, line string) bool {
	for each := range strings.Lines(printed) {
		if strings.TrimSpace(each) == line {
			return true
		}
	}
	return false
}

// hint is flags that stand beside each other in a line.
type hint struct{ flags, line string }

// A flag of the table or a permission, and its value where it takes one: a word
// of a shell, with what a sentence may put behind it.
var (
	hintFlag  = regexp.MustCompile(`^--(map|ignore|separator|trim|merge-rows|skip-lines|comment|key-width|null|date-format|delimiter|encoding|multi|allow-[a-z]+)\b`)
	hintValue = regexp.MustCompile(`^ ("\$\(printf (?:-- )?'(?:[^']|'\\'')*'\)\n*"|(?:'[^']*'|\\'|[^\s'(])+)`)
	boolFlags = []string{"--trim", "--merge-rows", "--allow-empty", "--allow-unusual"}
)

// hintsIn finds the flags that the lines of an output name, each list of them once.
func hintsIn(printed string) (hints []hint) {
	seen := map[string]bool{}
	for line := range strings.Lines(printed) {
		if line = strings.TrimSpace(line); strings.Contains(line, "bypassed by") { // which says what was typed
			continue
		}
		for at := 0; at < len(line); at++ {
			flags := ""
			for rest := line[at:]; ; {
				name := hintFlag.FindString(rest)
				if name == "" {
					break
				}
				rest = rest[len(name):]
				if !slices.Contains(boolFlags, name) {
					value := hintValue.FindString(rest)
					rest = rest[len(value):]
					if word := strings.TrimRight(value, ".;:,)"); word != " " && !strings.HasSuffix(value, "'") {
						value = word
					}
					if placeholder(value) {
						break
					}
					name += value
				}
				at = len(line) - len(rest)
				flags = strings.TrimSpace(flags + " " + name)
				if rest = strings.TrimPrefix(rest, " "); !strings.HasPrefix(rest, "--") {
					break
				}
			}
			if flags != "" && !seen[flags+line] {
				seen[flags+line] = true
				hints = append(hints, hint{flags, line})
			}
		}
	}
	return hints
}

// placeholder reports whether a value stands for what only a person knows.
func placeholder(value string) bool {
	value = strings.TrimSpace(value)
	return value == "" || slices.Contains([]string{"N", "TEXT", "NAME", "FILE", "COLUMN", "LAYOUT"}, value) || strings.HasPrefix(value, "COLUMN=")
}
