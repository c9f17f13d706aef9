package diff

import (
	"math"
	"strings"
	"testing"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		live  int
		want  int
		ok    bool
		again string // how it is written, when not as text
	}{
		{text: "0", live: 1000, want: 0, ok: true},
		{text: "25", live: 10, want: 25, ok: true},
		{text: "25", live: 0, want: 25, ok: true},
		{text: "10%", live: 1000, want: 100, ok: true},
		{text: "10%", live: 9, want: 0, ok: true},
		{text: "10%", live: 19, want: 1, ok: true},
		{text: "33%", live: 299, want: 98, ok: true},
		{text: "0%", live: 1000, want: 0, ok: true},
		{text: "100%", live: 1000, want: 1000, ok: true},
		{text: "99%", live: math.MaxInt, want: math.MaxInt/100*99 + 6, ok: true},
		{text: "25,10%", live: 1000, want: 25, ok: true},
		{text: "25,10%", live: 100, want: 10, ok: true},
		{text: " 10% , 25 ", live: 100, want: 10, ok: true, again: "25,10%"},
		{text: "unlimited", live: 100},
	} {
		l, err := ParseLimit(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		n, ok := l.Of(tt.live)
		if n != tt.want || ok != tt.ok {
			t.Errorf("%q of %d live accounts = %d, %v; want %d, %v", tt.text, tt.live, n, ok, tt.want, tt.ok)
		}
		if tt.again == "" {
			tt.again = tt.text
		}
		equal(t, l.String(), tt.again)
	}
}

func TestLimitErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      `"" is neither a number nor a percentage`,
		"%":                     `"%" is neither`,
		"-1":                    `"-1" is neither`,
		"+1":                    `"+1" is neither`,
		"ten":                   `"ten" is neither`,
		"1.5%":                  `"1.5%" is neither`,
		"10%%":                  `"10%%" is neither`,
		"101%":                  `"101%" is more than 100%`,
		"5,":                    `"" is neither`,
		"5,6":                   `"6" comes after another`,
		"5%,6%":                 `"6%" comes after another`,
		"5,unlimited":           `"unlimited" is neither`,
		"99999999999999999999":  `out of range`,
		"99999999999999999999%": `out of range`,
	} {
		_, err := ParseLimit(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "write a count") {
			t.Errorf("%q: got error %v, want one with %q", text, err, want)
		}
		l := Limit{count: 3, hasCount: true}
		if l.UnmarshalText([]byte(text)) == nil || l.count != 3 {
			t.Errorf("%q: UnmarshalText took it", text)
		}
	}
}

func FuzzParseLimit(f *testing.F) {
	for _, seed := range []string{"25", "10%", "25,10%", "0", "unlimited", " 7 ,%", "100%,00"} {
		f.Add(seed, 1000)
	}
	f.Fuzz(func(t *testing.T, s string, live int) {
		l, err := ParseLimit(s)
		if err != nil {
			return
		}
		text, _ := l.MarshalText()
		var again Limit
		if err := again.UnmarshalText(text); err != nil || again != l {
			t.Fatalf("%q was written as %q and read as %v, %v", s, text, again, err)
		}
		live = max(live, 0)
		n, ok := l.Of(live)
		if n < 0 || !ok && n != 0 || l.hasPercent && n > live {
			t.Fatalf("%q of %d = %d, %v", s, live, n, ok)
		}
	})
}
