package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gocarina/gocsv"
	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"pgregory.net/rapid"
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

func TestInertJSONMeansTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.OneOf(rapid.String().Filter(utf8.ValidString), rapid.SampledFrom([]string{"\u009b2J", "\u202eevil", "\U000e0001", "\u007f", "日本 é"}))).Draw(t, "texts")
		before, err := json.Marshal(texts, jsontext.Multiline(rapid.Bool().Draw(t, "indented")))
		if err != nil {
			t.Fatal(err)
		}
		shown := appendInert(nil, string(before))
		var after []string
		if err := json.Unmarshal(shown, &after); err != nil || !slices.Equal(texts, after) {
			t.Fatalf("%q became %q: %v", before, shown, err)
		}
		for _, r := range string(shown) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q holds %q", shown, r)
			}
		}
	})
}

func TestColumnsFollowPaths(t *testing.T) {
	t.Parallel()
	c, err := newColumns([]string{"id", "identity.name", "attributes.a.b", "attributes.list", "none.at.all", "attributes"})
	if err != nil {
		t.Fatal(err)
	}
	c.asked = true
	if err := c.pick(`{"attributes":{"a.b":"dotted","list":["x","y"]},"identity":{"name":null},"id":"1","id":"2"}`); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range c.names {
		got = append(got, c.text(i))
	}
	if diff := cmp.Diff([]string{"2", "", "dotted", "x; y", "", `{"a.b":"dotted","list":["x","y"]}`}, got); diff != "" {
		t.Error(diff)
	}
	if u := c.unknown(); !strings.Contains(u, "none.at.all:") {
		t.Errorf("unknown: %q", u)
	}
	if err := c.pick(`{}`); err != nil || c.text(0) != "" {
		t.Errorf("a value stayed: %q, %v", c.text(0), err)
	}
}

func TestCSVOfOneColumnLosesNoRow(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newCSV(t, &out, "a")
	for _, object := range []string{`{"a":"1"}`, `{}`, `{"a":"=1"}`} {
		if err := s.add(object); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if diff := cmp.Diff([][]string{{"a"}, {"1"}, {""}, {"'=1"}}, rows); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func newCSV(t *testing.T, out *bytes.Buffer, names ...string) records {
	t.Helper()
	c, err := newColumns(names)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	return &csvRecords{buffer: w, out: gocsv.DefaultCSVWriter(w), columns: c}
}

func newTable(t *testing.T, out *bytes.Buffer, names ...string) records {
	t.Helper()
	c, err := newColumns(names)
	if err != nil {
		t.Fatal(err)
	}
	return &tableRecords{out: bufio.NewWriter(out), columns: c}
}

func TestATableKeepsItsWidths(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newTable(t, &out, "key", "city")
	for range settleAfter + 1 {
		if err := s.add(`{"key":"e01","city":"São Paulo"}`); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.add(`{"key":"` + strings.Repeat("k", 50) + `"}`); err != nil {
		t.Fatal(err)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	want := []string{"KEY  CITY", "e01  São Paulo", strings.Repeat("k", 50) + "  -", ""}
	if diff := cmp.Diff(want, []string{lines[0], lines[settleAfter+1], lines[settleAfter+2], lines[settleAfter+3]}); diff != "" {
		t.Error(diff)
	}
	if got := text.Clip(strings.Repeat("k", 50), widest); text.Width(got) != widest {
		t.Errorf("clipped to %q", got)
	}
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
