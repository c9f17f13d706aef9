package reports

import (
	"regexp"
	"sync"
)

// mailLike and dateLike are what is masked whoever says it: an address of
// electronic mail, and a day, which may be somebody's first.
var (
	mailLike = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[^\s"'<>(),;:=\\]+@[^\s"'<>(),;:=\\]+\.[^\s"'<>(),;:=\\]+`)
	})
	dateLike = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b(\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})\b`)
	})
)

// quotedText is what a message quotes.
var quotedText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*"`) })
