package account

import (
	"strings"
	"unicode"
)

// TrimBlank takes white space, and what nobody sees, off the ends of a text.
func TrimBlank(text string) string {
	if text == "" || isInk(text[0]) && isInk(text[len(text)-1]) {
		return text
	}
	return strings.TrimFunc(text, func(r rune) bool { return IsBlank(r) || isHidden(r) && !unicode.IsControl(r) })
}

// isInk reports whether the byte is a character that can be seen, as a whole.
func isInk(c byte) bool { return c > ' ' && c < 0x7F }

// IsBlank counts characters of no width as white space: nobody can see them.
func IsBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B'
}

// IsNullText reports whether a text is one that programs write for: no value.
func IsNullText(text string) bool {
	switch strings.ToLower(text) {
	case "null", "(null)", "<null>", "[null]", `\n`, "#n/a", "n/a", "#null!", "nan", "none", "nil", "#value!", "#ref!", "#name?", "#div/0!":
		return true
	}
	return false
}
