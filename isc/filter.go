package isc

import (
	"net/url"
	"strings"
)

// maxURL is the length in bytes that no address passes: servers and proxies
// are known to take this much.
const maxURL = 4 << 10

// pageLimit is the most records the API puts on one page.
const pageLimit = 250

var filterEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quote is a text as the filter grammar wants it.
func quote(text string) string { return `"` + filterEscapes.Replace(text) + `"` }

func eq(field, text string) string { return field + " eq " + quote(text) }

func in(field string, texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = quote(t)
	}
	return field + " in (" + strings.Join(quoted, ",") + ")"
}

// split cuts the texts into batches, in order, so that an address that is
// empty bytes long without any of them stays under maxURL with a batch's, and
// so that a batch's records fit on one page. A text too long for any address
// is a batch of its own.
func split(texts []string, empty int) [][]string {
	return splitBy(texts, empty, func(text string) string { return "," + quote(text) })
}

// splitBy is split for texts that each become a part of the query.
func splitBy(texts []string, empty int, part func(string) string) [][]string {
	var batches [][]string
	start, size := 0, empty
	for i, t := range texts {
		n := len(url.QueryEscape(part(t)))
		if i > start && (size+n > maxURL || i-start == pageLimit) {
			batches = append(batches, texts[start:i])
			start, size = i, empty
		}
		size += n
	}
	if start < len(texts) {
		batches = append(batches, texts[start:])
	}
	return batches
}
