package account

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DateFormats are further ways to write a DATE, beside the day or moment in ISO
// form and epoch milliseconds. A text in one of them stands for that day or
// moment, and is compared and sent in ISO form.
type DateFormats struct {
	formats []dateFormat
}

// dateFormat is one of them: a layout of package time, or a number.
type dateFormat struct {
	layout string
	timed  bool // it has a time of day
	number func(n int64) (time.Time, bool)
}

// Formats of DateFormats that are no patterns.
const (
	epochSeconds = "epoch-seconds" // since 1970
	excelDays    = "excel"         // the number of a day, as spreadsheets count them
)

// dateTokens are what a pattern is made of, longer ones first, and what package time calls each.
var dateTokens = []struct{ pattern, layout string }{
	{"yyyy", "2006"}, {"yy", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"dd", "02"}, {"d", "2"},
	{"HH", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"ss", "05"}, {"SSS", "000"}, {"a", "PM"}, {"XXX", "Z07:00"}, {"T", "T"},
}

// ParseDateFormats reads formats such as dd.MM.yyyy; nil without any.
func ParseDateFormats(patterns []string) (*DateFormats, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	d := &DateFormats{}
	for _, pattern := range patterns {
		f, err := parseDateFormat(pattern)
		if err != nil {
			return nil, fmt.Errorf("--date-format %q: %w", pattern, err)
		}
		d.formats = append(d.formats, f)
	}
	return d, nil
}

func parseDateFormat(pattern string) (f dateFormat, err error) {
	switch pattern {
	case epochSeconds:
		return dateFormat{timed: true, number: func(n int64) (time.Time, bool) { return time.Unix(n, 0), n > -1e11 && n < 1e11 }}, nil
	case excelDays:
		return dateFormat{number: func(n int64) (time.Time, bool) { // day 60 is a February 29 that never was
			return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)), n > 60 && n < 2_958_466
		}}, nil
	}
	var layout strings.Builder
	for rest := pattern; rest != ""; {
		at := slices.IndexFunc(dateTokens, func(t struct{ pattern, layout string }) bool { return strings.HasPrefix(rest, t.pattern) })
		switch c := rest[0]; {
		case at >= 0:
			layout.WriteString(dateTokens[at].layout)
			rest = rest[len(dateTokens[at].pattern):]
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || c == '_':
			return f, fmt.Errorf("%q is not part of a date pattern; write yyyy yy year, MM M MMM MMMM month, dd d day, HH hh h hour, mm minute, ss second, SSS thousandth, a AM or PM, XXX zone; or %s, or %s",
				rest[:1], excelDays, epochSeconds)
		default:
			layout.WriteByte(c)
			rest = rest[1:]
		}
	}
	f.layout = layout.String()
	for _, part := range []string{"y", "M", "d"} {
		if !strings.Contains(pattern, part) {
			return f, fmt.Errorf("it has no %s: a day has year, month and day, e.g. dd.MM.yyyy", map[string]string{"y": "year (yyyy)", "M": "month (MM)", "d": "day (dd)"}[part])
		}
	}
	f.timed = strings.ContainsAny(pattern, "Hh")
	return f, nil
}

// iso is the text in ISO form where it is in one of the formats; not ok for any other text.
func (d *DateFormats) iso(text string) (iso string, ok bool) {
	if d == nil {
		return text, false
	}
	for _, f := range d.formats {
		t, ok := f.parse(text)
		switch {
		case !ok:
		case !f.timed:
			return t.Format(time.DateOnly), true
		case f.number != nil || strings.HasSuffix(f.layout, "Z07:00"):
			return t.UTC().Format(time.RFC3339Nano), true
		default: // of no known zone
			return t.Format("2006-01-02T15:04:05.999999999"), true
		}
	}
	return text, false
}

func (f dateFormat) parse(text string) (t time.Time, ok bool) {
	if f.number == nil {
		t, err := time.Parse(f.layout, text)
		return t, err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return t, false
	}
	return f.number(n)
}

// usualDates are the formats that people's files have, for DateFormatsOf.
var usualDates = sync.OnceValue(func() (usual []usualDate) {
	for _, day := range []string{"dd.MM.yyyy", "d.M.yyyy", "dd/MM/yyyy", "MM/dd/yyyy", "d/M/yyyy", "M/d/yyyy", "yyyy/MM/dd", "yyyy.MM.dd", "dd-MM-yyyy", "MM-dd-yyyy",
		"dd-MMM-yyyy", "d-MMM-yyyy", "dd-MMM-yy", "d-MMM-yy", "d MMM yyyy", "d MMM yy", "d MMMM yyyy", "d. MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy", "MMM d yyyy", "MMMM d yyyy",
		"dd.MM.yy", "d.M.yy", "dd/MM/yy", "MM/dd/yy", "d/M/yy", "M/d/yy", "yyyy/M/d", "yyyyMMdd"} {
		for _, clock := range []string{"", " HH:mm", " HH:mm:ss", " hh:mm a", " h:mm a", " h:mm:ss a"} {
			f, err := parseDateFormat(day + clock)
			if err != nil {
				panic(err)
			}
			usual = append(usual, usualDate{day + clock, f})
		}
	}
	return usual
})

type usualDate struct {
	pattern string
	dateFormat
}

// IsDateIn reports whether the text is a date in the format.
func IsDateIn(pattern, text string) bool {
	f, err := parseDateFormat(pattern)
	if err != nil {
		return false
	}
	_, ok := f.parse(text)
	return ok
}

// DateFormatsOf are the usual formats that a text may be a date in, the strictest
// first; none for a text that is one already. See ApartDateFormats.
func DateFormatsOf(text string) (patterns []string) {
	if isDate(text) || len(text) > 40 {
		return nil
	}
	for _, u := range usualDates() {
		if _, ok := u.parse(text); ok {
			patterns = append(patterns, u.pattern)
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && patterns == nil {
		switch {
		case n > 10_000 && n < 80_000:
			return []string{excelDays}
		case n > 100_000_000 && n < 10_000_000_000:
			return []string{epochSeconds}
		}
	}
	return patterns
}

// ApartDateFormats leaves out of formats that all read the same texts those that
// take them for the same days as one before: 05.03.2024 is dd.MM.yyyy, and
// d.M.yyyy would read it, too. Where several are left, nobody knows the days.
func ApartDateFormats(patterns []string) (apart []string) {
	for _, pattern := range patterns {
		if !slices.ContainsFunc(apart, func(p string) bool { return dateOrder(p) == dateOrder(pattern) }) {
			apart = append(apart, pattern)
		}
	}
	return apart
}

// dateOrder is in which order a format has day, month and year: dMy.
func dateOrder(pattern string) (order string) {
	for _, r := range pattern {
		if strings.ContainsRune("dMy", r) && !strings.ContainsRune(order, r) {
			order += string(r)
		}
	}
	return order
}
