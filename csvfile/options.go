package csvfile

import (
	"fmt"
	"strings"

	"accountsync/account"
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
	SkipLines int               // lines before the header
	Comment   string            // a character: lines that begin with it are skipped; "": those that begin with # are rejected; NoComment: they are rows
	KeyWidth  int               // keys of digits only are filled up with zeros on the left until they are this long
	Trim      bool              // white space at the ends of cells and of the values in them is taken away
	Dates     []string          // forms of DATE cells beside ISO's, e.g. dd.MM.yyyy
	Null      []string          // texts of cells that mean: no value
	Sources   []string          // ids of all sources the file is read for: a row of another one of them is skipped, not rejected
	States    bool              // of a Writer: the states of accounts, too
	Encoding  string            `json:",omitzero"` // of a file that is not UTF-8, such as windows-1252

	HeaderFile string `json:",omitzero"` // a file with header lines for the web server, such as Authorization: Bearer ...
}

// NoComment is the Options.Comment of a file without comments, in which a row
// may begin with #.
const NoComment = "none"

// comment is the character that begins lines to skip, 0 for none.
func (o Options) comment() rune {
	if o.Comment == "" || o.Comment == NoComment {
		return 0
	}
	return rune(o.Comment[0])
}

// separator is the separator in effect.
func (o Options) separator() string {
	if o.Separator == "" {
		return DefaultSeparator
	}
	return o.Separator
}

// Check refuses settings no file could be read with.
func (o Options) Check() error {
	if strings.ContainsAny(o.Separator, "\"\r") {
		return fmt.Errorf("--separator: the separator of multi-valued cells must not contain a quote or a carriage return, got %q", o.Separator)
	}
	if strings.ContainsRune("\"\r\n\uFFFD", o.Delimiter) && o.Delimiter != 0 {
		return fmt.Errorf("--delimiter: the delimiter must not be a quote or a line end, got %q", o.Delimiter)
	}
	if c := o.Comment; c != "" && c != NoComment && (len(c) != 1 || c[0] <= ' ' || c[0] >= 0x7F || c == `"` || c == string(o.Delimiter)) {
		return fmt.Errorf("--comment: a comment begins with one ASCII character that is neither a quote nor the delimiter, or is %s, got %q", NoComment, c)
	}
	if o.Encoding != "" {
		if _, err := encodingOf(o.Encoding); err != nil {
			return err
		}
	}
	if o.SkipLines < 0 || o.KeyWidth < 0 {
		return fmt.Errorf("--skip-lines %d, --key-width %d: not below 0", o.SkipLines, o.KeyWidth)
	}
	_, err := account.ParseDateFormats(o.Dates)
	return err
}
