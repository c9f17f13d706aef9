// Package malformed draws, for property tests, what sources really hold.
package malformed

import (
	"strings"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

// JSON draws attribute values as JSON texts, not all of them valid: empty ones
// of every kind, numbers no float holds, line ends, separators, quotes,
// formulas, nested values.
func JSON() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "null", `""`, "[]", `[""]`, "[null]", "true", "false", "0", "-1", "1.50", "1e3",
			"12345678901234567890", `"\u0000"`, `"\r"`, `"a\r\nb\rc"`, `"\ud800"`, "\"\xff\"", "[\"a\xff\"]",
			`{"a":[1,"x;y"],"b":null}`, `[["a","b"],{"c":";"}]`, `[1,2,1]`, `"2026-01-31T08:00:00+02:00"`, `["2026-13-40"]`, `"007"`, `"TRUE"`}),
		rapid.Map(Text(), func(text string) string { return encoded(text) }),
		rapid.Map(rapid.SliceOfN(Text(), 0, 5), func(texts []string) string { return encoded(texts) }),
	)
}

func encoded(v any) string {
	text, err := json.Marshal(v, json.FormatNilSliceAsNull(false))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Text draws texts as cells hold them.
func Text() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.RuneFrom([]rune("\";|,:'=+-@ \t\r\n\x00aé😀\uFEFF\u2028"))),
		rapid.SampledFrom([]string{"Paris", " x ", `"q"`, `"`, "a;b", "=1+1", "\\.", `\`, "true", "007", strings.Repeat("long ", 2000)}),
	)
}
