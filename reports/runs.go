package reports

import (
	"bufio"
	"context"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"accountsync/internal/text"
	"accountsync/sync"
)

// Row is one source's part of a past run in a list of runs.
type Row struct {
	Run       string       `json:"run"`
	Command   string       `json:"command"`
	Tenant    string       `json:"tenant"`
	SourceID  string       `json:"source_id"`
	Source    string       `json:"source"`
	Outcome   sync.Outcome `json:"outcome"`
	ExitCode  int          `json:"exit_code"` // 0 while the run has not ended
	Started   time.Time    `json:"started"`
	Finished  time.Time    `json:"finished,omitzero"` // zero while the run has not ended
	Totals    sync.Totals  `json:"totals"`
	Approved  []string     `json:"approved_by,omitempty"`
	Resumable bool         `json:"resumable"` // something is left that a resume could finish
}

// RunsJSON writes a list of past runs as a JSON array, one a line, the order kept.
func RunsJSON(w io.Writer, rows []Row) error {
	out := bufio.NewWriter(w)
	separator := "["
	for _, r := range rows {
		line, err := json.Marshal(r, jsonOptions)
		if err != nil {
			return err
		}
		out.WriteString(separator + "\n")
		out.Write(line)
		separator = ","
	}
	if len(rows) > 0 {
		separator = "\n"
	}
	out.WriteString(separator + "]\n")
	return out.Flush()
}

// Runs writes a list of past runs, one a line, the order kept. Where the
// terminal is too narrow for that, each becomes a few lines.
func Runs(w io.Writer, rows []Row, opt Options) error {
	p := newPrinter(context.Background(), w, opt)
	columns := columnsOf(rows)
	switch {
	case len(rows) == 0:
		p.text(0, "No runs are on record.")
	case tableCells(columns) <= p.width:
		p.runTable(columns, rows)
	default:
		p.runTexts(rows)
	}
	for _, r := range rows {
		if r.Resumable {
			p.text(0, "One that can be resumed is finished by: accountsync resume RUN")
			break
		}
	}
	return p.w.Flush()
}

func (p *printer) runTable(columns []runColumn, rows []Row) {
	heads := make([]span, len(columns))
	for i, c := range columns {
		heads[i] = span{c.head, bold}
	}
	p.runLine(columns, heads)
	for _, r := range rows {
		cells := make([]span, len(columns))
		for i, c := range columns {
			cells[i] = c.cell(r)
		}
		p.runLine(columns, cells)
	}
}

// runLine writes one line of the table, with nothing behind its last cell.
func (p *printer) runLine(columns []runColumn, cells []span) {
	for cells[len(cells)-1].text == "" {
		cells = cells[:len(cells)-1]
	}
	for i := range cells {
		switch {
		case columns[i].number:
			cells[i].text = text.PaddedLeft(cells[i].text, columns[i].width)
		case i < len(cells)-1:
			cells[i].text = text.Padded(cells[i].text, columns[i].width)
		}
		if i < len(cells)-1 {
			cells[i].text += strings.Repeat(" ", gap)
		}
	}
	p.cells(0, cells...)
}

// runTexts writes each run as a few lines, what its sources have in common once.
func (p *printer) runTexts(rows []Row) {
	for i, r := range rows {
		if i == 0 || rows[i-1].Run != r.Run || rows[i-1].Tenant != r.Tenant {
			p.line(0, append(words(bold, "%s", text.Visible(r.Run)), words(plain, "%s", text.Visible(r.Command))...)...)
			p.text(2, "%s UTC, took %s", r.Started.UTC().Format("2006-01-02 15:04"), took(r))
		}
		p.text(2, "%s", text.Clip(r.Source, valueWidth))
		p.line(4, append([]span{{text.Visible(string(r.Outcome)) + ",", outcomeStyle(r.Outcome)}}, didTexts(r)...)...)
		if note := noteText(r); note != "" {
			p.line(4, words(yellow, "%s", note)...)
		}
	}
}

// didTexts is how a run ended, what it did and left undone, each with its name.
func didTexts(r Row) []span {
	spans := []span{{"exit " + exitText(r), plain}}
	for _, c := range countColumns() {
		if cell := c.cell(r); c.head != "" && cell.text != "" && cell.text != "-" {
			spans[len(spans)-1].text += ","
			spans = append(spans, span{strings.ToLower(c.head) + " " + cell.text, cell.style})
		}
	}
	return spans
}
