package text

import "strings"

// QuoteFormula puts an apostrophe before a cell that a spreadsheet would take
// for a formula: one that begins with = + - @, a tab or a carriage return,
// after any number of apostrophes. UnquoteFormula takes it away again.
func QuoteFormula(cell string) string {
	if startsFormula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// UnquoteFormula undoes QuoteFormula.
func UnquoteFormula(cell string) string {
	if strings.HasPrefix(cell, "'") && startsFormula(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}

func startsFormula(s string) bool {
	return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0
}
