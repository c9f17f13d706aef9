package diff

import (
	"regexp"
	"strings"
	"unicode"

	"accountsync/internal/text"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// folded is a key without what spreadsheets, keyboards and copying change about
// one: letter case, Unicode form, white space and characters nobody sees,
// quotes, leading zeros, a decimal point with nothing behind it. Two keys that
// fold alike are hardly two accounts.
func folded(key string) string {
	if plainKey(key) {
		return withoutZeros(strings.ToLower(key))
	}
	key = norm.NFKC.String(key)
	key = strings.TrimPrefix(withoutQuotes(withoutBlanks(key)), "=")
	return withoutZeros(foldedCase(key))
}

// plainKey reports whether the key is made of ASCII letters, digits and the
// signs that most keys hold, so that only case and zeros can be folded.
func plainKey(key string) bool {
	for i := range len(key) {
		c := key[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '@' || c == '.') {
			return false
		}
	}
	return true
}

// foldedCase is the text without letter case: in full, so that ß is ss, and
// with the dotted and the dotless i of Turkish as one.
func foldedCase(text string) string {
	text = norm.NFKC.String(cases.Fold().String(text))
	return strings.ReplaceAll(strings.ReplaceAll(text, "i\u0307", "i"), "ı", "i")
}

// withoutBlanks takes away white space and characters nobody sees, and makes
// every dash the one of the keyboard.
func withoutBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || text.HidesCharacters(string(r)):
			return -1
		case r >= 0x80 && unicode.Is(unicode.Pd, r):
			return '-'
		}
		return r
	}, s)
}

// withoutQuotes takes quotes of every kind away.
func withoutQuotes(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("'\"`´‘’‚‛“”„‟‹›«»′″＇＂ʼ", r) {
			return -1
		}
		return r
	}, text)
}

// thousands matches a number with a comma before every three digits.
var thousands = regexp.MustCompile(`^\d{1,3}(,\d{3})+$`)

// withoutZeros takes away the leading zeros, plus sign, decimal zeros and commas between
// thousands of a key that is a number otherwise.
func withoutZeros(text string) string {
	whole := strings.TrimPrefix(text, "+")
	if thousands.MatchString(whole) {
		whole = strings.ReplaceAll(whole, ",", "")
	}
	whole = withoutDecimals(whole)
	if whole == "" || !isDigits(whole) {
		return text
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		return "0"
	}
	return whole
}

// withoutDecimals takes ".0" or ",00" off the end of a number.
func withoutDecimals(text string) string {
	at := strings.LastIndexAny(text, ".,")
	if at > 0 && isDigits(text[:at]) && strings.Trim(text[at+1:], "0") == "" {
		return text[:at]
	}
	return text
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// rounded is a whole number as a spreadsheet shows one that is too wide for its
// column: some digits, and how many it had.
type rounded struct {
	digits string // without the decimal point and zeros at the end
	length int    // digits of the whole number
}

// scientific reads a key such as 1.23457E+17, and how many digits it shows.
func scientific(key string) (r rounded, shown int, ok bool) {
	key = withoutQuotes(withoutBlanks(norm.NFKC.String(key)))
	mantissa, exponent, found := strings.Cut(strings.ToUpper(strings.TrimPrefix(strings.TrimPrefix(key, "="), "+")), "E")
	exponent = strings.TrimPrefix(exponent, "+")
	if !found || mantissa == "" || exponent == "" || len(exponent) > 3 || !isDigits(exponent) {
		return r, 0, false
	}
	first, rest, _ := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	if len(first) != 1 || !isDigits(first+rest) {
		return r, 0, false
	}
	for _, c := range exponent {
		r.length = r.length*10 + int(c-'0')
	}
	r.length++
	r.digits = strings.TrimRight(first+rest, "0")
	return r, len(first + rest), r.digits != "" && len(r.digits) <= r.length
}

// roundTo is how a whole number would be shown with so many digits; not ok for
// a text that is none, or has fewer.
func roundTo(number string, digits int) (r rounded, ok bool) {
	if number = strings.TrimLeft(number, "0"); number == "" || !isDigits(number) || digits < 1 {
		return r, false
	}
	r.length = len(number)
	if len(number) <= digits {
		r.digits = strings.TrimRight(number, "0")
		return r, true
	}
	shown := []byte(number[:digits])
	if number[digits] >= '5' {
		i := digits - 1
		for ; i >= 0 && shown[i] == '9'; i-- {
			shown[i] = '0'
		}
		if i < 0 {
			return rounded{"1", r.length + 1}, true
		}
		shown[i]++
	}
	r.digits = strings.TrimRight(string(shown), "0")
	return r, true
}
