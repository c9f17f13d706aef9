package account

import (
	"slices"
	"strings"
)

// splitCell appends the elements of a multi-valued cell to dst. An element that
// is quoted as joinCell quotes it is unquoted, any other is taken as it stands.
// Empty elements are dropped.
func splitCell(dst []string, cell, separator string) []string {
	for cell != "" {
		element, rest, ok := cutQuoted(cell, separator)
		if !ok {
			element, rest, _ = strings.Cut(cell, separator)
		}
		if element != "" {
			dst = append(dst, element)
		}
		cell = rest
	}
	return dst
}

// cutQuoted takes a quoted element off the front of a cell. It is not ok when
// the cell does not begin with one that ends at a separator or the cell's end.
func cutQuoted(cell, separator string) (element, rest string, ok bool) {
	if cell[0] != '"' {
		return "", "", false
	}
	for i := 1; ; {
		n := strings.IndexByte(cell[i:], '"')
		if n < 0 {
			return "", "", false
		}
		i += n + 1
		if i < len(cell) && cell[i] == '"' {
			i++
			continue
		}
		rest, found := strings.CutPrefix(cell[i:], separator)
		if !found && i < len(cell) {
			return "", "", false
		}
		return strings.ReplaceAll(cell[1:i-1], `""`, `"`), rest, true
	}
}

// joinCell is the cell that splitCell takes apart into the texts. No text is empty.
func joinCell(texts []string, separator string) string {
	if len(texts) == 1 {
		return quoteElement(texts[0], separator)
	}
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = quoteElement(t, separator)
	}
	return strings.Join(quoted, separator)
}

func quoteElement(text, separator string) string {
	if !strings.HasPrefix(text, `"`) && !endsInto(text, separator) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

// endsInto reports whether a separator would be found in the text once another
// separator follows it: inside, or, when it has several characters, across its end.
func endsInto(text, separator string) bool {
	at := strings.Index(text+separator, separator)
	return at < len(text)
}

// distinct returns the texts without repetitions, in their order. It reuses the slice.
func distinct(texts []string) []string {
	seen := make(map[string]bool, len(texts))
	return slices.DeleteFunc(texts, func(t string) bool {
		known := seen[t]
		seen[t] = true
		return known
	})
}
