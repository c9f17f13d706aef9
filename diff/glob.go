package diff

import (
	"fmt"
	"regexp"
	"strings"
)

// glob is a pattern of keys and names: * is any text, ? any character, [a-z]
// one of these and [!a-z] or [^a-z] none of them. Unlike that of path.Match its
// * also stands for slashes, and its backslash only for itself: keys have both.
type glob struct{ *regexp.Regexp }

func parseGlob(pattern string) (glob, error) { return compileGlob(`(?is)\A`, pattern) }

// parseExactGlob is parseGlob where letter case makes a difference.
func parseExactGlob(pattern string) (glob, error) { return compileGlob(`(?s)\A`, pattern) }

func compileGlob(start, pattern string) (glob, error) {
	var expr strings.Builder
	expr.WriteString(start)
	for rest := pattern; rest != ""; {
		piece, n := parsePiece(rest)
		if n == 0 {
			return glob{}, fmt.Errorf("pattern %q: a [ has no ]; write [[] for the character itself", pattern)
		}
		expr.WriteString(piece)
		rest = rest[n:]
	}
	expr.WriteString(`\z`)
	re, err := regexp.Compile(expr.String())
	if err != nil { // the classes are all that can be wrong, or the length
		return glob{}, fmt.Errorf("pattern %q cannot be understood: %w", pattern, err)
	}
	return glob{re}, nil
}

// parsePiece turns what a pattern begins with into a regular expression and
// says how long it is, 0 when it does not end.
func parsePiece(s string) (expr string, n int) {
	switch s[0] {
	case '*':
		return ".*", 1
	case '?':
		return ".", 1
	case '[':
		return parseClass(s)
	}
	if n = strings.IndexAny(s, "*?["); n < 0 {
		n = len(s)
	}
	return regexp.QuoteMeta(s[:n]), n
}

// parseClass turns the [...] a pattern begins with into that of a regular
// expression and says how long it is, 0 when it does not end. A ] right behind
// the [ is one of the characters.
func parseClass(s string) (class string, length int) {
	body := s[1:]
	negated := body != "" && (body[0] == '!' || body[0] == '^')
	if negated {
		body = body[1:]
	}
	end := strings.IndexByte(body, ']')
	if end == 0 {
		if end = strings.IndexByte(body[1:], ']'); end >= 0 {
			end++
		}
	}
	if end < 0 {
		return "", 0
	}
	length = len(s) - len(body) + end + 1
	body = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(body[:end])
	if negated {
		return "[^" + body + "]", length
	}
	return "[" + body + "]", length
}
