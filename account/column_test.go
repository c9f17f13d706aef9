package account

import (
	"slices"
	"strings"
	"testing"

	"accountsync/internal/malformed"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSplitCell(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cell, separator string
		want            []string
	}{
		{"", ";", nil},
		{"a", ";", []string{"a"}},
		{"a;b", ";", []string{"a", "b"}},
		{";;a;;b;", ";", []string{"a", "b"}},
		{" a ; b ", ";", []string{" a ", " b "}},
		{`"a;b";c`, ";", []string{"a;b", "c"}},
		{`"say ""hi""";c`, ";", []string{`say "hi"`, "c"}},
		{`"";a`, ";", []string{"a"}},
		{`"a`, ";", []string{`"a`}},
		{`"a"b;c`, ";", []string{`"a"b`, "c"}},
		{`"a;b`, ";", []string{`"a`, "b"}},
		{`a"b;c"`, ";", []string{`a"b`, `c"`}},
		{"a||b|c", "||", []string{"a", "b|c"}},
		{"a, b", ", ", []string{"a", "b"}},
	} {
		if d := cmp.Diff(tt.want, splitCell(nil, tt.cell, tt.separator)); d != "" {
			t.Errorf("%q at %q: %s", tt.cell, tt.separator, d)
		}
	}
}

func TestJoinCellIsTakenApartAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		separator := rapid.SampledFrom([]string{";", "|", ",", "::", "aa", " - "}).Draw(t, "separator")
		text := rapid.OneOf(rapid.StringN(1, 8, -1), rapid.StringOfN(rapid.RuneFrom([]rune(`";|,:a -`)), 1, 6, -1))
		texts := rapid.SliceOf(text).Draw(t, "texts")
		cell := joinCell(texts, separator)
		if d := cmp.Diff(texts, append([]string{}, splitCell(nil, cell, separator)...)); d != "" {
			t.Errorf("%q: %s", cell, d)
		}
	})
}

func FuzzSplitCell(f *testing.F) {
	for _, cell := range []string{`a;b`, `"a;b";c`, `"a"b;`, `""`, `"""";"`, "::a:::"} {
		f.Add(cell, ";")
		f.Add(cell, "::")
	}
	f.Fuzz(func(t *testing.T, cell, separator string) {
		if separator == "" || strings.ContainsAny(separator, "\"\r") {
			return
		}
		texts := splitCell(nil, cell, separator)
		if slices.Contains(texts, "") {
			t.Fatalf("%q has an empty element", cell)
		}
		if d := cmp.Diff(texts, splitCell(nil, joinCell(texts, separator), separator)); d != "" {
			t.Errorf("%q: %s", cell, d)
		}
	})
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typ        Type
		text, want string
	}{
		{TypeString, "Paris", "Paris"},
		{TypeString, " TRUE 007 ", " TRUE 007 "},
		{TypeString, "a\r\nb\rc\nd", "a\nb\nc\nd"},
		{"", "x\r", "x\n"},
		{"", "x\r\r\ny", "x\ny"},
		{TypeLong, "007", "7"},
		{TypeLong, "+7", "7"},
		{TypeLong, "-07", "-7"},
		{TypeLong, "-7", "-7"},
		{TypeLong, "-0", "0"},
		{TypeLong, "000", "0"},
		{TypeLong, "12345678901234567890", "12345678901234567890"},
		{TypeLong, "1.0", "1.0"},
		{TypeLong, "+", "+"},
		{TypeInt, "0042", "42"},
		{TypeBoolean, "TRUE", "true"},
		{TypeBoolean, "False", "false"},
		{TypeBoolean, "Yes", "Yes"},
		{TypeDate, "2026-01-31T08:00:00+02:00", "2026-01-31T06:00:00Z"},
		{TypeDate, "2026-01-31T06:00:00.500Z", "2026-01-31T06:00:00.5Z"},
		{TypeDate, "31.01.2026", "31.01.2026"},
	} {
		if got := (Column{Type: tt.typ}).Normal(tt.text); got != tt.want {
			t.Errorf("%s %q: got %q, want %q", tt.typ, tt.text, got, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := map[Type][]string{
		TypeString:  {"anything", "\x01"},
		TypeLong:    {"", "0", "-1", "+1", "007", "12345678901234567890"},
		TypeInt:     {"", "2147483647", "-2147483648", "+5"},
		TypeBoolean: {"", "true", "FALSE", "True"},
		TypeDate: {"", "2026-01-31", "2024-02-29", "2026-01-31T08:00:00Z", "2026-01-31T08:00:00.123+02:00", "2026-01-31T08:00:00",
			"2026-01-31 08:00", "2026-01-31T08:00:00+0200", "2026-01-31T23:59:59", "1769846400000", "-86400000", "0"},
		"UNHEARD-OF": {"anything"},
	}
	bad := map[Type][]string{
		TypeLong:    {"x", "1.0", "1e3", "1,000", " 1", "1 ", "-", "+", "0x10", "١"},
		TypeInt:     {"x", "2147483648", "-2147483649", "1.5", " 1"},
		TypeBoolean: {"yes", "1", "0", "wahr", " true"},
		TypeDate: {"tomorrow", "2026-13-40", "2026-02-30", "2025-02-29", "2026-01-31T25:00:00", "2026-01-31T08:61:00Z", "2026-01-31T", "T", " ",
			"2026-00-10", "2026-01-00", "2026", "31.13.2026", "2026-1-3", "99999999999999999", "12:00",
			// Other forms are for --date-format, and numbers that are a day without signs, a spreadsheet's or seconds are no milliseconds.
			"1/31/2026", "31/1/2026", "01/31/2026 3:04 PM", "31.01.2026", "1.2.26", "2026/01/31", "20260131", "45356", "1709596800"},
	}
	for typ, cells := range good {
		for _, cell := range cells {
			if reason := (Column{Type: typ}).Check(cell); reason != "" {
				t.Errorf("%s %q: %s", typ, cell, reason)
			}
		}
	}
	for typ, cells := range bad {
		for _, cell := range cells {
			if reason := (Column{Type: typ}).Check(cell); reason == "" {
				t.Errorf("%s %q passes", typ, cell)
			}
		}
	}
	multi := Column{Type: TypeInt, Multi: true, Separator: ";"}
	if multi.Check("1;2;") != "" || multi.Check("1;x") == "" {
		t.Error("each element of a multi-valued cell is to be checked")
	}
}

func TestColumnEqual(t *testing.T) {
	t.Parallel()
	text, multi := Column{Type: TypeString}, Column{Type: TypeString, Multi: true, Separator: ";"}
	for _, tt := range []struct {
		column Column
		cell   string
		live   Value
		want   bool
	}{
		{text, "Paris", `"Paris"`, true},
		{text, "Paris", `"paris"`, false},
		{text, "Paris", `"Paris "`, false},
		{text, "Paris", "", false},
		{text, "", "", true},
		{text, "", "null", true},
		{text, "", `""`, true},
		{text, "", "[]", true},
		{text, "", `"x"`, false},
		{text, "a\nb", `"a\r\nb"`, true},
		{text, `a\nb`, `"a\nb"`, false},
		{text, `a\nb`, `"a\\nb"`, true},
		{text, "é", `"\u00e9"`, true},
		{text, "=1+1", `"=1+1"`, true},
		{text, `"`, `"\""`, true},
		{text, "12345678901234567890", "12345678901234567890", true},
		{text, "12345678901234567000", "12345678901234567890", false},
		{text, "true", "true", true},
		{text, "a", `["a"]`, true},
		{text, `["a","b"]`, `["a","b"]`, true},
		{text, `["a","c"]`, `["a","b"]`, false},
		{text, `{"a":1}`, `{"a":1}`, true},
		{Column{Type: TypeLong}, "007", `"7"`, true},
		{Column{Type: TypeLong}, "1e3", "1e3", true},
		{Column{Type: TypeLong}, "1000", "1e3", false},
		{Column{Type: TypeBoolean}, "TRUE", "true", true},
		{Column{Type: TypeDate}, "2026-01-31T08:00:00+02:00", `"2026-01-31T06:00:00Z"`, true},
		{Column{Type: TypeDate}, "2026-01-31", `"2026-01-31T00:00:00Z"`, false},
		{multi, "a;b", `["b","a"]`, true},
		{multi, "a;b;a", `["b","a"]`, true},
		{multi, "a;b", `["a"]`, false},
		{multi, "a", `"a"`, true},
		{multi, ";", "null", true},
		{multi, ";", `["a"]`, false},
		{multi, `"a;b";c`, `["c","a;b"]`, true},
		{multi, "1;2", "[2,1]", true},
	} {
		if got := tt.column.Equal(tt.cell, tt.live); got != tt.want {
			t.Errorf("%+v: Equal(%q, %s) is %t", tt.column, tt.cell, tt.live, got)
		}
	}
}

func TestColumnValue(t *testing.T) {
	t.Parallel()
	text, multi := Column{Type: TypeLong}, Column{Multi: true, Separator: ";"}
	for _, tt := range []struct {
		column Column
		cell   string
		want   Value
	}{
		{text, "", ""},
		{text, "007", `"007"`},
		{text, "a\"b\n", `"a\"b\n"`},
		{multi, "", ""},
		{multi, ";;", ""},
		{multi, "a", `["a"]`},
		{multi, `b;a;b;"c;d"`, `["b","a","c;d"]`},
	} {
		if got := tt.column.Value(tt.cell); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.cell, got, tt.want)
		}
	}
}

// Whatever is live, the cell an export writes for it is equal to it, and so is
// what the API would be sent for that cell.
func TestCellIsEqualToItsValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawColumn(t)
		live := Value(malformed.JSON().Draw(t, "live"))
		cell := c.Cell(live)
		if !c.Equal(cell, live) {
			t.Fatalf("%+v: cell %q is not equal to %s", c, cell, live)
		}
		if !c.Equal(foldLineEnds(cell), live) {
			t.Fatalf("%+v: cell %q is not equal to %s once read back", c, cell, live)
		}
		if !c.Equal(cell, c.Value(cell)) {
			t.Fatalf("%+v: cell %q is not equal to the %s it asks for", c, cell, c.Value(cell))
		}
	})
}

func drawColumn(t *rapid.T) Column {
	return Column{
		Type:      rapid.SampledFrom([]Type{TypeString, TypeLong, TypeInt, TypeBoolean, TypeDate, "OTHER"}).Draw(t, "type"),
		Multi:     rapid.Bool().Draw(t, "multi"),
		Separator: rapid.SampledFrom([]string{";", "|", "::"}).Draw(t, "separator"),
	}
}

func BenchmarkColumnEqual(b *testing.B) {
	for name, c := range map[string]struct {
		column Column
		cell   string
		live   Value
	}{
		"plain":   {Column{}, "Sales and Marketing", `"Sales and Marketing"`},
		"escaped": {Column{}, "Sales & Marketing", `"Sales \u0026 Marketing"`},
		"multi":   {Column{Multi: true, Separator: ";"}, "VPN;Sales;Europe", `["Sales","Europe","VPN"]`},
	} {
		b.Run("value="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !c.column.Equal(c.cell, c.live) {
					b.Fatal("not equal")
				}
			}
		})
	}
}
