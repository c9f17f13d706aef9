package csvfile

import (
	"strconv"
	"strings"
	"time"

	"github.com/xuri/nfp"
)

// cellFormat is how numbers are shown, as far as it says what they are.
type cellFormat struct {
	date, clock bool
	// zeros are the parts of a format of digits alone, such as 00000 or
	// 000-00-0000: "" stands for a digit, all else for itself.
	zeros []string
}

// readFormats reads the number formats of a workbook's styles.
func (w *workbook) readFormats(name string) ([]cellFormat, error) {
	var doc struct {
		Custom []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Styles []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.decode(name, &doc); err != nil {
		return nil, err
	}
	custom := map[int]cellFormat{}
	for _, c := range doc.Custom {
		custom[c.ID] = formatOf(c.Code)
	}
	formats := make([]cellFormat, len(doc.Styles))
	for i, s := range doc.Styles {
		format, known := custom[s.Format]
		if !known {
			format = builtinFormat(s.Format)
		}
		formats[i] = format
	}
	return formats, nil
}

// builtinFormat is a format that has a number and no text in a workbook.
func builtinFormat(id int) cellFormat {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return cellFormat{date: true}
	case id == 22:
		return cellFormat{date: true, clock: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return cellFormat{clock: true}
	}
	return cellFormat{}
}

// formatOf reads the text of a format. The first of its sections is for
// positive numbers.
func formatOf(code string) (f cellFormat) {
	parser := nfp.NumberFormatParser()
	sections := parser.Parse(code)
	if len(sections) == 0 {
		return f
	}
	digits := 0
	var parts []string
	plain := len(sections) == 1
	for _, item := range sections[0].Items {
		switch item.TType {
		case nfp.TokenTypeDateTimes:
			switch value := strings.ToLower(item.TValue); {
			case strings.ContainsAny(value, "ydeg"):
				f.date = true
			case strings.HasPrefix(value, "h"), strings.HasPrefix(value, "s"), strings.HasPrefix(value, "am"), strings.HasPrefix(value, "a/p"):
				f.clock = true
			case strings.HasPrefix(value, "mmm"):
				f.date = true
			}
		case nfp.TokenTypeElapsedDateTimes:
			return cellFormat{} // a span of time is no time
		case nfp.TokenTypeZeroPlaceHolder:
			for range item.TValue {
				parts = append(parts, "")
				digits++
			}
		case nfp.TokenTypeLiteral:
			parts = append(parts, item.TValue)
		case nfp.TokenTypeColor, nfp.TokenTypeAlignment:
		default:
			plain = false
		}
	}
	if plain && digits > 0 && !f.date && !f.clock && (digits > 1 || len(parts) > 1) {
		f.zeros = parts
	}
	return f
}

// cell is a cell with a number as text.
func (f cellFormat) cell(number string, date1904 bool) sheetCell {
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return sheetCell{text: number}
	}
	if (f.date || f.clock) && value >= 0 {
		return f.moment(value, number, date1904)
	}
	text := plainNumber(number)
	if digits := strings.TrimLeft(text, "-0"); strings.ContainsAny(number, "eE") && !strings.Contains(text, ".") && len(digits) > 15 {
		return sheetCell{text: text, fault: faultDigits}
	}
	if f.zeros != nil && text != "" && strings.Trim(text, "0123456789") == "" {
		text = f.shown(text)
	}
	return sheetCell{text: text}
}

// shown puts the digits into a format of zeros, from the right.
func (f cellFormat) shown(digits string) string {
	places := 0
	for _, part := range f.zeros {
		if part == "" {
			places++
		}
	}
	if len(digits) < places {
		digits = strings.Repeat("0", places-len(digits)) + digits
	}
	var b strings.Builder
	first := true
	for _, part := range f.zeros {
		switch {
		case part != "":
			b.WriteString(part)
		case first:
			n := len(digits) - places + 1
			b.WriteString(digits[:n])
			digits, first = digits[n:], false
		default:
			b.WriteByte(digits[0])
			digits = digits[1:]
		}
	}
	return b.String()
}

// moment is a number of days as a day, a time, or both, as the format shows it.
func (f cellFormat) moment(days float64, number string, date1904 bool) sheetCell {
	if days >= 2958466 { // 10000-01-01
		return sheetCell{text: plainNumber(number), fault: faultDateText}
	}
	whole := int(days)
	seconds := int((days-float64(whole))*86400 + 0.5)
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case f.date && (whole == 60 || whole == 0): // 1900-02-29 and 1900-01-00, which only spreadsheets know
		return sheetCell{text: plainNumber(number), fault: faultDateText}
	case whole < 60:
		epoch = epoch.AddDate(0, 0, 1)
	}
	layout := time.DateOnly
	switch {
	case f.date && f.clock:
		layout = "2006-01-02T15:04:05"
	case f.clock:
		layout = time.TimeOnly
	}
	return sheetCell{text: epoch.AddDate(0, 0, whole).Add(time.Duration(seconds) * time.Second).Format(layout)}
}

// plainNumber writes a number without an exponent and with all its digits; what
// a fraction has past 15 of them is rounded, as spreadsheets show it.
func plainNumber(number string) string {
	mantissa, exponent, hasExponent := strings.Cut(strings.ReplaceAll(number, "e", "E"), "E")
	sign := ""
	if strings.HasPrefix(mantissa, "-") || strings.HasPrefix(mantissa, "+") {
		sign, mantissa = strings.TrimPrefix(mantissa[:1], "+"), mantissa[1:]
	}
	integer, fraction, _ := strings.Cut(mantissa, ".")
	if hasExponent {
		shift, err := strconv.Atoi(exponent)
		if err != nil || shift > 400 || shift < -400 || strings.Trim(integer+fraction, "0123456789") != "" {
			return number
		}
		digits, point := integer+fraction, len(integer)+shift
		if point < 0 {
			digits, point = strings.Repeat("0", -point)+digits, 0
		}
		if point > len(digits) {
			digits += strings.Repeat("0", point-len(digits))
		}
		integer, fraction = digits[:point], digits[point:]
	}
	integer, fraction = strings.TrimLeft(integer, "0"), strings.TrimRight(fraction, "0")
	if fraction != "" && len(strings.TrimLeft(integer+fraction, "0")) > 15 {
		if value, err := strconv.ParseFloat(number, 64); err == nil {
			rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 15, 64), 64)
			return strconv.FormatFloat(rounded, 'f', -1, 64)
		}
	}
	if integer == "" {
		integer = "0"
	}
	if fraction != "" {
		return sign + integer + "." + fraction
	}
	if integer == "0" {
		return "0"
	}
	return sign + integer
}
