package reports

// Visible shows a text so that it cannot act on a terminal: control characters,
// escape sequences, marks that reorder text and broken UTF-8 become escapes.
func Visible(s string) string { return visible(s) }

// Clip is Visible, cut to at most width terminal cells.
func Clip(s string, width int) string { return clip(s, width) }

// Padded is a visible text with spaces behind it up to width terminal cells.
func Padded(s string, width int) string { return padded(s, width) }

// Width is the number of terminal cells a visible text takes.
func Width(s string) int { return textWidth(s) }

// Number is n with its thousands set apart.
func Number(n int) string { return number(n) }
