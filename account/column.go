package account

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// AppendTexts appends the plain texts of a cell to dst: one for a single-valued
// column, one per element for a multi-valued one, none for an empty cell.
func (c Column) AppendTexts(dst []string, cell string) []string {
	switch {
	case cell == "":
		return dst
	case c.Multi && c.Trim:
		return trimmed(splitCell(dst, cell, c.Separator), len(dst))
	case c.Multi:
		return splitCell(dst, cell, c.Separator)
	}
	return append(dst, cell)
}

// trimmed takes white space off the texts from one of them on, and leaves out
// what is empty then.
func trimmed(texts []string, from int) []string {
	kept := texts[:from]
	for _, text := range texts[from:] {
		if text = TrimBlank(text); text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}

// Normal is the form in which two texts are compared under the column's type:
// integers without plus sign and leading zeros, true and false in lower case,
// RFC 3339 dates in UTC, every line end as LF, all else as it is.
func (c Column) Normal(text string) string {
	if c.Type == TypeDate && c.Dates != nil {
		text, _ = c.Dates.iso(text)
	}
	return normalText(c.Type, text)
}

// Check returns "" or why the cell does not fit the column's type. It does not
// repeat the cell.
func (c Column) Check(cell string) string {
	check := c.Type.Checker()
	if check == nil || cell == "" {
		return ""
	}
	if c.Type == TypeDate && c.Dates != nil {
		plain := check
		check = func(text string) string {
			if _, ok := c.Dates.iso(text); ok {
				return ""
			}
			return plain(text)
		}
	}
	if !c.Multi {
		return check(cell)
	}
	for _, text := range c.AppendTexts(nil, cell) {
		if reason := check(text); reason != "" {
			return reason
		}
	}
	return ""
}

// Cell is how an export writes a live value. Reading it back gives a cell that
// is Equal to the value. Text no CSV file should hold (NUL, invalid UTF-8)
// becomes U+FFFD.
func (c Column) Cell(v Value) string {
	texts := v.AppendTexts(nil)
	cell := ""
	switch {
	case len(texts) == 0:
	case c.Multi:
		cell = joinCell(texts, c.Separator)
	case len(texts) == 1:
		cell = texts[0]
	default:
		cell = string(v)
	}
	return cleanText(cell)
}

func cleanText(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ReplaceAll(text, "\x00", "\uFFFD")
}

// Value is what the API is sent for a cell: a string, or an array of strings
// without repetitions when Multi; "" for a cell without a value.
func (c Column) Value(cell string) Value {
	if !c.Multi {
		if cell == "" {
			return ""
		}
		return StringValue(c.sent(cell))
	}
	texts := distinct(c.AppendTexts(nil, cell))
	for i, text := range texts {
		texts[i] = c.sent(text)
	}
	if len(texts) == 0 {
		return ""
	}
	return ListValue(texts)
}

// sent is the text that is sent for one of a cell: itself, unless it is a date
// in another form than ISO's.
func (c Column) sent(text string) string {
	if c.Type == TypeDate {
		text, _ = c.Dates.iso(text)
	}
	return text
}

// Equal reports whether the cell asks for what is live: the same text under the
// column's type, the same set when Multi, or the cell an export would write.
func (c Column) Equal(cell string, live Value) bool {
	if isPlainText(cell, live) && !c.Multi {
		return true
	}
	want, have := c.AppendTexts(nil, cell), live.AppendTexts(nil)
	if len(want) == 0 || len(have) == 0 {
		return len(want) == len(have)
	}
	if c.Multi || len(have) == 1 {
		if slices.Equal(c.normalSet(want), c.normalSet(have)) {
			return true
		}
	}
	return foldLineEnds(cell) == foldLineEnds(c.Cell(live))
}

// isPlainText reports whether live is the JSON string of the cell without any escape.
func isPlainText(cell string, live Value) bool {
	return len(live) == len(cell)+2 && live[0] == '"' && string(live[1:len(live)-1]) == cell &&
		strings.IndexByte(cell, '\\') < 0
}

// normalSet makes the texts comparable: normal, sorted, without repetitions. It
// changes the slice it is given.
func (c Column) normalSet(texts []string) []string {
	for i, t := range texts {
		texts[i] = c.Normal(t)
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}
