// Package text shows a value so that it cannot act on a terminal, a spreadsheet,
// a page or a shell.
package text

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// Ellipsis stands where a text was cut.
const Ellipsis = "…"

// terminal measures text in cells as an unpatched terminal shows it, whatever
// the locale of this machine, so that reports look the same everywhere.
var terminal = &runewidth.Condition{StrictEmojiNeutral: true}

// Width is the Number of terminal cells s takes.
func Width(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return terminal.StringWidth(s)
}

// Visible shows s so that it cannot act: control characters, escape sequences,
// marks that reorder text, unusual spaces and broken UTF-8 become escapes.
func Visible(s string) string {
	for i, r := range s {
		if plain := ' ' <= r && r <= '~'; !plain && (!unicode.IsPrint(r) || r == utf8.RuneError) {
			return s[:i] + Clip(s[i:], len(s)*len(`\U00000000`))
		}
	}
	return s
}

// isPlain reports whether s is printable ASCII, as nearly all of it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Clip is Visible(s), cut to at most width cells. A character without a width
// of its own counts as one, so that piled-up accents are cut too.
func Clip(s string, width int) string {
	if isPlain(s) {
		if len(s) <= width {
			return s
		}
		return s[:max(0, width-1)] + Ellipsis
	}
	var b strings.Builder
	used, fits := 0, 0 // cells used; bytes that leave room for the Ellipsis
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		text := visibleRune(r, s[i:i+size])
		used += max(1, Width(text))
		if used > width {
			return b.String()[:fits] + Ellipsis
		}
		b.WriteString(text)
		if used < width {
			fits = b.Len()
		}
		i += size
	}
	return b.String()
}

func visibleRune(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case unicode.IsPrint(r):
		return raw
	}
	quoted := strconv.QuoteRuneToASCII(r)
	return quoted[1 : len(quoted)-1]
}

// Padded is s followed by spaces up to width cells.
func Padded(s string, width int) string { return terminal.FillRight(s, width) }

// PaddedLeft is s after spaces up to width cells.
func PaddedLeft(s string, width int) string { return terminal.FillLeft(s, width) }

// Widths are the cells that each column of a table takes.
func Widths(rows [][]string) (widths []int) {
	for _, row := range rows {
		if widths == nil {
			widths = make([]int, len(row))
		}
		for i, cell := range row {
			widths[i] = max(widths[i], Width(cell))
		}
	}
	return widths
}

// Row is a row of a table whose columns are so wide; the last cell is as long as it is.
func Row(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row[:len(row)-1] {
		b.WriteString(Padded(cell, widths[i]) + "  ")
	}
	return b.String() + row[len(row)-1]
}

// Number is n with its thousands set apart.
func Number[N ~int | ~int64](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Counted is n and its noun, the plural with an s.
func Counted[N ~int | ~int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}
