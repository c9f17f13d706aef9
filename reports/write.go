package reports

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"accountsync/internal/text"
)

// formats are the reports that can be written to anywhere, by their names.
var formats = []struct {
	name   string
	render func(ctx context.Context, w io.Writer, r *Run, opt Options) error
}{
	{"table", writeTable},
	{"json", func(ctx context.Context, w io.Writer, r *Run, _ Options) error { return writeJSON(ctx, w, r) }},
	{"csv", func(ctx context.Context, w io.Writer, r *Run, _ Options) error { return writeResultCSV(ctx, w, r) }},
	{"html", func(ctx context.Context, w io.Writer, r *Run, _ Options) error { return writeHTML(ctx, w, r) }},
	{"md", func(ctx context.Context, w io.Writer, r *Run, _ Options) error { return WriteSummary(ctx, w, r) }},
	{"metrics", writeOwnMetrics},
	{"failed", func(ctx context.Context, w io.Writer, r *Run, _ Options) error { return writeRepairs(ctx, w, r) }},
}

// Formats names what Write knows.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// errFormat is wrapped by the error of Write for a format it does not know.
var errFormat = errors.New("no such format")

// ErrRows is wrapped by the error of Write when the rows to repair cannot be
// read again: the input is gone or was changed, or holds masked values.
var ErrRows = errors.New("the rows to repair cannot be written")

// Write renders the run in one format: what the file of that format holds, or
// the result table. Metrics are those of this run alone, and of a run with
// nothing to repair the format failed is empty.
func Write(ctx context.Context, w io.Writer, format string, r *Run, opt Options) error {
	for _, f := range formats {
		if f.name == format {
			out := bufio.NewWriterSize(w, 64<<10)
			if err := f.render(ctx, out, r, opt); err != nil {
				return err
			}
			return out.Flush()
		}
	}
	return fmt.Errorf("%w: %q; there are %s", errFormat, format, strings.Join(Formats(), ", "))
}

// writeTable writes the result table and the run in one line.
func writeTable(ctx context.Context, w io.Writer, r *Run, opt Options) error {
	if err := Table(ctx, w, r, opt); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, r.found.summary())
	return err
}

// writeJSON writes what result.json holds.
func writeJSON(ctx context.Context, w io.Writer, r *Run) error {
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	report, err := newJSONReport(w, o)
	if err != nil {
		return err
	}
	if err := r.pass(ctx, report.operation); err != nil {
		return err
	}
	return report.end(ctx, r)
}

// writeResultCSV writes what result.csv holds.
func writeResultCSV(ctx context.Context, w io.Writer, r *Run) error {
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	report := newCSVReport(w, o.Head)
	if err := r.pass(ctx, report.operation); err != nil {
		return err
	}
	return report.end(ctx, r, o)
}

// writeOwnMetrics writes the metrics of one run.
func writeOwnMetrics(ctx context.Context, w io.Writer, r *Run, _ Options) error {
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	return renderMetrics(w, o.Head, func(*gauges) {})
}

// writeRepairs writes what failed.csv holds.
func writeRepairs(ctx context.Context, w io.Writer, r *Run) error {
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	repairs := newRepairs(o)
	if err := r.pass(ctx, repairs.operation); err != nil {
		return err
	}
	if err := repairs.end(ctx, r); err != nil {
		return err
	}
	if r.Table == nil && !repairs.none() {
		why := "the input file is gone or was changed"
		if len(r.Head().Redacted) > 0 {
			why = "they hold values that are masked, or the input file was changed"
		}
		return fmt.Errorf("%w: source %s: %s", ErrRows, text.Visible(sourceName(r.Head())), why)
	}
	return repairs.write(w, r.Table)
}
