package text

import (
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// A word as ShellWord quotes it comes out of a shell as it went in, and can be
// copied from a screen.
func TestShellWord(t *testing.T) {
	t.Parallel()
	checkWords(t, []string{"", "a", "a b", "it's", "a,b", "Na\u00a0me=name", "\u200b50%\\n'x", "$HOME `x` \"y\"", "ö", "~x", "#", ";", "\t", "*", "!a", "-",
		"a\n", "\n", "\n\n", "a\nb", "\u00ad\n", "\r\n", "-\u00a0", "--\u200bx\n", "\t12", "\xff", "a\xffb\u00a0", "\uFFFD", "a\\", "\\\n"})
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.String(), hostileText(), rapid.StringOf(rapid.RuneFrom([]rune("a1-%\\'\"$`!\n\r\t\u00a0\u200b"))))
		words := rapid.SliceOfN(word, 1, 20).Draw(t, "words")
		checkWords(t, words)
	})
}

func FuzzShellWord(f *testing.F) {
	f.Add("a\u00a0'\n")
	f.Add("-\xff%\\")
	f.Fuzz(func(t *testing.T, word string) { checkWords(t, []string{word}) })
}

func checkWords(t interface{ Errorf(string, ...any) }, words []string) {
	line := "printf '%s\\0'"
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, "\x00", "0") // which no argument can hold
		quoted := ShellWord(words[i])
		if strings.ContainsFunc(quoted, func(r rune) bool { return r != '\n' && IsHidden(r) }) {
			t.Errorf("%q hides characters", quoted)
		}
		line += " " + quoted
	}
	out, err := exec.Command("sh", "-c", line).Output()
	if want := strings.Join(words, "\x00") + "\x00"; err != nil || string(out) != want {
		t.Errorf("%s came out as %q, want %q (%v)", line, out, want, err)
	}
}

func TestFormulaQuotingIsUndone(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "a": "a", "'a": "'a", "'": "'", "=1+1": "'=1+1", "'=1": "''=1", "-5": "'-5", "+1": "'+1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "a=b": "a=b",
	} {
		if got := QuoteFormula(cell); got != want {
			t.Errorf("QuoteFormula(%q) is %q, want %q", cell, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("'=+-@\t\rx")))).Draw(t, "cell")
		if got := UnquoteFormula(QuoteFormula(cell)); got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	})
}

// However the text is cut into pieces, the same comes out.
func TestInertJSONInPieces(t *testing.T) {
	t.Parallel()
	const text = `{"a":"x\u202e 🚀` + "\u202e\U000e0001\u0085\x7f é\xff" + `"}`
	const want = `{"a":"x\u202e 🚀\u202e\udb40\udc01\u0085\u007f é` + "\xff" + `"}`
	for size := 1; size <= len(text); size++ {
		var b strings.Builder
		w := &inertJSON{w: &b}
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if b.String() != want {
			t.Fatalf("in pieces of %d: %q", size, b.String())
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain text":     "plain text",
		"山田 é 👩":         "山田 é 👩",
		"\x1b[31mred":    `\x1b[31mred`,
		"a\r\nb\tc\x00":  `a\r\nb\tc\x00`,
		"\u202eevil":     `\u202eevil`,
		"zero\u200bspan": `zero\u200bspan`,
		"no\u00a0break":  `no\u00a0break`,
		"bad\xffbyte":    `bad\xffbyte`,
		`DOMAIN\user`:    `DOMAIN\user`,
		"\u009b31m":      `\u009b31m`,
		"":               "",
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"abcde", 5, "abcde"},
		{"abcdef", 5, "abcd…"},
		{"山田太郎", 8, "山田太郎"},
		{"山田太郎", 7, "山田太…"},
		{"山田太郎", 6, "山田…"},
		{"abc\x1b[0m", 5, "abc…"},
		{"x", 0, "…"},
		{"", 0, ""},
	} {
		if got := Clip(c.in, c.width); got != c.want {
			t.Errorf("%q in %d cells is %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

// What is clipped fits, is printable, and is the text itself when that fits.
func TestClipFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, width := hostileText().Draw(t, "text"), rapid.IntRange(1, 50).Draw(t, "width")
		got := Clip(s, width)
		if Width(got) > width || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q in %d cells is %q", s, width, got)
		}
		if n := len([]rune(got)); n > width {
			t.Fatalf("%d characters are piled up in %d cells", n, width)
		}
	})
}

func hostileText() *rapid.Generator[string] {
	return rapid.StringOf(rapid.RuneFrom([]rune("ab \t\r\n\x00\x1b\x07\x7f\u009b\u202e\u2066\u200b\u200d\u0301\ufeff\u2028'\"=+-@,;\\{}[]:é山🏳👩東")))
}
