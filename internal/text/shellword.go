package text

import (
	"fmt"
	"strings"
	"unicode"
)

// ShellWord is the word as a POSIX shell takes it for one argument. Characters
// that nobody sees, and those that a terminal would act on, are written as
// octal escapes for printf, so that the word can be copied from a screen.
func ShellWord(word string) string {
	switch {
	case word == "":
		return "''"
	case strings.ContainsFunc(word, IsHidden):
		return `"$(printf '` + printfEscaped(word) + `')"`
	case strings.ContainsFunc(word, needsQuotes):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

func needsQuotes(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%_+=:,./-", r))
}

// IsHidden reports whether a character cannot be seen, or told from a space, on a screen.
func IsHidden(r rune) bool {
	return r != ' ' && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Zl, unicode.Zp) ||
		r == '\u115F' || r == '\u1160' || r == '\u3164' || r == '\uFFA0' || r == '\u2800' || r == '\u034F')
}

func printfEscaped(word string) string {
	var b strings.Builder
	for _, r := range word {
		switch {
		case IsHidden(r):
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		case r == '%':
			b.WriteString("%%")
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\'':
			b.WriteString(`'\''`)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// ShellLine is a command line of these words.
func ShellLine(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = ShellWord(word)
	}
	return strings.Join(quoted, " ")
}
