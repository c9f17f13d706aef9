package main

import (
	"fmt"
	"unicode/utf16"
)

// appendEscape appends a character as JSON escapes it.
func appendEscape(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); r > 0xFFFF {
		return fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(dst, `\u%04x`, r)
}
