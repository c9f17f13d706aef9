package account

import (
	"strconv"
	"strings"
	"time"
)

// checkText returns "" or why a non-empty text does not fit the type. The text
// itself is not quoted: reasons end up in logs.
func checkText(typ Type, text string) string {
	switch typ {
	case TypeLong:
		if !isInteger(text) {
			return "not a LONG: digits only, with an optional sign"
		}
	case TypeInt:
		if _, err := strconv.ParseInt(text, 10, 32); err != nil {
			return "not an INT: an integer from -2147483648 to 2147483647"
		}
	case TypeBoolean:
		if !isBoolean(text) {
			return "not a BOOLEAN: true or false"
		}
	case TypeDate:
		if !isDate(text) {
			return "not a DATE: write 2026-01-31, 2026-01-31T08:00:00Z or epoch milliseconds"
		}
	}
	return ""
}

// isTyped reports whether texts of the type are checked at all.
func isTyped(typ Type) bool {
	return typ == TypeLong || typ == TypeInt || typ == TypeBoolean || typ == TypeDate
}

// normalText is the form in which two texts of the type are compared.
func normalText(typ Type, text string) string {
	switch typ {
	case TypeLong, TypeInt:
		return canonicalInteger(text)
	case TypeBoolean:
		if isBoolean(text) {
			return strings.ToLower(text)
		}
	case TypeDate:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return foldLineEnds(text)
}

// foldLineEnds turns CRLF and CR into LF: encoding/csv does half of it while it
// reads, so that texts would else never be found equal.
func foldLineEnds(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

func isBoolean(text string) bool {
	return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
}

func isInteger(text string) bool {
	digits := text
	if text != "" && (text[0] == '-' || text[0] == '+') {
		digits = text[1:]
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return digits != ""
}

// canonicalInteger drops a plus sign and leading zeros; of any size, so no
// digit is ever rounded. A text that is no integer is returned as it is.
func canonicalInteger(text string) string {
	if !isInteger(text) {
		return text
	}
	digits := strings.TrimLeft(strings.TrimLeft(text, "+-"), "0")
	switch {
	case digits == "":
		return "0"
	case text[0] != '-':
		return digits
	case len(digits) == len(text)-1:
		return text
	}
	return "-" + digits
}

var (
	dayLayouts  = []string{"2006-01-02", "1/2/2006", "2/1/2006", "2.1.2006", "2006/1/2", "2006.1.2", "1/2/06", "2/1/06", "2.1.06"}
	timeLayouts = []string{"15:04:05Z07:00", "15:04:05", "15:04", "15:04:05-0700", "15:04Z07:00", "15:04-0700", "3:04:05 PM", "3:04 PM"}
)

// isDate reports whether the text is a day, a day with a time, or epoch milliseconds.
func isDate(text string) bool {
	if isInteger(text) {
		return isEpochMillis(text)
	}
	day, clock := text, ""
	if i := strings.IndexAny(text, "T "); i >= 0 {
		day, clock = text[:i], text[i+1:]
		if !parses(clock, timeLayouts) {
			return false
		}
	}
	return parses(day, dayLayouts)
}

// isEpochMillis leaves out numbers that are more likely a year or a count, and
// those past the year 30000.
func isEpochMillis(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return text == "0" || len(digits) >= 5 && len(digits) <= 15
}

func parses(text string, layouts []string) bool {
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}
