package account

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is the value of one attribute as the JSON text the API sent, so that
// nothing is lost on the way back: a number keeps all its digits. "" is a
// missing attribute.
type Value string

// StringValue is the JSON text of s.
func StringValue(s string) Value {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil { // invalid UTF-8, replaced by U+FFFD; readers reject such rows before
		b, _ = jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "\uFFFD"))
	}
	return Value(b)
}

// ListValue is the JSON array of the texts.
func ListValue(texts []string) Value {
	b := []byte{'['}
	for i, t := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, StringValue(t)...)
	}
	return Value(append(b, ']'))
}

// Null is an explicit null.
const Null Value = "null"

// IsList reports whether the value is a JSON array.
func (v Value) IsList() bool { return len(v) > 0 && v[0] == '[' }

// AppendTexts appends the plain texts of the value to dst: one for a scalar,
// one per element of an array, none for a missing value, null, "" or [].
// Numbers and nested values are their JSON text. The texts may be parts of v.
func (v Value) AppendTexts(dst []string) []string {
	if !v.IsList() {
		return appendText(dst, string(v))
	}
	if all, ok := appendPlainElements(dst, string(v)); ok {
		return all
	}
	dec := jsontext.NewDecoder(strings.NewReader(string(v)), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if _, err := dec.ReadToken(); err != nil {
		return dst
	}
	for dec.PeekKind() != ']' {
		element, err := dec.ReadValue()
		if err != nil {
			return dst
		}
		dst = appendText(dst, string(element))
	}
	return dst
}

// appendPlainElements is AppendTexts for an array of strings without escapes,
// as nearly all of them are; it saves a decoder of several KB for each. It is
// not ok for any other array.
func appendPlainElements(dst []string, array string) (all []string, ok bool) {
	rest := strings.TrimSuffix(array[1:], "]")
	for rest != "" {
		if rest[0] != '"' {
			return nil, false
		}
		end := strings.IndexByte(rest[1:], '"') + 1
		if end == 0 || strings.IndexByte(rest[:end], '\\') >= 0 {
			return nil, false
		}
		dst = appendText(dst, rest[:end+1])
		switch rest = rest[end+1:]; {
		case rest == "":
		case strings.HasPrefix(rest, `,"`):
			rest = rest[1:]
		default:
			return nil, false
		}
	}
	return dst, true
}

// appendText appends the text of one JSON value that is not an array.
func appendText(dst []string, raw string) []string {
	switch {
	case raw == "" || raw == "null" || raw == `""`:
		return dst
	case raw[0] != '"':
		return append(dst, raw)
	case len(raw) > 1 && strings.IndexByte(raw, '\\') < 0:
		return append(dst, raw[1:len(raw)-1])
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil && len(text) == 0 {
		return append(dst, raw)
	}
	return append(dst, string(text))
}

// IsEmpty reports whether the value means "no value": missing, null, "", [] or
// an array of such.
func (v Value) IsEmpty() bool {
	switch v {
	case "", "null", `""`, "[]":
		return true
	}
	beginsWithText := len(v) > 2 && v[1] == '"' && v[2] != '"'
	return v.IsList() && !beginsWithText && len(v.AppendTexts(nil)) == 0
}

// MarshalJSON returns the value itself, null when it is missing.
func (v Value) MarshalJSON() ([]byte, error) {
	if v == "" {
		return []byte("null"), nil
	}
	return []byte(v), nil
}

// UnmarshalJSON keeps the JSON text; null becomes the missing value.
func (v *Value) UnmarshalJSON(b []byte) error {
	*v = Value(b)
	if *v == Null {
		*v = ""
	}
	return nil
}
