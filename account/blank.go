package account

import (
	"strings"
	"unicode"

	"accountsync/internal/text"
)

// TrimBlank takes white space, and what nobody sees, off the ends of a text.
func TrimBlank(s string) string {
	if s == "" || isInk(s[0]) && isInk(s[len(s)-1]) {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool { return IsBlank(r) || text.IsHidden(r) && !unicode.IsControl(r) })
}

// isInk reports whether the byte is a character that can be seen, as a whole.
func isInk(c byte) bool { return c > ' ' && c < 0x7F }

// IsBlank counts characters of no width as white space: nobody can see them.
func IsBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B'
}

// IsNullText reports whether a text is one that programs write for: no value.
func IsNullText(text string) bool {
	if text == "" || len(text) > len("0000-00-00 00:00:00") || strings.IndexByte(`nNuU([<\#-0`, text[0]) < 0 {
		return false
	}
	switch strings.ToLower(text) {
	case "null", "(null)", "<null>", "[null]", `\n`, "#n/a", "n/a", "#null!", "nan", "none", "nil", "#value!", "#ref!", "#name?", "#div/0!",
		"#n/v", "#nv", "<na>", "n.a.", "(none)", "(empty)", "(blank)", "undefined", "-", "--", "0000-00-00", "0000-00-00 00:00:00":
		return true
	}
	return false
}
