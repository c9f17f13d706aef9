package text

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// InertJSON writes JSON to w, with characters that act on a screen or reorder
// text as escapes.
func InertJSON(w io.Writer) io.Writer { return &inertJSON{w: w} }

// inertJSON writes characters that act on a screen or reorder text as the \u
// escapes of JSON, which mean the same: outside of its texts JSON has none.
type inertJSON struct {
	w    io.Writer
	rest []byte // the beginning of a character that the next piece ends
	buf  []byte
}

// Write writes all but a character that is cut off at the end.
func (j *inertJSON) Write(p []byte) (int, error) {
	text := p
	if len(j.rest) > 0 {
		text = append(j.rest, p...)
		j.rest = nil
	}
	j.buf = j.buf[:0]
	for len(text) > 0 {
		if plain := slices.IndexFunc(text, func(c byte) bool { return c > '~' }); plain != 0 {
			if plain < 0 {
				plain = len(text)
			}
			j.buf, text = append(j.buf, text[:plain]...), text[plain:]
			continue
		}
		if !utf8.FullRune(text) {
			j.rest = slices.Clone(text)
			break
		}
		r, size := utf8.DecodeRune(text)
		if unicode.IsPrint(r) || r == utf8.RuneError {
			j.buf = append(j.buf, text[:size]...)
		} else {
			j.buf = AppendEscape(j.buf, r)
		}
		text = text[size:]
	}
	if _, err := j.w.Write(j.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// AppendEscape appends a character as JSON escapes it.
func AppendEscape(b []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return fmt.Appendf(b, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(b, `\u%04x`, r)
}

// Acts reports whether a character of an input acts on a terminal or makes text
// read in another order than it is written: a control character that is no line
// end or tab, or a mark that embeds, overrides or isolates a direction.
func Acts(r rune) bool {
	switch r {
	case '\t', '\n', '\r':
		return false
	case '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r) || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// Harmless is a cell of an input with the characters that act made visible.
func Harmless(cell string) string {
	if !strings.ContainsFunc(cell, Acts) {
		return cell
	}
	var b strings.Builder
	for _, r := range cell {
		if Acts(r) {
			b.WriteString(visibleRune(r, string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
