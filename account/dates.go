package account

import (
	"strings"
	"time"
)

var timeLayouts = []string{"15:04:05Z07:00", "15:04:05", "15:04", "15:04:05-0700", "15:04Z07:00", "15:04-0700"}

// isDate reports whether the text is a day or a moment in ISO form, or epoch milliseconds.
func isDate(text string) bool {
	if isISODay(text) {
		return true
	}
	if i := strings.IndexAny(text, "T "); i >= 0 {
		clock := text[i+1:]
		return isISODay(text[:i]) && (isISOClock(clock) || parses(clock, timeLayouts))
	}
	return isInteger(text) && isEpochMillis(text)
}

// isISODay reports whether the text is a day as 2026-01-31. time.Parse would
// say the same, at ten times the cost: dates are most often written so.
func isISODay(text string) bool {
	if len(text) != len("2026-01-31") || text[4] != '-' || text[7] != '-' {
		return false
	}
	year, month, day := number(text[:4]), number(text[5:7]), number(text[8:])
	if year < 0 || month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= 28 || day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// isISOClock reports whether the text is a time of day as 08:00:00 or 08:00:00Z.
func isISOClock(text string) bool {
	text = strings.TrimSuffix(text, "Z")
	if len(text) != len("08:00:00") || text[2] != ':' || text[5] != ':' {
		return false
	}
	hour, minute, second := number(text[:2]), number(text[3:5]), number(text[6:])
	return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60
}

// number is the value of a few digits, -1 when the text holds anything else.
func number(digits string) (n int) {
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return -1
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// isEpochMillis leaves out numbers that are more likely a year, the number of a
// day, a day without signs or seconds, and those past the year 30000.
func isEpochMillis(text string) bool {
	digits, before1970 := strings.CutPrefix(text, "-")
	return text == "0" || (len(digits) >= 11 || before1970 && len(digits) >= 5) && len(digits) <= 15
}

func parses(text string, layouts []string) bool {
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}
