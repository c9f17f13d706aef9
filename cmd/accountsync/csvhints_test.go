package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
		"map":                   {file: "Id,name,city\n00100,User 0,Oslo\n", hint: `use (--map \S+)`},
		"map, comma and space":  {file: "\"i,d \",name,city\n00100,User 0,Oslo\n", hint: `use (--map '.*') or`},
		"map, nobody sees":      {file: "i\u00add,name,city\n00100,User 0,Oslo\n", hint: `use (--map "\$.*") or`},
		"ignore":                {file: "id,name,city,it's 100% \u00a0x\n00100,User 0,Oslo,1\n", hint: `use (--ignore "\$.*")`},
		"ignore with a dollar":  {file: "id,name,city,$HOME\n00100,User 0,Oslo,1\n", hint: `use (--ignore '.*')`},
		"type line":             {file: "#TYPE Selected\nid,name,city\n00100,User 0,Oslo\n", hint: `use (--skip-lines \d+)`},
		"title":                 {file: "Staff;;\n\nid;name;city\n00100;User 0;Oslo\n", hint: `use (--skip-lines \d+)`},
		"comment first":         {file: "# a, b\n\n# \"c\nid,name,city\n00100,User 0,Oslo\n", hint: `use (--comment '#')`},
		"comment below":         {file: "id,name,city\n# a\n00100,User 0,Oslo\n", hint: `(--comment '#') skips`},
		"zeros":                 {file: "id,name,city\n100,User 0,Oslo\n", hint: `use (--key-width \d+)`},
		"white space, key":      {file: "id,name,city\n00100\u00a0,User 0,Oslo\n", hint: `(--trim) takes`},
		"white space, value":    {file: "id,name,city\n00100,User 0\u00a0,Oslo\n", hint: `(--trim) takes`},
		"hidden at the end":     {file: "id,name,city\n00100\u00ad,User 0,Oslo\n", hint: `use (--trim)`},
		"mark within":           {file: "id,name,city\n\uFEFF00100,User 0,Oslo\n", hint: `use (--trim)`},
		"null, no type":         {file: "id,name,city,groups\n00100,User 0,Oslo,\\N\n", hint: `use (--null '.*')\.`},
		"null, two words":       {file: "id,name,city,groups,title\n00100,User 0,Oslo,#N/A,NULL\n", hint: `use (--null .*)\.`},
		"null, LONG":            {file: "id,name,city,badge\n00100,User 0,Oslo,n/a\n", hint: `\((--null \S+) takes`},
		"separator":             {file: "id,groups\n00101,\"a,b\"\n", hint: `use (--separator ,)`},
		"separator and blanks":  {file: "id,groups\n00101,\"a, b\"\n", hint: `use (--separator , --trim)`},
		"separator, a line end": {file: "id,groups\n00101,\"a\nb\"\n", hint: `use (--separator '.*')`},
		"separator, a tab":      {file: "id,groups\n00101,a\tb\n", hint: `use (--separator '.*')`},
		"separator, a slash":    {file: "id,groups\n00101,a/b\n", hint: `use (--separator /)`},
		"blanks around values":  {file: "id,groups\n00101,a; b\n", hint: `use (--trim)`},
		"one value a row":       {file: "id,groups\n00101,a\n00101,b\n", hint: `use (--merge-rows)`},
		"delimiter":             {file: "sep=,\nid;name;city\n00100;User 0;Oslo\n", hint: `use (--delimiter .*)`},
		"look-alikes":           {file: "id,name,city\n100.0,User 0,Oslo\n", hint: `(--allow-lookalikes \d+)`, code: 2},
		"look-alikes, a guard":  {file: "id,name,city\n100.0,User 0,Oslo\n", hint: `(?m)^  (--allow-.*)$`, code: 2},
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
