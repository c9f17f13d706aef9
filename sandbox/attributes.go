package sandbox

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// hashAttribute is what the service adds to the attributes of every account; no schema names it.
const hashAttribute = "idNowDescription"

// rawValues are attributes as they stand in JSON, nothing decoded.
type rawValues map[string]jsontext.Value

// raw turns attributes written in Go or read from JSON into their JSON values.
func (a Attributes) raw() rawValues {
	if a == nil {
		return nil
	}
	values := make(rawValues, len(a))
	for name, value := range a {
		text, err := json.Marshal(value)
		if err != nil {
			panic("sandbox: attribute " + name + " cannot be written as JSON: " + err.Error())
		}
		values[name] = text
	}
	return values
}

// parseValues reads the attributes of an account; "null" gives an empty map.
func parseValues(text string) rawValues {
	values := rawValues{}
	if err := json.Unmarshal([]byte(text), &values); err != nil || values == nil {
		return rawValues{}
	}
	return values
}

// encode writes attributes in the order of their names.
func (v rawValues) encode() []byte {
	if v == nil {
		return []byte("null")
	}
	text := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(v)) {
		if i > 0 {
			text = append(text, ',')
		}
		text = quote(text, name)
		text = append(text, ':')
		text = append(text, v[name]...)
	}
	return append(text, '}')
}

// text is a value as a string: a JSON string unquoted, a number or boolean as written, null and lists "".
func (v rawValues) text(name string) string {
	value, ok := v[name]
	if !ok {
		return ""
	}
	return scalarText(value)
}

func scalarText(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		var text string
		if json.Unmarshal(value, &text) != nil {
			return ""
		}
		return text
	case '0', 't', 'f':
		return string(value)
	default:
		return ""
	}
}

// list is a value as strings: each element of an array, or the one value it has.
func (v rawValues) list(name string) []string {
	value, ok := v[name]
	if !ok {
		return nil
	}
	if value.Kind() != '[' {
		if text := scalarText(value); text != "" {
			return []string{text}
		}
		return nil
	}
	var elements []jsontext.Value
	if json.Unmarshal(value, &elements) != nil {
		return nil
	}
	var list []string
	for _, element := range elements {
		if text := scalarText(element); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// escapes are those with which the encoders of Go, Java and .NET write what has a meaning in HTML.
var escapes = strings.NewReplacer("&", `\u0026`, "<", `\u003c`, ">", `\u003e`)

// quote appends text as a JSON string.
func quote(dst []byte, text string) []byte {
	start := len(dst)
	dst, _ = jsontext.AppendQuote(dst, text)
	if !strings.ContainsAny(text, "&<>") {
		return dst
	}
	return append(dst[:start], escapes.Replace(string(dst[start:]))...)
}
