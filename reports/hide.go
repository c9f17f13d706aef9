package reports

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hide masks the values wherever somebody repeats them: in another case, with
// the escapes of JSON, of an address (%20, +), or with several of these over
// one another. A short one is masked as a whole word only: masking each letter
// "a" would leave nothing to read.
func hide(said string, values []string) string {
	if said == "" || len(values) == 0 {
		return said
	}
	text := spell(said)
	hidden := make([]bool, len(said))
	for _, value := range values {
		if value != "" && value != masked {
			text.mark(hidden, spell(value).text, len(value) < 4)
		}
	}
	var b strings.Builder
	for i := 0; i < len(said); {
		if !hidden[i] {
			b.WriteByte(said[i])
			i++
			continue
		}
		b.WriteString(masked)
		for i < len(said) && hidden[i] {
			i++
		}
	}
	return b.String()
}

// spelling is a text without escapes, in one case, and where each of its bytes
// comes from; one more place is the end.
type spelling struct {
	text string
	from []int
}

// mark marks where the value stands.
func (s spelling) mark(hidden []bool, value string, word bool) {
	for at := 0; value != ""; {
		i := strings.Index(s.text[at:], value)
		if i < 0 {
			return
		}
		begin, end := at+i, at+i+len(value)
		at = end
		if word && (inWord(utf8.DecodeLastRuneInString(s.text[:begin])) || inWord(utf8.DecodeRuneInString(s.text[end:]))) {
			continue
		}
		for j := s.from[begin]; j < s.from[end]; j++ {
			hidden[j] = true
		}
	}
}

func inWord(r rune, size int) bool {
	return size > 0 && (r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

// spell takes escapes away until there are none, and folds the case.
func spell(s string) spelling {
	text := spelling{s, make([]int, len(s)+1)}
	for i := range text.from {
		text.from[i] = i
	}
	const layers = 4 // JSON in JSON in an address, and more than anybody was seen to do
	for range layers {
		if !strings.ContainsAny(text.text, `%\`) {
			break
		}
		text = text.unescaped()
	}
	return text.folded()
}

// unescaped takes one layer of escapes away.
func (s spelling) unescaped() spelling {
	var b []byte
	var from []int
	for i := 0; i < len(s.text); {
		plain, size := unescape(s.text[i:])
		b = append(b, plain...)
		from = append(from, slices.Repeat([]int{s.from[i]}, len(plain))...)
		i += size
	}
	return spelling{string(b), append(from, s.from[len(s.text)])}
}

// unescape reads one character or escape, and how long it is.
func unescape(s string) (plain string, size int) {
	switch {
	case s[0] == '%' && len(s) >= 3:
		if n, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			return string([]byte{byte(n)}), 3
		}
	case s[0] == '\\' && len(s) >= 2:
		if at := strings.IndexByte(`"\/nrtbf`, s[1]); at >= 0 {
			return "\"\\/\n\r\t\b\f"[at : at+1], 2
		}
		if quoted, rest, err := firstRune(s); err == nil {
			return quoted, len(s) - len(rest)
		}
	}
	return s[:1], 1
}

// firstRune reads \uXXXX, or two of them that are one character.
func firstRune(s string) (plain, rest string, err error) {
	if len(s) < 6 || s[1] != 'u' {
		return "", s, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return "", s, err
	}
	r, rest := rune(n), s[6:]
	if 0xD800 <= r && r < 0xDC00 && len(rest) >= 6 && rest[:2] == `\u` {
		if low, err := strconv.ParseUint(rest[2:6], 16, 16); err == nil && 0xDC00 <= low && low < 0xE000 {
			r, rest = (r-0xD800)<<10+(rune(low)-0xDC00)+0x10000, rest[6:]
		}
	}
	return string(r), rest, nil
}

// folded is the text in one case; a + stands for a space in an address.
func (s spelling) folded() spelling {
	var b []byte
	var from []int
	for i := 0; i < len(s.text); {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		before := len(b)
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, s.text[i])
		case r == '+':
			b = append(b, ' ')
		default:
			b = utf8.AppendRune(b, unicode.ToLower(unicode.ToUpper(r)))
		}
		for range len(b) - before {
			from = append(from, s.from[i])
		}
		i += size
	}
	return spelling{string(b), append(from, s.from[len(s.text)])}
}
