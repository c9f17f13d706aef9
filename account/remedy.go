package account

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// Remedy says what to write in place of a text that does not fit the type; ""
// where the rule of the type says all there is to say. It does not repeat the
// text: what it says ends up in logs.
func (t Type) Remedy(text string) string {
	switch t {
	case TypeBoolean:
		return booleanRemedy(text)
	case TypeLong, TypeInt:
		return numberRemedy(text)
	}
	return ""
}

// booleanWords are other words for true and false.
var booleanWords = [][2]string{{"yes", "no"}, {"1", "0"}, {"y", "n"}, {"t", "f"}, {"on", "off"}, {"active", "inactive"}, {"enabled", "disabled"},
	{"ja", "nein"}, {"wahr", "falsch"}, {"oui", "non"}, {"vrai", "faux"}, {"x", "an empty cell"}}

func booleanRemedy(text string) string {
	for _, words := range booleanWords {
		if strings.EqualFold(text, words[0]) || strings.EqualFold(text, words[1]) {
			return fmt.Sprintf("write true for %s and false for %s", words[0], words[1])
		}
	}
	return ""
}

// The ways to write a number that are no integers.
var (
	scientific = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?\d+([.,]\d+)?[eE][+-]?\d+$`) })
	thousands  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?\d{1,3}([., '’\x{A0}\x{202F}]\d{3})+$`) })
	decimals   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?\d+[.,]\d+$`) })
	currency   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[+-]?(\p{Sc}|[A-Z]{3}) ?[+-]?[\d.,' ]+$|^[+-]?[\d.,' ]+(\p{Sc}|[A-Z]{3})$`)
	})
)

func numberRemedy(text string) string {
	if len(text) > 60 || !strings.ContainsFunc(text, unicode.IsDigit) {
		return ""
	}
	switch {
	case strings.Trim(text, "0123456789+-., ") == "%":
		return "write the digits without the percent sign"
	case currency().MatchString(text):
		return "write the digits without the currency"
	case scientific().MatchString(text):
		return "write all digits, format the column as text where the file is made"
	case thousands().MatchString(text):
		return "write the digits without anything between them"
	case decimals().MatchString(text):
		return "write a whole number without a decimal point"
	}
	return ""
}
