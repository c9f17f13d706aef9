package reports

import (
	"bufio"
	"bytes"
	"strings"

	"pgregory.net/rapid"

	"accountsync/account"
)

// layOut writes the text through a layout in pieces of n bytes.
func layOut(compact string, n int) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	l := &layout{w: w}
	for rest := compact; rest != ""; {
		cut := min(n, len(rest))
		l.Write([]byte(rest[:cut]))
		rest = rest[cut:]
	}
	w.Flush()
	return b.String()
}

// drawJSON draws compact JSON at most depth levels deep.
func drawJSON(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	if depth == 0 || kind == 0 {
		return string(account.StringValue(hostileText().Draw(t, "text")))
	}
	var parts []string
	for range rapid.IntRange(0, 3).Draw(t, "n") {
		part := drawJSON(t, depth-1)
		if kind == 1 {
			part = string(account.StringValue(rapid.StringMatching(`[a-z{}\[\],:"\\]{0,4}`).Draw(t, "name")+strings.Repeat("x", len(parts)))) + ":" + part
		}
		parts = append(parts, part)
	}
	if kind == 1 {
		return "{" + strings.Join(parts, ",") + "}"
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// hostileText draws texts of the characters that drive terminals, break CSV or
// measure oddly.
func hostileText() *rapid.Generator[string] {
	return rapid.StringOf(rapid.RuneFrom([]rune("ab \t\r\n\x00\x1b\x07\x7f\u009b\u202e\u2066\u200b\u200d\u0301\ufeff\u2028'\"=+-@,;\\{}[]:é山🏳👩東")))
}
