package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ShellWord is the word as a POSIX shell takes it for one argument. Characters
// that nobody sees, and those that a terminal would act on, are written as
// octal escapes for printf, so that the word can be copied from a screen. Line
// ends at its end stand as they are, since $(...) takes them away.
func ShellWord(word string) string {
	body := strings.TrimRight(word, "\n")
	ends := word[len(body):]
	switch {
	case word == "":
		return "''"
	case strings.ContainsFunc(body, IsHidden) || !utf8.ValidString(body):
		return `"$(printf ` + dashes(body) + `'` + printfEscaped(body) + `')` + ends + `"`
	case strings.ContainsFunc(word, needsQuotes):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// dashes keeps printf from taking the word for an option.
func dashes(word string) string {
	if strings.HasPrefix(word, "-") {
		return "-- "
	}
	return ""
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
	for i, r := range word {
		_, size := utf8.DecodeRuneInString(word[i:])
		switch {
		case IsHidden(r), r == utf8.RuneError && size == 1:
			for _, c := range []byte(word[i : i+size]) {
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
