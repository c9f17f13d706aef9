package text

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Reveal shows what nobody sees in a text: characters of no width and odd
// spaces by their numbers, and the accents of a text that is not in Unicode's
// composed form (NFC). Every other text comes back as it is.
func Reveal(text string) string {
	composed := norm.NFC.IsNormalString(text)
	hidden := func(r rune) bool { return IsHidden(r) || !composed && unicode.Is(unicode.Mn, r) }
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// HidesCharacters reports whether a text holds characters that nobody sees.
func HidesCharacters(text string) bool { return strings.ContainsFunc(text, IsHidden) }
