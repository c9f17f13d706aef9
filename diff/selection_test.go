package diff

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// filesOf reads files from memory.
func filesOf(files map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
}

func TestSelectionLeavesOut(t *testing.T) {
	t.Parallel()
	city := []Field{{Attribute: "city"}}
	for _, c := range []struct {
		name          string
		only, exclude []string
		change        Change
		want          string
	}{
		{"no rule", nil, nil, Change{Op: Delete, Key: "a"}, ""},
		{"operation", nil, []string{"op=delete"}, Change{Op: Delete, Key: "a"}, "--exclude op=delete"},
		{"another operation", nil, []string{"op=delete"}, Change{Op: Put, Key: "a"}, ""},
		{"key", nil, []string{"key=a,b=c"}, Change{Op: Put, Key: "a,b=c"}, "--exclude key=a,b=c"},
		{"part of a key", nil, []string{"key=svc"}, Change{Op: Put, Key: "svc-1"}, ""},
		{"pattern", nil, []string{"key=svc-*"}, Change{Op: Put, Key: "svc-a/b"}, "--exclude key=svc-*"},
		{"pattern in the middle", nil, []string{"key=svc-*"}, Change{Op: Put, Key: "my-svc-1"}, ""},
		{"letter case", nil, []string{"key=SVC-*"}, Change{Op: Put, Key: "svc-1"}, ""},
		{"escaped", nil, []string{"key=new[*]anna [[]1]"}, Change{Op: Put, Key: "new*anna [1]"}, "--exclude key=new[*]anna [[]1]"},
		{"escaped, another key", nil, []string{"key=a[*]"}, Change{Op: Put, Key: "ab"}, ""},
		{"what cannot be typed", nil, []string{"key=a?b"}, Change{Op: Put, Key: "a\nb"}, "--exclude key=a?b"},
		{"attribute", nil, []string{"attribute=city"}, Change{Op: Put, Key: "a", Fields: city}, "--exclude attribute=city"},
		{"another attribute", nil, []string{"attribute=cit"}, Change{Op: Put, Key: "a", Fields: city}, ""},
		{"a removal changes no attribute", nil, []string{"attribute=city"}, Change{Op: Delete, Key: "a", Fields: city}, ""},
		{"only", []string{"op=put"}, nil, Change{Op: Put, Key: "a"}, ""},
		{"not only", []string{"op=put", "key=b"}, nil, Change{Op: Delete, Key: "a"}, "no rule of --only matches"},
		{"only, and left out", []string{"op=put"}, []string{"key=a"}, Change{Op: Put, Key: "a"}, "--exclude key=a"},
		{"what follows a create", []string{"op=create"}, nil, Change{Op: Disable, Key: "a", AfterCreate: true}, ""},
		{"the first rule", nil, []string{"key=a*", "op=put", "key=a"}, Change{Op: Put, Key: "a"}, "--exclude key=a*"},
		{"with its reason", nil, []string{"@f"}, Change{Op: Put, Key: "b"}, "--exclude key=b (still employed, says HR)"},
		{"no reason across a blank line", nil, []string{"@f"}, Change{Op: Put, Key: "c"}, "--exclude key=c"},
	} {
		s, err := ParseSelection(c.only, c.exclude, filesOf(map[string]string{"f": "\ufeff# of run X\r\n\r\n# still employed,\r\n# says HR\r\nkey=a\r\nkey=b\r\n\r\nkey=c\r\n"}))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		chosen, err := s.Selector()
		if err != nil {
			t.Fatal(err)
		}
		if got := chosen.again().Excludes(&c.change); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSelectionSaysWhatMatchedNothing(t *testing.T) {
	t.Parallel()
	s, err := ParseSelection([]string{"op=put", "op=put"}, []string{"key=a", "key=b*", "attribute=city"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	chosen, _ := s.Selector()
	again := chosen.again()
	again.Excludes(&Change{Op: Put, Key: "a", Fields: []Field{{Attribute: "city"}}})
	if got := again.Unmatched(); !slices.Equal(got, []string{"--exclude key=b*"}) {
		t.Errorf("unmatched: %q", got)
	}
	if got := chosen.Unmatched(); len(got) != 4 {
		t.Errorf("the one it was made of: %q", got)
	}
}

func TestRulesThatAreNone(t *testing.T) {
	t.Parallel()
	files := filesOf(map[string]string{"empty": "# nothing\n\n", "utf16": "\xff\xfeo\x00", "bad": "op=put\n\nkey=[\n"})
	for value, want := range map[string]string{
		"":            "a rule is op=",
		"a1":          "a rule is op=",
		"Op=put":      `did you mean "op"?`,
		"op=":         "op= has no value",
		"key=":        "key= has no value",
		"op=creat":    `did you mean "create"?`,
		"op=put*":     "is none of create",
		"key=[a":      "a [ has no ]",
		"@empty":      "empty has no rule",
		"@utf16":      "not text in UTF-8",
		"@bad":        "bad:3: key=[",
		"@nowhere":    "not exist",
		"attribute=[": "a [ has no ]",
	} {
		if _, err := ParseSelection(nil, []string{value}, files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", value, err, want)
		}
	}
	s, err := ParseSelection([]string{"attribute=c*"}, []string{"attribute=deptt"}, files)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CheckAttributes([]string{"city", "dept"}); err == nil || !strings.Contains(err.Error(), `--exclude attribute=deptt: the source has no such attribute; did you mean "dept"?`) {
		t.Errorf("%v", err)
	}
}
