package account

import (
	"fmt"
	"strings"
)

// DefaultSeparator stands between the values of one multi-valued cell.
const DefaultSeparator = ";"

// Options say how a desired-state CSV is to be read. The zero value suits most files.
type Options struct {
	Delimiter rune              // 0: found (one of , ; tab |)
	Key       string            // header or attribute that holds the key; "": the schema's identityAttribute, or a column nativeIdentity
	Map       map[string]string // header to schema attribute
	Ignore    []string          // headers to drop
	Multi     []string          // attributes to treat as multi-valued though the schema does not say so
	Separator string            // between the values of one cell; "": DefaultSeparator
	MergeRows bool              // join rows of one key that differ only in multi-valued attributes
	Sources   []string          // ids of all sources the file is read for: a row of another one of them is skipped, not rejected
	States    bool              // of a Writer: the states of accounts, too
}

// separator is the separator in effect.
func (o Options) separator() string {
	if o.Separator == "" {
		return DefaultSeparator
	}
	return o.Separator
}

// check refuses settings no file could be read with.
func (o Options) check() error {
	if strings.ContainsAny(o.Separator, "\"\r\n") {
		return fmt.Errorf("the separator of multi-valued cells must not contain a quote or a line end, got %q", o.Separator)
	}
	if strings.ContainsRune("\"\r\n\uFFFD", o.Delimiter) && o.Delimiter != 0 {
		return fmt.Errorf("the delimiter must not be a quote or a line end, got %q", o.Delimiter)
	}
	return nil
}
