package reports

import (
	"context"
	"io"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Table writes what a run did: the operations by state, the two equations that
// balance, what needs a human, and what was sent.
func Table(ctx context.Context, w io.Writer, r *Run, opt Options) error {
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	p, unsettled := newPrinter(ctx, w, opt), false
	if known(s.Head) {
		p.section(func() { p.sourceHead(s.Head) })
		p.section(func() { p.tallies(&s.Totals) })
		p.section(func() { p.balance(s.Head) })
		p.section(func() { p.guards(s.Head); p.unusual(s.Unusual); p.notes(s.Head) })
		before := p.lines
		p.attention(r, s)
		unsettled = p.lines > before
	}
	p.requests(s.Requests)
	if unsettled {
		p.showHint()
	}
	p.ended(s.Head)
	return p.end()
}

// tallies is the result table. Where the terminal is too narrow for it, each of
// its rows becomes a sentence.
func (p *printer) tallies(t *sync.Totals) {
	rows, sum := tallyRows(t)
	if len(rows) == 0 {
		p.text(2, "No operations.")
		return
	}
	if p.width < 2+tableWidth {
		for _, row := range rows {
			p.text(2, "%s %s = %s", row.name, text.Number(row.Planned), statesSum(&row.Tally))
		}
		return
	}
	p.tallyTable(append(rows, tallyRow{"total", sum}))
}

type tallyRow struct {
	name string
	sync.Tally
}

// tallyRows are the kinds of operation that occur, and their sum.
func tallyRows(t *sync.Totals) (rows []tallyRow, sum sync.Tally) {
	for _, op := range diff.Ops {
		tally := *t.Op(op)
		if tally == (sync.Tally{}) {
			continue
		}
		rows = append(rows, tallyRow{string(op), tally})
		sum.Planned += tally.Planned
		for _, state := range sync.States {
			*sum.State(state) += *tally.State(state)
		}
	}
	return rows, sum
}

// The widths of the result table.
const (
	columnWidth = 10
	tableWidth  = len(diff.Disable) + 6*columnWidth
)

func (p *printer) tallyTable(rows []tallyRow) {
	head := text.Padded("", len(diff.Disable)) + right("planned")
	for _, state := range sync.States {
		head += right(string(state))
	}
	p.line(2, span{head, bold})
	for _, row := range rows {
		p.cells(2, tallyCells(row)...)
	}
}

func tallyCells(row tallyRow) []span {
	cells := []span{{text.Padded(row.name, len(diff.Disable)), plain}, {right(text.Number(row.Planned)), plain}}
	for _, state := range sync.States {
		c := span{right(text.Number(*row.State(state))), plain}
		if *row.State(state) > 0 {
			c.style = stateStyle(state)
		}
		cells = append(cells, c)
	}
	return cells
}

// stateStyle is the colour of a state that needs a look.
func stateStyle(s sync.State) style {
	switch s {
	case sync.Verified:
		return green
	case sync.Failed, sync.Stale:
		return red
	case sync.Accepted, sync.Withheld:
		return yellow
	}
	return plain
}

func right(s string) string { return text.PaddedLeft(s, columnWidth) }

// statesSum adds up the states that occur.
func statesSum(t *sync.Tally) string {
	var parts []string
	for _, state := range sync.States {
		if n := *t.State(state); n > 0 {
			parts = append(parts, string(state)+" "+text.Number(n))
		}
	}
	return strings.Join(parts, " + ")
}

// requests says what the run cost the API.
func (p *printer) requests(r sync.Requests) {
	paused := time.Duration(r.PausedMS) * time.Millisecond
	p.text(0, "Requests: %s sent, %s throttled, %s retried, paused for %s.",
		text.Number(r.Total), text.Number(r.Throttled), text.Number(r.Retried), brief(paused))
}

// brief is a duration to the digits that matter.
func brief(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
