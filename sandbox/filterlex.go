package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// filterToken is a sign ( ) , a word w, a quoted string " or the end E.
type filterToken struct {
	kind byte
	text string
}

func (t filterToken) String() string {
	switch t.kind {
	case 'E':
		return "the end"
	case '"':
		return fmt.Sprintf("the string %q", t.text)
	}
	return fmt.Sprintf("%q", t.text)
}

// lexFilter takes a filter apart.
func lexFilter(text string) ([]filterToken, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("the filter is not valid UTF-8")
	}
	var tokens []filterToken
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
			i++
		case '(', ')', ',':
			tokens = append(tokens, filterToken{c, text[i : i+1]})
			i++
		case '"':
			value, length, err := unquoteFilter(text[i:])
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, filterToken{'"', value})
			i += length
		default:
			length := strings.IndexAny(text[i:], " \t\n\r(),\"")
			if length < 0 {
				length = len(text) - i
			}
			tokens = append(tokens, filterToken{'w', text[i : i+length]})
			i += length
		}
	}
	return tokens, nil
}

// unquoteFilter reads a quoted string with its two escapes, \\ and \", and tells how long it is as written.
func unquoteFilter(text string) (value string, length int, err error) {
	var plain strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return plain.String(), i + 1, nil
		case '\\':
			i++
			if i == len(text) || text[i] != '\\' && text[i] != '"' {
				return "", 0, errors.New(`in a string \ must be written \\ and " must be written \"`)
			}
		}
		plain.WriteByte(text[i])
	}
	return "", 0, errors.New("a string is not closed by a quote")
}
