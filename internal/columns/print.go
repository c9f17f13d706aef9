package columns

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"accountsync/csvfile"
	"accountsync/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// widest is the most cells that a value takes on a terminal.
const widest = 32

// WriteJSON writes the report as JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	return json.MarshalWrite(text.InertJSON(w), r, jsontext.WithIndent("  "))
}

// Print writes the report as a table.
func (r *Report) Print(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s and the account schema of source %q, known by %s:\n\n", text.Visible(r.File), r.Source, text.Visible(r.Key))
	rows := [][]string{{"COLUMN", "ATTRIBUTE", "TYPE", "IN THE FILE", "LIVE", ""}}
	for _, c := range r.Columns {
		name, kind, live := c.attribute()
		rows = append(rows, []string{shown(c.Header), name, kind, shown(c.Example), live, c.remark()})
	}
	for _, a := range r.Missing {
		remark := "no column: it is not managed"
		if a.Name == r.Key {
			remark = "no column: it is needed as the key"
		}
		rows = append(rows, []string{"-", shown(a.Name), a.kind(), "-", shown(a.Live), remark})
	}
	widths := text.Widths(rows)
	for _, row := range rows {
		fmt.Fprintln(out, strings.TrimRight("  "+text.Row(row, widths), " "))
	}
	switch {
	case r.Err == nil:
		fmt.Fprintf(out, "\nThe header fits.\n")
	case len(r.Flags) > 0 && r.Remains == nil:
		fmt.Fprintf(out, "\nWith these flags the header fits, if they say what is meant:\n  %s\n", text.ShellLine(r.Flags...))
	case len(r.Flags) > 0:
		fmt.Fprintf(out, "\nThese flags help, and do not suffice:\n  %s\n", text.ShellLine(r.Flags...))
	}
	return out.Flush()
}

// attribute is what stands in the table for the attribute of a column.
func (c *Column) attribute() (name, kind, live string) {
	if c.Attribute == nil {
		return "-", "-", "-"
	}
	name = shown(c.Attribute.Name)
	if c.Is == csvfile.IsUnknown {
		name += " ?"
	}
	return name, c.Attribute.kind(), shown(c.Attribute.Live)
}

func (a Attribute) kind() string {
	switch {
	case a.Type == "":
		return "-"
	case a.Multi:
		return a.Type + ", several"
	}
	return a.Type
}

// remark says what the column is, or what to do about it.
func (c *Column) remark() string {
	what := map[string]string{
		csvfile.IsKey: "the key", csvfile.IsAttribute: "", csvfile.IsState: "a state", csvfile.IsSource: "the source of each row",
		csvfile.IsReport: "passed over: of a failed.csv", csvfile.IsIgnored: "ignored", csvfile.IsUnnamed: "no name: its cells must be empty",
		csvfile.IsSecond: "a second column for it", csvfile.IsUnknown: "not in the schema"}[c.Is]
	if c.Same {
		what += ", and holds values of " + shown(c.Attribute.Name)
	}
	if c.Type != "" {
		what = strings.TrimPrefix(what+"; "+c.Type, "; ")
	}
	if len(c.Flags) > 0 {
		what += ": " + text.ShellLine(c.Flags...)
	}
	return what
}

// shown is a value that cannot act, cut short.
func shown(s string) string {
	if s == "" {
		return "-"
	}
	return text.Clip(text.Reveal(s), widest)
}
