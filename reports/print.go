package reports

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"accountsync/internal/text"
	"accountsync/sync"
)

// Options say how a terminal report looks.
type Options struct {
	Width   int    // columns of the terminal; 0: lines are as long as they need, for pipes and files
	Color   bool   // colour what has a word of its own anyway
	Verbose bool   // show every operation and row instead of the first few
	Cost    string // what carrying out the plan takes, in words, e.g. "16 requests, at least 2 s under 100/10s"
	EndSaid bool   // what ended the run early is said elsewhere on the same screen
	Show    string // the command that shows one account's part of it whole, e.g. "accountsync show last KEY"
}

// The caps of terminal reports, lifted by Verbose where they cap lists.
const (
	listed     = 20  // items of one kind
	valueWidth = 40  // cells of one value
	longest    = 400 // cells of one message
	minWidth   = 20  // narrower terminals are written for as if they had this width
)

// style is an ANSI colour. A word always says the same.
type style string

const (
	plain  style = ""
	bold   style = "1"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// span is a piece of a line that is not broken.
type span struct {
	text  string
	style style
}

// words are the words of a text, each a span, in one style.
func words(s style, format string, args ...any) []span {
	var spans []span
	for _, w := range strings.Split(fmt.Sprintf(format, args...), " ") {
		spans = append(spans, span{w, s})
	}
	return spans
}

// printer writes lines wrapped to the terminal. Its first error stays in the
// bufio.Writer until it is flushed.
type printer struct {
	ctx   context.Context
	err   error // of reading the record
	w     *bufio.Writer
	opt   Options
	width int
	lines int // written so far, blank ones left out
}

func newPrinter(ctx context.Context, w io.Writer, opt Options) *printer {
	p := &printer{ctx: ctx, w: bufio.NewWriter(w), opt: opt, width: max(minWidth, opt.Width)}
	if opt.Width <= 0 {
		p.width = math.MaxInt
	}
	return p
}

// valueWidth is the most cells one value may take here.
func (p *printer) valueWidth() int { return min(valueWidth, p.width/2) }

// limit is how many of n items of one kind are shown.
func (p *printer) limit(n int) int {
	if p.opt.Verbose {
		return n
	}
	return min(n, listed)
}

// more says how many of n items were left out, and where they are.
func (p *printer) more(indent, n int, file string) {
	if left := n - p.limit(n); left > 0 {
		p.line(indent, words(plain, "and %s more, see %s", text.Number(left), file)...)
	}
}

// end flushes what was written, and says what went wrong first.
func (p *printer) end() error { return cmp.Or(p.err, p.w.Flush()) }

// operations calls each with the first n operations that pass the filter and are
// wanted. An error of the record ends them, and is kept.
func (p *printer) operations(r *Run, f sync.Filter, n int, wanted func(*sync.Operation) bool, each func(*sync.Operation)) {
	for op, err := range r.matching(p.ctx, f, n, wanted) {
		if err != nil {
			p.err = cmp.Or(p.err, err)
			return
		}
		each(op)
	}
}

func (p *printer) blank() { p.w.WriteByte('\n') }

// text writes a sentence.
func (p *printer) text(indent int, format string, args ...any) {
	p.line(indent, words(plain, format, args...)...)
}

// line writes the spans with a space between them, from column indent on; what
// does not fit goes on in lines indented by four more.
func (p *printer) line(indent int, spans ...span) {
	column := p.indent(indent)
	for i, s := range spans {
		width := text.Width(s.text)
		if i > 0 && column+1+width > p.width {
			p.blank()
			column = p.indent(indent + 4)
		} else if i > 0 {
			p.w.WriteByte(' ')
			column++
		}
		p.paint(s)
		column += width
	}
	p.blank()
	p.lines++
}

// cells writes the spans side by side.
func (p *printer) cells(indent int, spans ...span) {
	p.indent(indent)
	for _, s := range spans {
		p.paint(s)
	}
	p.blank()
	p.lines++
}

// section writes a blank line after what it writes, if that is anything.
func (p *printer) section(write func()) {
	before := p.lines
	write()
	if p.lines > before {
		p.blank()
	}
}

func (p *printer) indent(n int) int {
	p.w.WriteString(strings.Repeat(" ", n))
	return n
}

func (p *printer) paint(s span) {
	if !p.opt.Color || s.style == plain {
		p.w.WriteString(s.text)
		return
	}
	fmt.Fprintf(p.w, "\x1b[%sm%s\x1b[0m", s.style, s.text)
}

// message is what somebody said: an error, a reason, a note.
func message(s string) string { return text.Clip(s, longest) }

// lineText names a line of the input, as editors do: without separators; or a
// row of a workbook's sheet.
func lineText(in sync.Input, n int) string {
	if in.Sheet != "" {
		return fmt.Sprintf("%s!%d", text.Visible(in.Sheet), n)
	}
	return fmt.Sprintf("line %d", n)
}

// lineCell names it in a column of lines; "" for none.
func lineCell(in sync.Input, n int) string {
	switch {
	case n == 0:
		return ""
	case in.Sheet != "":
		return lineText(in, n)
	}
	return strconv.Itoa(n)
}
