package table

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"accountsync/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func newWriter(t *testing.T, out io.Writer, format string, columns ...string) *Writer {
	t.Helper()
	w, err := New(out, Options{Format: format, Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	return w
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
	s := newWriter(t, &out, "csv", "a")
	for _, object := range []string{`{"a":"1"}`, `{}`, `{"a":"=1"}`} {
		if err := s.Add(object); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(io.Discard); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if diff := cmp.Diff([][]string{{"a"}, {"1"}, {""}, {"'=1"}}, rows); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestATableKeepsItsWidths(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newWriter(t, &out, "table", "key", "city")
	for range settleAfter + 1 {
		if err := s.Add(`{"key":"e01","city":"São Paulo"}`); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add(`{"key":"` + strings.Repeat("k", 50) + `"}`); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(io.Discard); err != nil {
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
