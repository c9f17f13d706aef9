package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// Row is one past run in a list of runs.
type Row struct {
	Run, Command, Source string
	Outcome              sync.Outcome
	ExitCode             int
	Started, Finished    time.Time
	Totals               sync.Totals
	Resumable            bool
}

// Runs writes a list of past runs, one a line, the order kept.
func Runs(w io.Writer, rows []Row, _ Options) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "No runs are on record.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RUN\tCOMMAND\tSOURCE\tOUTCOME\tEXIT\tTOOK\tOPERATIONS\t")
	for _, r := range rows {
		note := ""
		if r.Resumable {
			note = "can be resumed"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", visible(r.Run), r.Command, visible(r.Source), r.Outcome, r.ExitCode, took(r), did(&r.Totals), note)
	}
	return t.Flush()
}

func took(r Row) string {
	if r.Finished.Before(r.Started) {
		return "-"
	}
	return brief(r.Finished.Sub(r.Started))
}

// did is how much of what was planned was verified, by kind.
func did(t *sync.Totals) string {
	var parts []string
	for _, op := range diff.Ops {
		if tally := t.Op(op); tally.Planned > 0 {
			parts = append(parts, fmt.Sprintf("%s %d/%d", op, tally.Verified, tally.Planned))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}
