package diff

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"

	"pgregory.net/rapid"
)

// disk is the files that a test can read.
type disk map[string]string

func (d disk) read(path string) ([]byte, error) {
	text, ok := d[path]
	switch {
	case !ok:
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	case text == "unreadable":
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is a directory")}
	}
	return []byte(text), nil
}

func TestProtects(t *testing.T) {
	t.Parallel()
	files := disk{
		"keep":     "\xef\xbb\xbfsvc-*\r\n\r\n# comment\r\n  root  \r\n#root2\r\n[#]1\r\nCORP\\admin",
		"keep.txt": "one",
	}
	for _, tt := range []struct {
		values  []string
		yes, no []string
	}{
		{values: nil, no: []string{"root", "", "svc-a"}},
		{values: []string{"root"}, yes: []string{"root", "ROOT", "Root"}, no: []string{"root2", "aroot", ""}},
		{values: []string{"ſam"}, yes: []string{"SAM", "sam", "ſam"}},
		{values: []string{"svc-*"}, yes: []string{"svc-", "svc-backup", "SVC-a/b", "svc-*", "svc-é\nx"}, no: []string{"svc", "asvc-b"}},
		{values: []string{"*.admin"}, yes: []string{"a.admin", ".ADMIN"}, no: []string{"xadmin", "a.admins"}},
		{values: []string{"*"}, yes: []string{"a", "/"}, no: []string{""}},
		{values: []string{"a?c"}, yes: []string{"abc", "AéC", "a?c", "a/c"}, no: []string{"ac", "abbc"}},
		{values: []string{"[a-c]x", "[!a-z]y", "[^0-9]z"}, yes: []string{"ax", "CX", "1y", "az", "[a-c]x"}, no: []string{"dx", "ay", "Ay", "1z"}},
		{values: []string{"[]a]", "[!]]b", `[\]c`, "[a^]d"}, yes: []string{"]", "A", "xb", `\c`, "^d"}, no: []string{"b", "]b", "c"}},
		{values: []string{"[[:alpha:]]", "[!^]x"}, yes: []string{"a]", ":]", "[]", "ax"}, no: []string{"a", "b]", "^x"}},
		{values: []string{`CORP\svc-*`}, yes: []string{`CORP\svc-1`, `corp\SVC-`}, no: []string{"CORPsvc-1", "svc-1"}},
		{values: []string{"a.b", "x+*"}, yes: []string{"a.b", "x+", "X+y"}, no: []string{"aXb", "xx"}},
		{values: []string{"keep", "other"}, yes: []string{"svc-a", "root", "other", "#1", `corp\ADMIN`}, no: []string{"keep", "root2", "#root2", "# comment", "comment"}},
		{values: []string{"keep.txt"}, yes: []string{"one"}, no: []string{"keep.txt"}},
		{values: []string{" one "}, yes: []string{"one"}},
		{values: []string{"[k]eep"}, yes: []string{"keep"}, no: []string{"one", "svc-a"}},
	} {
		p, err := ParseProtect(tt.values, files.read)
		if err != nil {
			t.Fatal(err)
		}
		for want, texts := range map[bool][]string{true: tt.yes, false: tt.no} {
			for _, text := range texts {
				if p.Protects(text, "") != want || p.Protects("", text) != want {
					t.Errorf("%q protects %q: %v, want %v", tt.values, text, !want, want)
				}
			}
		}
	}
}

func TestProtectErrors(t *testing.T) {
	t.Parallel()
	files := disk{
		"empty":    "",
		"comments": "# nobody\n\n   \n",
		"bad":      "ok\n# [\n\n a[b \n",
		"range":    "[z-a]",
		"utf16":    "\xff\xfer\x00",
		"nul":      "r\x00o\x00o\x00t\x00",
		"dir":      "unreadable",
	}
	for value, want := range map[string]string{
		"":              "the value is empty",
		"  ":            "the value is empty",
		"a[b":           `pattern "a[b": a [ has no ]; write [[] for the character itself`,
		"[!]":           `a [ has no ]`,
		"[b-a]":         "cannot be understood",
		"empty":         "protect: empty names no account: write one key or pattern a line",
		"comments":      "protect: comments names no account",
		"bad":           `protect: bad:4: pattern "a[b": a [ has no ]`,
		"range":         "protect: range:1: pattern",
		"utf16":         "protect: utf16 is not text in UTF-8",
		"nul":           "protect: nul is not text in UTF-8",
		"dir":           "protect: read dir: is a directory; if it is no file but a key, write it as a pattern: [d]ir",
		"protected.txt": "there is no file protected.txt; if it is a key, write it as a pattern: [p]rotected.txt",
		"./keep":        "there is no file ./keep",
		"/etc/keep":     "there is no file /etc/keep",
		"étc.CSV":       "write it as a pattern: [é]tc.CSV",
	} {
		_, err := ParseProtect([]string{"fine", value}, files.read)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %q", value, err, want)
		}
	}
}

// A protected account is never taken away, however long it is missing.
func TestProtectedAccounts(t *testing.T) {
	t.Parallel()
	protect, err := ParseProtect([]string{"svc-*", "the printer"}, disk{}.read)
	if err != nil {
		t.Fatal(err)
	}
	named := live("3", "p1", `{}`)
	named.Name = "The Printer"
	accounts := []*account.Account{live("1", "SVC-a", `{}`), live("2", "bob", `{}`), named}
	known := missing(Absence{AccountID: "1", Since: days(-99), DisableSent: days(-99)})
	for _, removal := range []Removal{RemovalDelete, RemovalDisable, RemovalDisableThenDelete} {
		p := planUnder(t, index(t, csvfile.Options{}, "id,city", "svc-b,Rome"),
			Policy{Removal: removal, Grace: day, Now: today, Protect: protect, Absences: known}, accounts...)
		equal(t, summary(t, p).Orphans, []string{"SVC-a 1: protected", "p1 3: protected"})
		equal(t, p.Removals(), 1)
		equal(t, p.Absences, []Absence{
			{AccountID: "1", NativeIdentity: "SVC-a", Since: days(-99), DisableSent: days(-99)},
			{AccountID: "2", NativeIdentity: "bob", Since: today},
		})
	}
	report := planUnder(t, index(t, csvfile.Options{}, "id,city", "svc-b,Rome"), Policy{Protect: protect}, accounts...)
	equal(t, summary(t, report).Orphans, []string{"SVC-a 1", "bob 2", "p1 3"})
}

// On patterns without slashes and backslashes it is path.Match but for letter case.
func TestGlobProperty(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"*", "?", "a", "B", "é", ".", "+", "^", "-", "[ab]", "[^a]", "[a-c]", "(", "$", "|"})
	text := rapid.SampledFrom([]string{"", "a", "b", "B", "c", "d", "é", ".", "+", "^", "-", "(", "$", "|", "[", "]", "\n"})
	rapid.Check(t, func(t *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pattern"), "")
		s := strings.Join(rapid.SliceOfN(text, 0, 6).Draw(t, "text"), "")
		g, err := parseGlob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		want, err := path.Match(strings.ToLower(pattern), strings.ToLower(s))
		if err != nil {
			t.Fatal(err)
		}
		if got := g.MatchString(s); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, s, got, want)
		}
	})
}

// Whatever is written there: it is refused, or it protects the account that is
// spelled so.
func FuzzParseProtect(f *testing.F) {
	for _, seed := range []string{"svc-*", "a[b-c]d", "[!x]", "[]]", "[\\]", "x\\y", "[[:alpha:]]", "a{2}", "\xff*", "[é-ü]", "[a-\xff]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		p, err := ParseProtect([]string{pattern}, disk{}.read)
		if err == nil && !p.Protects(strings.TrimSpace(pattern), "") {
			t.Fatalf("%q does not protect itself", pattern)
		}
		p, err = ParseProtect([]string{"f"}, disk{"f": pattern}.read)
		if err != nil {
			return
		}
		for line := range strings.Lines(pattern) {
			line = strings.TrimSpace(strings.TrimPrefix(line, "\xef\xbb\xbf"))
			if line != "" && line[0] != '#' && !p.Protects("", line) {
				t.Fatalf("the file %q does not protect %q", pattern, line)
			}
		}
	})
}

func BenchmarkProtects(b *testing.B) {
	var lines strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&lines, "svc-%d\n", i)
	}
	lines.WriteString("*.admin\nroot-??\n")
	p, err := ParseProtect([]string{"f"}, disk{"f": lines.String()}.read)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if p.Protects("user0000001@example.com", "User One") {
			b.Fatal("protected")
		}
	}
}
