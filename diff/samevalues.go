package diff

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/text"
)

// sameSeveral reports whether a cell of one value holds exactly the values that
// the account has, under its separator or white space and a comma.
func sameSeveral(col account.Column, cell string, live account.Value) bool {
	col.Multi = true
	if col.Separator == "" {
		col.Separator = ";"
	}
	have := normalTexts(nil, col, live)
	return len(have) > 1 && (slices.Equal(normalSet(col, cell), have) || sameUnder(col, cell, live) != "")
}

// typeNames are what programs write in place of the values of a list, or of an
// object, that they do not know how to write.
var typeNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^((System|Microsoft)\.[A-Za-z][\w.]*(\[\]|` + "`" + `\d+(\[.*\])?|Collection|List|Object|DataRow|Hashtable|Dictionary)|Selected\.System\.[\w.]+|\[object [A-Z]\w*\]|@\{.*=.*\}|\[L?java\.[\w.]+;?@[0-9a-f]+|<[\w. ]+ object at 0x[0-9a-fA-F]+>)$`)
})

// standsForList says of a cell that holds the name of a type, as PowerShell and
// JavaScript write a list, that its values are lost; "" of any other.
func standsForList(col account.Column, cell string) string {
	if cell == "" || strings.IndexByte("SM[@<", cell[0]) < 0 || !typeNames().MatchString(cell) {
		return ""
	}
	return fmt.Sprintf("column %q holds the name of a type, %s, in place of the values: write these where the file is made (in PowerShell with -join %s)", col.Header, cell, text.ShellWord(cmp.Or(col.Separator, ";")))
}

// sameUnder finds the flags under which the cell holds exactly the live values;
// "" when there are none.
func sameUnder(col account.Column, cell string, live account.Value) string {
	have := normalTexts(nil, col, live)
	if cell == "" || len(have) == 0 {
		return ""
	}
	same := func(c account.Column) bool {
		return slices.Equal(normalSet(c, cell), have)
	}
	trimmed := col
	trimmed.Trim = true
	if same(trimmed) {
		return "--trim"
	}
	for _, separator := range separatorsIn(cell, col.Separator) {
		other, flag := col, "--separator "+separatorWord(separator)
		other.Separator = separator
		if same(other) {
			return flag
		}
		if other.Trim = true; same(other) {
			return flag + " --trim"
		}
	}
	return ""
}

// sameBetween reports whether the cell is made of the live values, each at least
// once, and of brackets, quotes and other signs around them: a list as JSON,
// PostgreSQL, Python or SharePoint write one.
func sameBetween(cell string, have []string) bool {
	if len(have) == 0 {
		return false
	}
	longest := slices.Clone(have)
	slices.SortFunc(longest, func(a, b string) int { return len(b) - len(a) })
	seen := map[string]bool{}
	for rest := cell; rest != ""; {
		at := slices.IndexFunc(longest, func(text string) bool { return strings.HasPrefix(rest, text) })
		if at >= 0 {
			seen[longest[at]] = true
			rest = rest[len(longest[at]):]
			continue
		}
		if markup := lineBreak().FindString(rest); markup != "" {
			rest = rest[len(markup):]
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		if !unicode.IsSpace(r) && !strings.ContainsRune("[](){}\"'`,;|#/\\+&•·", r) {
			return false
		}
		rest = rest[n:]
	}
	return len(seen) == len(slices.Compact(slices.Sorted(slices.Values(have))))
}

// lineBreak is how HTML ends a line, or escapes a quote.
var lineBreak = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(<br */?>|</?(p|li|ul)>|&quot;)`)
})

// normalSet are the values of a cell as normalTexts gives those of an account.
func normalSet(col account.Column, cell string) []string {
	texts := col.AppendTexts(nil, cell)
	for i := range texts {
		texts[i] = col.Normal(texts[i])
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// separatorsIn are the characters of a cell that could stand between values,
// in their order.
func separatorsIn(cell, current string) (separators []string) {
	for _, r := range cell {
		s := string(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '"' || r == '\r' || s == current || slices.Contains(separators, s) {
			continue
		}
		separators = append(separators, s)
	}
	return separators
}

// separatorWord is a separator as a word of a command line.
func separatorWord(separator string) string {
	switch separator {
	case "\n":
		return `'\n'`
	case "\t":
		return `'\t'`
	}
	return text.ShellWord(separator)
}
