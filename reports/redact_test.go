package reports

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// everyText is all that the reports of a run say, in files and on the terminal.
func everyText(t *testing.T, r runner) string {
	t.Helper()
	dir := t.TempDir()
	if err := writeAll(dir, r); err != nil {
		t.Fatal(err)
	}
	text := rendered(t, Plan, r, Options{Verbose: true}) + rendered(t, Table, r, Options{Verbose: true}) + summaryOf(t, r)
	for _, name := range fileNames(t, dir) {
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text += string(file)
	}
	return text
}

// No report holds a value of a masked attribute, also where an error repeats it.
func TestRedact(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	r.Operations[1].Error = `city "Lima" is not one of the tenant's`
	before := everyText(t, r)
	text := everyText(t, redacted(t, r, "city", "groups"))
	for _, value := range []string{"Lima", "Turin", "Austin", "Paris", "Bern", "東京", "VPN", "Staff", "Admin"} {
		if !strings.Contains(before, value) {
			t.Errorf("%s is not there to be masked", value)
		}
		if strings.Contains(text, value) {
			t.Errorf("%s is still there", value)
		}
	}
	for _, want := range []string{"12345678901234567891", "new.zoe", "***", "failed.csv is not written", "is not one of the tenant's"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is gone", want)
		}
	}
	if got := everyText(t, r); len(got) != len(before) || strings.Contains(got, masked) {
		t.Error("masking changed the result itself")
	}
}

// What ISC calls an account and its identity is masked like an attribute, and
// with the attribute that it may be the value of.
func TestRedactNames(t *testing.T) {
	t.Parallel()
	known := everyState(t)
	known.AccountSchema = account.Schema{DisplayAttribute: "city"}
	for _, c := range []struct {
		attributes, gone, there []string
		run                     *fake
	}{
		{[]string{AccountName}, []string{"Gina One", "Bob Put"}, []string{"Gina Onegin", "Robert Put"}, known},
		{[]string{IdentityName}, []string{"Gina Onegin", "Robert Put"}, []string{"Bob Put"}, known},
		{[]string{"groups"}, nil, []string{"Gina One", "Gina Onegin"}, known},
		{[]string{"city"}, []string{"Bob Put", "Robert Put"}, nil, known},
		{[]string{"groups"}, []string{"Bob Put", "Robert Put"}, nil, everyState(t)}, // which attribute names accounts is not known
	} {
		text := everyText(t, redacted(t, c.run, c.attributes...))
		for _, name := range c.gone {
			if strings.Contains(strings.ReplaceAll(text, "Gina Onegin", ""), name) && name != "Gina Onegin" || name == "Gina Onegin" && strings.Contains(text, name) {
				t.Errorf("%v masked: %s is still there", c.attributes, name)
			}
		}
		for _, name := range c.there {
			if !strings.Contains(text, name) {
				t.Errorf("%v masked: %s is gone", c.attributes, name)
			}
		}
	}
}

// That a value is missing still shows, and the counts stay.
func TestRedactKeepsTheShape(t *testing.T) {
	t.Parallel()
	r := redacted(t, everyState(t), "city")
	stale := operationsOf(t, r)[5]
	if got := changesText(stale.Changes); got != `city: "***" → (none)` {
		t.Errorf("got %s", got)
	}
	if d := cmp.Diff(everyState(t).Totals, r.Head().Totals); d != "" {
		t.Error(d)
	}
	if got := surveyed(t, r).changedAttributes()[0]; got.Name != "city" || got.Cleared != 1 {
		t.Errorf("got %+v", got)
	}
	valid(t, "result", strings.NewReader(string(resultJSON(t, r))))
}

// A column that is not masked leaves failed.csv as it is.
func TestRedactLeavesFailedCSV(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeAll(dir, redacted(t, everyState(t), "level")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, FailedCSV)); err != nil {
		t.Error(err)
	}
}

// A masked key is a number, the same in every line that is about it.
func TestRedactTheKey(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	s := r
	s.Rejected = append(s.Rejected, account.Rejected{Line: 20, Key: "new.zoe", Reason: `duplicate key: spelled "NEW.zoe" on line 8`})
	s.Totals.Rejected++
	s.Operations = append(s.Operations, &testOp{Op: diff.Delete, Key: "new.zoe", State: sync.Withheld, Offset: -1, Reason: "new.zoe has no row"})
	text := everyText(t, redacted(t, r, "id"))
	for _, key := range []string{"new.zoe", "NEW.zoe", "put.bob", "kept.1", "orphan.2", "gone.1", "new.山田"} {
		if strings.Contains(text, key) {
			t.Errorf("%s is still there", key)
		}
	}
	csv := resultCSV(t, redacted(t, r, "id"))
	for _, want := range []string{"create,***2,", "delete,***2,", ",,***2,,20,rejected", "***2 has no row"} {
		want = strings.ReplaceAll(want, "***2 has", "*** has")
		if !strings.Contains(csv, want) {
			t.Errorf("no %s in\n%s", want, csv)
		}
	}
}

func TestRedactNothing(t *testing.T) {
	t.Parallel()
	r := everyState(t).run()
	if redacted(t, r) != r {
		t.Error("nothing to mask made another result")
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	s := everyState(t)
	for attribute, want := range map[string]bool{"city": true, "level": true, "id": true, "mail": false, "": false} {
		if got, err := Holds(context.Background(), s.run(), []string{attribute}); err != nil || got != want {
			t.Errorf("%q: got %v, %v", attribute, got, err)
		}
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		said   string
		hidden []string
		want   string
	}{
		{"mail ada@example.com is taken", []string{"ada@example.com"}, "mail *** is taken"},
		{"the country DE is none, DEADLINE", []string{"DE"}, "the country *** is none, DEADLINE"},
		{`got "a"`, []string{"a"}, `got "***"`},
		{"nothing of it", []string{"Paris"}, "nothing of it"},
		{"", []string{"Paris"}, ""},
	} {
		if got := hide(c.said, c.hidden); got != c.want {
			t.Errorf("got %s instead of %s", got, c.want)
		}
	}
}
