package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"

	"github.com/google/go-cmp/cmp"
)

// Keys that are one key to a person fold alike, and others do not.
func TestFolded(t *testing.T) {
	t.Parallel()
	for _, alike := range [][]string{
		{"00100", "100", "'00100", `="00100"`, "100.0", "100,00", "+100", "\u200b00100", "00100\u00a0", "\u00ad100", "“100”", "１００", "0100\ufeff", "1\u202f00"},
		{"1234567", "1,234,567", "01,234,567"},
		{"josé", "jose\u0301", "JOSÉ", "jo\u00adsé"},
		{"ISTANBUL", "istanbul", "İstanbul", "ıstanbul"},
		{"straße", "STRASSE", "Strasse", "stra\u00dfe"},
		{"o'neil", "o’neil", "oneil", "O`NEIL"},
		{"a-b", "a\u2011b", "a–b"},
		{"Rosa Lund", "rosa lund", "Rosa\u00a0Lund", "Rosa  Lund", "RosaLund"},
		{"ﬁnn", "finn"},
		{"0", "000", "0.0"},
		{"00100", "٠٠١٠٠", "००१००", "(00100)", "[00100]", "00100;", "<00100>", `["00100"]`, `00100\`, "%30%30100"},
		{"a-1", "a−1", "a–1"},
		{"o'neil", `o\'neil`, "o´neil", "o%27neil", "o''neil"},
		{"jürgen", "jÃ¼rgen", "jÃƒÂ¼rgen", "j%C3%BCrgen", `j\u00fcrgen`},
		{"ann@example.com", "mailto:ann@example.com", "<ann@example.com>"},
		{"6F9619FF-8B86-D011-B42D-00CF4FC964FF", "{6f9619ff-8b86-d011-b42d-00cf4fc964ff}", "6F9619FF8B86D011B42D00CF4FC964FF", "urn:uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff"},
	} {
		for _, key := range alike {
			if folded(key) != folded(alike[0]) {
				t.Errorf("%q folds to %q, %q to %q", key, folded(key), alike[0], folded(alike[0]))
			}
		}
	}
	all := []string{"100", "1000", "10", "100.5", "E100", "E0100", "1e2x", "a-b", "ab", "a_b", "jose", "josé", "", "0", "-100", "rosa", "rosa1", "1.10", "1.1"}
	for i, a := range all {
		for _, b := range all[:i] {
			if folded(a) == folded(b) {
				t.Errorf("%q and %q both fold to %q", a, b, folded(a))
			}
		}
	}
}

// A number that a spreadsheet cut short is known by the digits it left.
func TestScientificNotation(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		shown, number string
		same          bool
	}{
		{"1.23457E+17", "123456789012345678", true},
		{"1,23457E+17", "123456789012345678", true},
		{"1.23457e17", "123456789012345678", true},
		{"1.2E+11", "120000000000", true},
		{"1.00E+02", "00100", true},
		{"1.00E+02", "00102", false},
		{"1E+12", "999999999999", true},
		{"1E+12", "00999999999999", true},
		{"1.23457E+17", "123456789012345", false},
		{"1.23457E+17", "123446789012345678", false},
		{"1.23457E+17", "12345678901234567x", false},
	} {
		r, shown, ok := scientific(tt.shown)
		got, okToo := roundTo(tt.number, shown)
		if same := ok && okToo && r == got; same != tt.same {
			t.Errorf("%s and %s: %v (%+v, %+v)", tt.shown, tt.number, same, r, got)
		}
	}
	for _, key := range []string{"E17", "1.2.3E+4", "12E+3", "rosaE+1", "1E", "", "1.23457E+1", "1E-5"} {
		if r, _, ok := scientific(key); ok {
			t.Errorf("%q is taken for a number: %+v", key, r)
		}
	}
}

func TestLookalikes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rows, live []string
		allow      *int
		creates    []string
		rejected   []string // parts of reasons
		notes      []string // parts
	}{
		"zeros":            {rows: []string{"7", "8"}, live: []string{"007", "008", "9"}, rejected: []string{`"007"`, `"008"`}, notes: []string{"2 keys differ from live ones in leading zeros only"}},
		"all differ":       {rows: []string{"7", "8"}, live: []string{"9"}, creates: []string{"7", "8"}},
		"a row asks":       {rows: []string{"007", "7"}, live: []string{"007"}, creates: []string{"7"}},
		"two creates":      {rows: []string{"ada", "a\u00adda", "bob"}, creates: []string{"bob"}, rejected: []string{`"a<U+00AD>da" on line 3`, `"ada" on line 2`}, notes: []string{"2 keys differ from others in white space or characters that nobody sees only"}},
		"Unicode form":     {rows: []string{"jose\u0301"}, live: []string{"josé"}, rejected: []string{`"jose<U+0301>" looks like live account "josé"`}, notes: []string{"Unicode form"}},
		"scientific":       {rows: []string{"1.23457E+17", "x"}, live: []string{"123456789012345678"}, creates: []string{"x"}, rejected: []string{`"123456789012345678"`}, notes: []string{"scientific notation"}},
		"trim":             {rows: []string{"ada\u00ad"}, live: []string{"ada"}, rejected: []string{"use --trim"}, notes: []string{"use --trim"}},
		"allowed":          {rows: []string{"7", "8"}, live: []string{"007"}, allow: new(1), creates: []string{"7", "8"}},
		"allowed for less": {rows: []string{"7", "8"}, live: []string{"007", "008"}, allow: new(1), rejected: []string{"", ""}, notes: []string{"--allow-lookalikes 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := []string{"id,name"}
			for _, key := range tt.rows {
				lines = append(lines, key+",x")
			}
			d, c := collect(index(t, csvfile.Options{}, lines...), Policy{AllowLookalikes: tt.allow})
			for i, key := range tt.live {
				attributes := []account.Attribute{{Name: "id", Value: account.StringValue(key)}, {Name: "name", Value: `"x"`}}
				if err := d.Account(&account.Account{ID: fmt.Sprint(i), NativeIdentity: key, Attributes: attributes}); err != nil {
					t.Fatal(err)
				}
			}
			p := c.end(t, d)
			var creates []string
			for _, c := range p.Changes {
				creates = append(creates, c.Key)
			}
			if diff := cmp.Diff(tt.creates, creates); diff != "" {
				t.Error(diff)
			}
			if len(p.Rejected) != len(tt.rejected) || len(p.Notes) != len(tt.notes) {
				t.Fatalf("rejected %+v, notes %q", p.Rejected, p.Notes)
			}
			for i, part := range tt.rejected {
				if !strings.Contains(p.Rejected[i].Reason, part) {
					t.Errorf("%q lacks %q", p.Rejected[i].Reason, part)
				}
			}
			for i, part := range tt.notes {
				if !strings.Contains(p.Notes[i], part) {
					t.Errorf("%q lacks %q", p.Notes[i], part)
				}
			}
			if all := len(tt.rejected) == len(tt.rows); all != slices.ContainsFunc(Judge(p.Plan, Limits{}, Allow{}), Guard.Blocks) {
				t.Errorf("guards: %+v", Judge(p.Plan, Limits{}, Allow{}))
			}
		})
	}
}

// Cells in another convention than the live values.
func TestConventions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		row      string // name, city, number, groups of key k
		live     [4]account.Value
		rejected string // part of the reason
		puts     int
		note     string // part
	}{
		"other separator":        {row: "x,,,\"a,b\"", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, rejected: "use --separator ,"},
		"other, with spaces":     {row: "x,,,\"b, a\"", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, rejected: "use --separator , --trim"},
		"pipes":                  {row: "x,,,a|b", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, rejected: "use --separator '|'"},
		"lines":                  {row: "x,,,\"a\nb\"", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, rejected: `use --separator '\n'`},
		"spaces":                 {row: "x,,,a b", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, rejected: "use --separator ' '"},
		"blanks around":          {row: "x,,,a; b", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, rejected: "use --trim"},
		"beside another change":  {row: "y,,,\"a,b\"", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, rejected: "use --separator ,"},
		"one value with it":      {row: "x,,,\"a,b\"", live: [4]account.Value{`"x"`, "", "", `["a,b"]`}},
		"another value":          {row: "x,,,\"c,b\"", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, puts: 1},
		"known values":           {row: "x,,,\"a,b,wiki\"", live: [4]account.Value{`"x"`, "", "", `["a","b"]`}, puts: 1, note: `1 cell holds "," between texts that are values of their own in other cells or accounts (groups, line 2)`},
		"white space":            {row: "x ,,,", live: [4]account.Value{`"x"`, "", "", ""}, puts: 1, note: "1 cell begins or ends with white space that the live values lack (name, line 2): --trim"},
		"null":                   {row: "x,NULL,,", live: [4]account.Value{`"x"`, "", "", ""}, puts: 1, note: "use --null NULL."},
		"null, to quote":         {row: "x,\\N,,", live: [4]account.Value{`"x"`, "", "", ""}, puts: 1, note: `use --null '\N'.`},
		"a word in its place":    {row: "x,N/A,,", live: [4]account.Value{`"x"`, `"Oslo"`, "", ""}, puts: 1, note: "1 cell holds a word for no value where the account holds another value, which it would replace (city, line 2): to read such cells as empty, use --null N/A."},
		"blanks in its place":    {row: "x,,,\u00a0", live: [4]account.Value{`"x"`, "", "", `["a"]`}, puts: 1, note: "with white space that the live values lack (groups, line 2): --trim takes it away."},
		"a list's type":          {row: "x,,,System.Object[]", live: [4]account.Value{`"x"`, "", "", `["a"]`}, rejected: `column "groups" holds the name of a type, System.Object[], in place of the values`},
		"an object":              {row: "x,[object Object],,", live: [4]account.Value{`"x"`, `"Oslo"`, "", ""}, rejected: `column "city" holds the name of a type, [object Object]`},
		"several, schema of one": {row: "x,Oslo;Rome,,", live: [4]account.Value{`"x"`, `["Rome","Oslo"]`, "", ""}, rejected: "use --multi city"},
		"one of several":         {row: "x,Oslo,,", live: [4]account.Value{`"x"`, `["Rome","Oslo"]`, "", ""}, puts: 1, note: "1 cell holds one value, as the schema says, where the account has several, which it would replace (city, line 2): where there can be several, use --multi city."},
		"Unicode":                {row: "jose\u0301,,,", live: [4]account.Value{`"josé"`, "", "", ""}, puts: 1, note: "1 cell differs from the live values in Unicode form only (name, line 2): U+0065 U+0301 where the account has U+00E9."},
		"hidden":                 {row: "a\u200bb,,,", live: [4]account.Value{`"ab"`, "", "", ""}, puts: 1, note: "U+200B where the account has nothing"},
		"number":                 {row: "x,007,,", live: [4]account.Value{`"x"`, `"7"`, "", ""}, puts: 1, note: "in the notation of a number only (city, line 2)"},
		"date":                   {row: "x,31.1.2026,,", live: [4]account.Value{`"x"`, `"2026-01-31"`, "", ""}, puts: 1, note: "in the notation of a date only"},
		"another date":           {row: "x,30.1.2026,,", live: [4]account.Value{`"x"`, `"2026-01-31"`, "", ""}, puts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, c := collect(index(t, csvfile.Options{}, "id,name,city,number,groups", "k,"+tt.row, "w,x,,,wiki"), Policy{})
			for key, values := range map[string][4]account.Value{"k": tt.live, "w": {`"x"`, "", "", `["wiki"]`}} {
				a := account.Account{ID: key, NativeIdentity: key, Attributes: []account.Attribute{{Name: "id", Value: account.StringValue(key)}}}
				for i, attribute := range []string{"name", "city", "number", "groups"} {
					a.Attributes = append(a.Attributes, account.Attribute{Name: attribute, Value: values[i]})
				}
				if err := d.Account(&a); err != nil {
					t.Fatal(err)
				}
			}
			p := c.end(t, d)
			reason := ""
			for _, r := range p.Rejected {
				reason = r.Reason
			}
			if p.Count(Put) != tt.puts || !strings.Contains(reason, tt.rejected) || (reason == "") != (tt.rejected == "") {
				t.Errorf("%d puts, rejected %q", p.Count(Put), reason)
			}
			if said := strings.Join(p.Notes, "\n"); !strings.Contains(said, tt.note) || (said == "") != (tt.note == "") {
				t.Errorf("notes %q, want %q", said, tt.note)
			}
		})
	}
}

// What --merge-rows would join is said once, with the flag.
func TestOneValueARow(t *testing.T) {
	t.Parallel()
	p := planUnder(t, index(t, csvfile.Options{}, "id,city,groups", "a,x,1", "a,x,2", "b,x,1", "b,x,2", "b,x,3", "c,x,1", "c,y,2", "d,x,1", "d,x,1"), Policy{})
	want := []string{"5 rows of 2 keys differ only in columns that hold several values (groups): use --merge-rows to join them."}
	if diff := cmp.Diff(want, p.Notes); diff != "" {
		t.Error(diff)
	}
	for _, r := range p.Rejected {
		if named := strings.Contains(r.Reason, "--merge-rows"); named != (r.Key == "a" || r.Key == "b") {
			t.Errorf("%+v", r)
		}
	}
}

// Words in the column of the key with nothing beside them are no account where
// no key of the source holds a space.
func TestWordsForAKey(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		row, live string
		creates   int
	}{
		"a footer":              {row: "continued on next page,,,,", live: "k"},
		"a subtotal":            {row: "Subtotal Sales,,,40,", live: "k"},
		"a person":              {row: "Rosa Lund,Rosa,,,", live: "k", creates: 1},
		"a code":                {row: "k2,,,,", live: "k", creates: 1},
		"keys of several words": {row: "Rosa Lund,,,,", live: "Ada Castell", creates: 1},
		"distinguished names":   {row: "continued on next page,,,,", live: "CN=Ada Castell,DC=example"},
		"a distinguished name":  {row: "\"CN=Rosa Lund,DC=example\",,,,", live: "k", creates: 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := collect(index(t, csvfile.Options{}, "id,name,city,number,groups", tt.row), Policy{})
			if err := d.Account(&account.Account{ID: "1", NativeIdentity: tt.live, Attributes: []account.Attribute{{Name: "id", Value: account.StringValue(tt.live)}}}); err != nil {
				t.Fatal(err)
			}
			p := c.end(t, d)
			if p.Count(Create) != tt.creates || len(p.Rejected) != 1-tt.creates {
				t.Errorf("%d creates, rejected %+v", p.Count(Create), p.Rejected)
			}
			for _, r := range p.Rejected {
				if !strings.Contains(r.Reason, "no key as this source has them") {
					t.Error(r.Reason)
				}
			}
		})
	}
}
