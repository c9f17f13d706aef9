package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"accountsync/sync"
)

// formats are the reports that can be written to anywhere, by their names.
var formats = []struct {
	name   string
	render func(w io.Writer, r *sync.Result, opt Options) error
}{
	{"table", writeTable},
	{"json", func(w io.Writer, r *sync.Result, _ Options) error { return writeJSON(w, r) }},
	{"csv", func(w io.Writer, r *sync.Result, _ Options) error { return writeResultCSV(w, r) }},
	{"html", func(w io.Writer, r *sync.Result, _ Options) error { return writeHTML(w, r) }},
	{"md", func(w io.Writer, r *sync.Result, _ Options) error { return writeMarkdown(w, r) }},
	{"metrics", func(w io.Writer, r *sync.Result, _ Options) error { return writeOwnMetrics(w, r) }},
	{"failed", func(w io.Writer, r *sync.Result, _ Options) error { return writeRepairs(w, r) }},
}

// Formats names what Write knows.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// ErrFormat is wrapped by the error of Write for a format it does not know.
var ErrFormat = errors.New("no such format")

// ErrRows is wrapped by the error of Write when the rows to repair cannot be
// read again: the input is gone or was changed, or holds masked values.
var ErrRows = errors.New("the rows to repair cannot be written")

// Write renders the result in one format: what the file of that format holds,
// or the result table. Metrics are those of this run alone, and of a run with
// nothing to repair the format failed is empty.
func Write(w io.Writer, format string, r *sync.Result, opt Options) error {
	for _, f := range formats {
		if f.name == format {
			out := bufio.NewWriterSize(w, 64<<10)
			if err := f.render(out, r, opt); err != nil {
				return err
			}
			return out.Flush()
		}
	}
	return fmt.Errorf("%w: %q; there are %s", ErrFormat, format, strings.Join(Formats(), ", "))
}

// writeTable writes the result table and the run in one line.
func writeTable(w io.Writer, r *sync.Result, opt Options) error {
	if err := Table(w, r, opt); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, Summary(r))
	return err
}

// writeRepairs writes what failed.csv holds.
func writeRepairs(w io.Writer, r *sync.Result) error {
	for _, s := range r.Sources {
		if s.Table == nil && repairable(s) {
			why := "the input is gone, or is not as it was"
			if len(r.Redacted) > 0 {
				why = "they hold values that are masked, or the input is not as it was"
			}
			return fmt.Errorf("%w: source %s: %s", ErrRows, visible(sourceName(s)), why)
		}
	}
	repairs, err := toRepair(r)
	if err != nil || len(repairs) == 0 {
		return err
	}
	return writeFailedCSV(w, repairs)
}

// repairable reports whether rows of the source are to be repaired.
func repairable(s *sync.Source) bool {
	return len(rejected(s)) > 0 || s.Sent() && len(unverified(s)) > 0
}
