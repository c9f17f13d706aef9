package diff

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"accountsync/internal/text"

	"golang.org/x/text/cases"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// folded is a key without what spreadsheets, keyboards, copying and other
// encodings change about one: letter case, Unicode form, white space and
// characters nobody sees, quotes, leading zeros, a decimal point with nothing
// behind it, escapes, brackets and the like around it, digits of another script,
// letters of another alphabet that look the same.
// Two keys that fold alike are hardly two accounts.
func folded(key string) string {
	if plainKey(key) {
		return withoutHyphens(withoutZeros(strings.ToLower(key)))
	}
	key = norm.NFKC.String(withoutQuotes(unescaped(demojibaked(key))))
	key = strings.TrimPrefix(withoutQuotes(withoutBlanks(key)), "=")
	key = foldedCase(oneAlphabet(unwrapped(asciiDigits(key))))
	return withoutHyphens(withoutZeros(key))
}

// unwrapped is a key without what lists, tools and mail programs put around one.
func unwrapped(key string) string {
	for _, scheme := range []string{"mailto:", "urn:uuid:"} {
		if len(key) > len(scheme) && strings.EqualFold(key[:len(scheme)], scheme) {
			key = key[len(scheme):]
		}
	}
	if bare := strings.Trim(key, "()[]{}<>;,|\\"); bare != "" {
		return bare
	}
	return key
}

// asciiDigits writes the digits of every script as 0 to 9.
func asciiDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf || !unicode.IsDigit(r) {
			return r
		}
		zero := r // the digits of a script stand beside each other, from 0 on
		for unicode.IsDigit(zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + r - zero
	}, text)
}

// withoutHyphens takes the hyphens out of a GUID.
func withoutHyphens(key string) string {
	if len(key) != 36 || key[8] != '-' || key[13] != '-' || key[18] != '-' || key[23] != '-' {
		return key
	}
	return strings.ReplaceAll(key, "-", "")
}

// demojibaked undoes what happens to a text in UTF-8 that is read as
// Windows-1252, once or twice; any other text is left as it is.
func demojibaked(text string) string { return demojibakedOnce(demojibakedOnce(text)) }

func demojibakedOnce(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0xC2 && r <= 0xF4 }) {
		return text
	}
	bytes, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil || !utf8.ValidString(bytes) {
		return text
	}
	return bytes
}

// unescaped undoes the escapes of HTML, addresses, JSON and SQL.
func unescaped(text string) string {
	if strings.IndexByte(text, '&') >= 0 {
		text = html.UnescapeString(text)
	}
	if strings.IndexByte(text, '%') >= 0 {
		if plain, err := url.PathUnescape(text); err == nil && utf8.ValidString(plain) {
			text = plain
		}
	}
	if strings.IndexByte(text, '\\') >= 0 {
		if plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`); err == nil {
			text = plain
		}
		text = strings.ReplaceAll(text, `\'`, "'")
	}
	return text
}

// latinTwins are letters of other alphabets that look like Latin ones.
var latinTwins = sync.OnceValue(func() map[rune]rune {
	twins := map[rune]rune{}
	for _, pairs := range [][2]string{
		{"АВЕКМНОРСТУХаеорсухіјѕԁһԛԝІЈЅ", "ABEKMHOPCTYXaeopcyxijsdhqwIJS"},
		{"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ", "ABEZHIKMNOPTYXaiknoptux"},
	} {
		latin := []rune(pairs[1])
		for i, r := range []rune(pairs[0]) {
			twins[r] = latin[i]
		}
	}
	return twins
})

// oneAlphabet writes a text that mixes Latin letters with others that look like
// them in Latin ones alone. A text of one alphabet is left as it is.
func oneAlphabet(text string) string {
	latin, twin, twins := false, false, latinTwins()
	for _, r := range text {
		latin = latin || r < utf8.RuneSelf && unicode.IsLetter(r)
		twin = twin || twins[r] != 0
	}
	if !latin || !twin {
		return text
	}
	return strings.Map(func(r rune) rune {
		if l := twins[r]; l != 0 {
			return l
		}
		return r
	}, text)
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
		case r >= 0x80 && (unicode.Is(unicode.Pd, r) || r == '−' || r == '⁃' || r == '˗'):
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

// Numbers with a comma, or a point, before every three digits.
var (
	thousands = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\d{1,3}(,\d{3})+$`)
	})
	pointThousands = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\d{1,3}(\.\d{3})+$`)
	})
	withoutSigns    = strings.NewReplacer(",", "", ".", "")
	isWithThousands = func(text string) bool { return thousands().MatchString(text) || pointThousands().MatchString(text) }
)

// withoutZeros takes away the leading zeros, plus sign, decimal zeros and commas or points
// between thousands of a key that is a number otherwise. 10.000 is 10 with decimals.
func withoutZeros(text string) string {
	whole := strings.TrimPrefix(text, "+")
	if thousands().MatchString(whole) {
		whole = withoutSigns.Replace(whole)
	}
	if whole = withoutDecimals(whole); pointThousands().MatchString(whole) {
		whole = withoutSigns.Replace(whole)
	}
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

// spreadsheetDigits is how many digits of a number a spreadsheet keeps: it makes zeros of those behind them.
const spreadsheetDigits = 15

// cutOff reads a key such as 123456789012346000, whose last digits a spreadsheet may have lost.
func cutOff(key string) (r rounded, ok bool) {
	if len(key) <= spreadsheetDigits || !isDigits(key) || strings.Trim(key[spreadsheetDigits:], "0") != "" || key[0] == '0' {
		return r, false
	}
	return rounded{strings.TrimRight(key, "0"), len(key)}, true
}

// cutTo is how a spreadsheet cuts a whole number off; not ok where it keeps all of it.
func cutTo(number string) (r rounded, ok bool) {
	if number = strings.TrimLeft(number, "0"); len(number) <= spreadsheetDigits || !isDigits(number) {
		return r, false
	}
	return rounded{strings.TrimRight(number[:spreadsheetDigits], "0"), len(number)}, true
}

// lostLetters is the key with a question mark for what is no ASCII, as an encoding
// without those letters leaves it; several side by side are one.
func lostLetters(key string) string {
	var b strings.Builder
	lost := false
	for _, r := range key {
		if r >= utf8.RuneSelf || r == '?' {
			if !lost {
				b.WriteByte('?')
			}
			lost = true
			continue
		}
		lost = false
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
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
