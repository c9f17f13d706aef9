package reports

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// runColumn is a column of the list.
type runColumn struct {
	head   string
	number bool // stands at the right
	always bool // also when all its cells are empty
	cell   func(Row) span
	width  int
}

// columnsOf are the columns in which the rows have something to say.
func columnsOf(rows []Row) []runColumn {
	var columns []runColumn
	for _, c := range append(headColumns(rows), countColumns()...) {
		uncoloured := c.always
		c.width = text.Width(c.head)
		for _, r := range rows {
			width := text.Width(c.cell(r).text)
			uncoloured, c.width = uncoloured || width > 0, max(c.width, width)
		}
		if uncoloured {
			columns = append(columns, c)
		}
	}
	return columns
}

// headColumns say which runs there were and how they ended.
func headColumns(rows []Row) []runColumn {
	uncoloured := func(cell func(Row) string) func(Row) span {
		return func(r Row) span { return span{cell(r), plain} }
	}
	several := slices.ContainsFunc(rows, func(r Row) bool { return r.Tenant != rows[0].Tenant })
	return []runColumn{
		{head: "RUN", always: true, cell: uncoloured(func(r Row) string { return text.Visible(r.Run) })},
		{head: "STARTED (UTC)", always: true, cell: uncoloured(func(r Row) string { return r.Started.UTC().Format("2006-01-02 15:04") })},
		{head: "TOOK", number: true, always: true, cell: uncoloured(took)},
		{head: "COMMAND", always: true, cell: uncoloured(func(r Row) string { return text.Visible(r.Command) })},
		{head: "TENANT", cell: uncoloured(func(r Row) string {
			if !several {
				return ""
			}
			return text.Clip(host(r.Tenant), valueWidth)
		})},
		{head: "SOURCE", always: true, cell: uncoloured(func(r Row) string { return text.Clip(r.Source, valueWidth) })},
		{head: "OUTCOME", always: true, cell: func(r Row) span { return span{text.Visible(string(r.Outcome)), outcomeStyle(r.Outcome)} }},
		{head: "EXIT", number: true, always: true, cell: uncoloured(exitText)},
	}
}

// countColumns say what the runs did and left undone.
func countColumns() []runColumn {
	var columns []runColumn
	for _, op := range diff.Ops {
		usual := op == diff.Create || op == diff.Put || op == diff.Delete
		columns = append(columns, runColumn{head: strings.ToUpper(string(op)), number: true, always: usual,
			cell: func(r Row) span { return span{didText(r.Totals.Op(op), usual), plain} }})
	}
	count := func(n func(Row) int, s style) func(Row) span {
		return func(r Row) span {
			if n(r) == 0 {
				return span{}
			}
			return span{text.Number(n(r)), s}
		}
	}
	return append(columns,
		runColumn{head: "FAILED", number: true, cell: count(func(r Row) int { return inTotal(r, sync.Failed) }, red)},
		runColumn{head: "STALE", number: true, cell: count(func(r Row) int { return inTotal(r, sync.Stale) }, red)},
		runColumn{head: "REJECTED", number: true, cell: count(func(r Row) int { return r.Totals.Rejected }, yellow)},
		runColumn{head: "WITHHELD", cell: func(r Row) span { return span{withheldText(&r.Totals), yellow} }},
		runColumn{cell: func(r Row) span { return span{noteText(r), yellow} }})
}

func outcomeStyle(o sync.Outcome) style {
	switch o {
	case sync.InSync, sync.Changed:
		return green
	case sync.RunFailed:
		return red
	}
	return yellow
}

// exitText is the exit status of a run that has ended.
func exitText(r Row) string {
	if r.Finished.IsZero() {
		return "-"
	}
	return fmt.Sprint(r.ExitCode)
}

func took(r Row) string {
	if r.Finished.Before(r.Started) {
		return "-"
	}
	return brief(r.Finished.Sub(r.Started))
}

// didText is how many of the planned operations were verified: 5, or 3/5; of
// none "-" where the column is usual.
func didText(t *sync.Tally, usual bool) string {
	switch {
	case t.Planned == 0 && usual:
		return "-"
	case t.Planned == 0:
		return ""
	case t.Verified == t.Planned:
		return text.Number(t.Planned)
	}
	return text.Number(t.Verified) + "/" + text.Number(t.Planned)
}

// inTotal is how many operations ended in a state.
func inTotal(r Row, state sync.State) (n int) {
	for _, op := range diff.Ops {
		n += *r.Totals.Op(op).State(state)
	}
	return n
}

// withheldText counts what was planned and not sent: "put 21, delete 3".
func withheldText(t *sync.Totals) string {
	var parts []string
	for _, op := range diff.Ops {
		if n := t.Op(op).Withheld; n > 0 {
			parts = append(parts, string(op)+" "+text.Number(n))
		}
	}
	return strings.Join(parts, ", ")
}

func noteText(r Row) string {
	var notes []string
	if n := r.Totals.Already; n > 0 {
		notes = append(notes, text.Number(n)+" already done")
	}
	if len(r.Approved) > 0 {
		notes = append(notes, "approved by "+text.Visible(strings.Join(r.Approved, ", ")))
	}
	if r.Resumable {
		notes = append(notes, "can be resumed")
	}
	return strings.Join(notes, ", ")
}

// gap stands between two columns.
const gap = 2

// tableCells is how wide the table is.
func tableCells(columns []runColumn) int {
	width := -gap
	for _, c := range columns {
		width += c.width + gap
	}
	return width
}
