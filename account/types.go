package account

import (
	"strconv"
	"strings"
	"time"
)

// Checker returns the function that says "" or why a non-empty text does not
// fit the type; nil when every text does. The text itself is not repeated:
// reasons end up in logs.
func (t Type) Checker() func(text string) string {
	switch t {
	case TypeLong:
		return checkLong
	case TypeInt:
		return checkInt
	case TypeBoolean:
		return checkBoolean
	case TypeDate:
		return checkDate
	}
	return nil
}

func checkLong(text string) string {
	if isInteger(text) {
		return ""
	}
	return "not a LONG: digits only, with an optional sign"
}

func checkInt(text string) string {
	if _, err := strconv.ParseInt(text, 10, 32); err == nil {
		return ""
	}
	return "not an INT: an integer from -2147483648 to 2147483647"
}

func checkBoolean(text string) string {
	if isBoolean(text) {
		return ""
	}
	return "not a BOOLEAN: true or false"
}

func checkDate(text string) string {
	if isDate(text) {
		return ""
	}
	return "not a DATE: write 2026-01-31, 2026-01-31T08:00:00Z or epoch milliseconds"
}

// normalText is the form in which two texts of the type are compared.
func normalText(typ Type, text string) string {
	switch typ {
	case TypeLong, TypeInt:
		return canonicalInteger(text)
	case TypeBoolean:
		if text == "true" || text == "false" { // most are written so
			return text
		}
		if isBoolean(text) {
			return strings.ToLower(text)
		}
	case TypeDate:
		if len(text) <= len(time.DateOnly) || text[len(time.DateOnly)] != 'T' {
			break // time.Parse would say the same, at many times the cost
		}
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
	for strings.Contains(text, "\r\n") { // also CR CR LF, of which reading leaves CR LF
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	return strings.ReplaceAll(text, "\r", "\n")
}

func isBoolean(text string) bool {
	return text == "true" || text == "false" || strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
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
	if !isInteger(text) || text[0] >= '1' { // most are written so
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
