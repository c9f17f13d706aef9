package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// filterWord is one word of a filter and where it begins, in bytes.
type filterWord struct {
	kind wordKind
	text string // of a quoted one what it stands for
	at   int
}

type wordKind int

const (
	endOfFilter wordKind = iota
	sign                 // ( ) or ,
	plainWord
	quotedWord
)

func (w filterWord) String() string {
	switch w.kind {
	case endOfFilter:
		return "the end"
	case quotedWord:
		return fmt.Sprintf("the text %q", w.text)
	}
	return fmt.Sprintf("%q", w.text)
}

// betweenWords ends a plain word.
const betweenWords = " \t\r\n(),\""

// filterWords takes a filter apart; the last word is its end.
func filterWords(text string) ([]filterWord, *filterError) {
	if i := invalidUTF8(text); i >= 0 {
		return nil, &filterError{at: i, msg: "the filter is not valid UTF-8"}
	}
	var words []filterWord
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case strings.IndexByte("(),", c) >= 0:
			words = append(words, filterWord{sign, text[i : i+1], i})
			i++
		case c == '"':
			plain, end, err := unquoted(text, i)
			if err != nil {
				return nil, err
			}
			words = append(words, filterWord{quotedWord, plain, i})
			i = end
		default:
			end := i + strings.IndexAny(text[i:]+" ", betweenWords)
			words = append(words, filterWord{plainWord, text[i:end], i})
			i = end
		}
	}
	return append(words, filterWord{endOfFilter, "", len(text)}), nil
}

// unquoted reads the quoted text that begins at i, with its two escapes, and
// says where it ends.
func unquoted(text string, i int) (plain string, end int, err *filterError) {
	var b strings.Builder
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '"':
			return b.String(), j + 1, nil
		case '\\':
			if j++; j == len(text) || text[j] != '\\' && text[j] != '"' {
				return "", 0, &filterError{j - 1, `a backslash in a text is written \\, a quote \"`, ""}
			}
		}
		b.WriteByte(text[j])
	}
	return "", 0, &filterError{i, "the quote that opens here is not closed", ""}
}

func invalidUTF8(text string) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// sortFields are the documented sorters of GET /accounts.
var sortFields = []string{"id", "name", "created", "modified", "sourceId", "identityId", "nativeIdentity", "uuid", "manuallyCorrelated", "entitlements",
	"origin", "identity.name", "identity.identityState", "identity.correlated", "source.displayableName", "source.authoritative", "source.connectionType"}

// checkSorters holds --sorters against what the API documents and gives them
// with id behind, so that pages neither repeat nor miss accounts that are equal
// in the others. None asks for id.
func checkSorters(text string) (string, error) {
	if text == "" {
		return "id", nil
	}
	var seen []string
	at := 0
	for part := range strings.SplitSeq(text, ",") {
		blank := len(part) - len(strings.TrimLeft(part, " \t"))
		name := strings.TrimPrefix(strings.TrimSpace(part), "-")
		column := 1 + utf8.RuneCountInString(text[:at+blank])
		switch {
		case !slices.Contains(sortFields, name):
			return "", problemf(exitUsage, "it sorts by "+strings.Join(sortFields, ", ")+"; a - before one is for descending",
				"--sorters, column %d: the API does not sort by %q", column, name)
		case slices.Contains(seen, name):
			return "", problemf(exitUsage, "", "--sorters, column %d: %s stands twice", column, name)
		}
		seen = append(seen, name)
		at += len(part) + 1
	}
	if slices.Contains(seen, "id") {
		return text, nil
	}
	return text + ",id", nil
}
