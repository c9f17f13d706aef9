package account

import (
	"strings"

	"pgregory.net/rapid"
)

// oddValue draws values as sources really hold them: empty ones of every kind,
// numbers no float holds, line ends, separators, quotes, formulas, nested JSON.
func oddValue() *rapid.Generator[Value] {
	return rapid.OneOf(
		rapid.SampledFrom([]Value{"", "null", `""`, "[]", `[""]`, "[null]", "true", "false", "0", "-1", "1.50", "1e3",
			"12345678901234567890", `"\u0000"`, `"\r"`, `"a\r\nb\rc"`, `"\ud800"`, "\"\xff\"", "[\"a\xff\"]",
			`{"a":[1,"x;y"],"b":null}`, `[["a","b"],{"c":";"}]`, `[1,2,1]`, `"2026-01-31T08:00:00+02:00"`, `["2026-13-40"]`, `"007"`, `"TRUE"`}),
		rapid.Map(oddText(), StringValue),
		rapid.Map(rapid.SliceOfN(oddText(), 0, 5), ListValue),
	)
}

func oddText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.RuneFrom([]rune("\";|,:'=+-@ \t\r\n\x00aé😀\uFEFF\u2028"))),
		rapid.SampledFrom([]string{"Paris", " x ", `"q"`, `"`, "a;b", "=1+1", "\\.", `\`, "true", "007", strings.Repeat("long ", 2000)}),
	)
}
