package reports

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
)

// noValue stands for a value that is missing, null, "" or [].
const noValue = "(none)"

// quoted is s as a capped text between quotes.
func quoted(s string, width int) string {
	return `"` + text.Clip(strings.ReplaceAll(s, `"`, `\"`), width) + `"`
}

// valueText shows one attribute value: texts in quotes, lists in brackets,
// numbers and truth values bare.
func valueText(v account.Value, width int) string {
	switch {
	case v.IsEmpty():
		return noValue
	case v.IsList():
		return "[" + quotedList(v.AppendTexts(nil), width) + "]"
	case v[0] == '"':
		return quoted(v.AppendTexts(nil)[0], width)
	}
	return text.Clip(string(v), width)
}

// quotedList shows as many of the texts as fit into width cells, at least one,
// and counts the others.
func quotedList(texts []string, width int) string {
	var b strings.Builder
	for i, t := range texts {
		q := quoted(t, width)
		if i > 0 && text.Width(b.String())+text.Width(q) > width {
			fmt.Fprintf(&b, " and %d more", len(texts)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(q)
	}
	return b.String()
}

// fieldText shows what one field changes from and to, each capped to width
// cells. Where the caps would hide the difference it shows the difference.
func fieldText(f diff.Field, arrow string, width int) string {
	before, after := valueText(f.Before, width), valueText(f.After, width)
	switch {
	case f.Before.IsList() && f.After.IsList() && max(text.Width(before), text.Width(after)) > width/2:
		return listChange(f.Before.AppendTexts(nil), f.After.AppendTexts(nil), width)
	case before == after:
		before, after = difference(f.Before, f.After, width)
	}
	return before + " " + arrow + " " + after
}

// listChange shows what a list loses and gains.
func listChange(before, after []string, width int) string {
	var parts []string
	if lost := without(before, after); len(lost) > 0 {
		parts = append(parts, "loses "+quotedList(lost, width))
	}
	if gained := without(after, before); len(gained) > 0 {
		parts = append(parts, "gains "+quotedList(gained, width))
	}
	return strings.Join(append(parts, fmt.Sprintf("(%d before, %d after)", len(before), len(after))), " ")
}

// without lists the texts that are not among the others.
func without(texts, others []string) []string {
	known := make(map[string]bool, len(others))
	for _, t := range others {
		known[t] = true
	}
	var missing []string
	for _, t := range texts {
		if !known[t] {
			missing = append(missing, t)
		}
	}
	return missing
}

// difference shows two long texts from a little before where they part.
func difference(before, after account.Value, width int) (string, string) {
	b, a := strings.Join(before.AppendTexts(nil), "; "), strings.Join(after.AppendTexts(nil), "; ")
	from := max(0, commonPrefix(b, a)-width/4)
	for from > 0 && !(utf8.RuneStart(at(b, from)) && utf8.RuneStart(at(a, from))) {
		from--
	}
	if from == 0 {
		return quoted(b, width), quoted(a, width)
	}
	return text.Ellipsis + quoted(b[from:], width), text.Ellipsis + quoted(a[from:], width)
}

// at is the byte of s at i, a character of its own past the end.
func at(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return ' '
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// The caps of a cell in result.csv.
const (
	cellValueWidth = 100
	cellFields     = 20
)

// changesText is the changes of one operation in one cell:
// city: "Austin" → "Paris"; title: (none) → "Clerk".
func changesText(fields []diff.Field) string {
	var parts []string
	for _, f := range fields[:min(len(fields), cellFields)] {
		parts = append(parts, text.Visible(f.Attribute)+": "+fieldText(f, "→", cellValueWidth))
	}
	if more := len(fields) - cellFields; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}
