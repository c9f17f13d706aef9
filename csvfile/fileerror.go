package csvfile

import (
	"fmt"
	"strings"
)

// FileError says why a desired-state file as a whole cannot be used.
type FileError struct {
	Path  string
	Sheet string // of a workbook
	Line  int    // from 1; 0 when no line is to blame
	Msg   string // one problem a line
	Hint  string // what to do about it; may be empty
	Err   error  // the cause, where there is one

	missing bool
}

// Error is "path:line: message", one line per problem. The hint is shown apart.
func (e *FileError) Error() string {
	var b strings.Builder
	for i, msg := range strings.Split(e.Msg, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Path)
		switch {
		case e.Line > 0 && e.Sheet != "":
			fmt.Fprintf(&b, " %s!%d", e.Sheet, e.Line)
		case e.Line > 0:
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": " + msg)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Missing reports whether there is no such input, as opposed to a bad one.
func (e *FileError) Missing() bool { return e.missing }
