package reports

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/reports/page"
	"accountsync/sync"
)

// ReportHTML is the name of the report that opens in a browser.
const ReportHTML = "report.html"

// listedInPage caps lists of the page that stand nowhere else in it.
const listedInPage = 100

// writeHTML writes what report.html holds.
func writeHTML(ctx context.Context, out io.Writer, r *Run) error {
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	s, data := newSurvey(o), newPageData(o)
	err = r.pass(ctx, data.operation, func(op *sync.Operation, _ *sync.Line) error { s.add(op); return nil })
	if err == nil {
		err = s.finish(ctx, r)
	}
	if err != nil {
		return err
	}
	return page.Write(out, newPage(r, s, data), page.Nonce())
}

// newPage fills the page in, every text as it is shown.
func newPage(r *Run, s *survey, data *pageData) *page.Page {
	v := s.verdict()
	p := &page.Page{
		Title:   fmt.Sprintf("accountsync report %s: %s, exit %d", text.Visible(s.Run), text.Visible(string(s.Outcome)), s.ExitCode),
		Command: text.Visible(s.Command), Run: text.Visible(s.Run), Version: text.Visible(s.Version), Plan: s.plan(),
		Verdict: page.Verdict{Level: v.Level, Symbol: v.Symbol, Title: v.Title, Exit: s.ExitCode, Lead: strings.TrimSpace(s.doneSentence() + " " + v.Detail),
			Error: lines(s.Error), Hints: lines(s.Hint)},
		Next: r.next(), Requests: requestsOf(s.Head), States: s.bar(),
	}
	for _, a := range s.Redacted {
		p.Masked = append(p.Masked, text.Visible(a))
	}
	p.Facts = s.facts()
	for _, setting := range s.Settings {
		shown := page.Setting{Name: text.Visible(setting.Name), Value: message(setting.Value), Origin: text.Visible(setting.Origin)}
		if setting.Origin == byDefault {
			p.Defaults = append(p.Defaults, shown)
		} else {
			p.Given = append(p.Given, shown)
		}
	}
	numbers := data.numbers()
	if known(s.Head) {
		p.Look, p.Removals, p.Attributes, p.Books = s.pageItems(numbers), s.removals(numbers), s.pageAttributes(), s.books()
		p.Guards, p.Flags = s.pageGuards()
		p.Inputs = append(p.Inputs, s.inputs(r.Table))
	}
	p.Inputs = append(p.Inputs, page.Section{Title: "Versions", Facts: []page.Fact{{Name: "accountsync", Text: text.Visible(s.Version)}, {Name: "API", Text: text.Visible(s.API)}, {Name: "Result", Text: resultSchema}}})
	if s.operations > 0 {
		p.Operations = s.pageOperations(data, p.Next.Command)
	}
	return p
}

// byDefault is the origin of a setting that nobody made.
const byDefault = "default"

// next is the command to type next, and what it does.
func (r *Run) next() page.Next {
	if r.Next == nil {
		return page.Next{}
	}
	command := r.Next()
	if command == "" {
		return page.Next{}
	}
	says := map[string]string{
		"approve": "when the plan is as it should be, each who is to approve it signs it with their own key.",
		"apply":   "when the plan is as it should be, carry it out.", "resume": "finish what was left.", "sync": "correct what is wrong, then send the rows of failed.csv again.",
	}
	words := strings.Fields(command)
	return page.Next{Text: says[words[min(1, len(words)-1)]], Command: text.Visible(command)}
}

// facts say which run it is.
func (s *survey) facts() []page.Fact {
	facts := []page.Fact{{Name: "Tenant", Text: text.Visible(s.Tenant)}}
	if known(s.Head) {
		facts = append(facts, page.Fact{Name: "Source", Text: text.Visible(sourceName(s.Head))})
	}
	if by := approvedBy(s.Head); by != "" {
		facts = append(facts, page.Fact{Name: "Approved by", Text: by})
	}
	return append(facts, page.Fact{Name: "Run", Code: text.Visible(s.Run)}, page.Fact{Name: "Started", Text: s.Started.UTC().Format("2 January 2006, 15:04:05 UTC")},
		page.Fact{Name: "Took", Text: brief(s.took())}, page.Fact{Name: "Requests", Text: text.Number(s.Requests.Total)})
}

// bar shows the operations by state; of a plan, where all are planned, by kind,
// and those that the rules leave out as a part of their own.
func (s *survey) bar() page.Bar {
	rows, sum := tallyRows(&s.Totals)
	var parts []page.Part
	if s.plan() {
		for _, row := range rows {
			op := diff.Op(row.name)
			parts = append(parts, page.Part{Name: "to " + toBe(op), Symbol: opSymbol(op), Class: text.Visible(row.name), Count: row.Planned - s.leftOut[op], Link: s.planned("#op="+row.name, op)})
		}
		parts = append(parts, page.Part{Name: "left out", Symbol: stateSymbols[sync.Withheld], Class: string(sync.Withheld), Count: s.leftOutSum(), Link: "#state=" + url.QueryEscape(leftOutState)})
	} else {
		for _, state := range sync.States {
			parts = append(parts, page.Part{Name: string(state), Symbol: stateSymbols[state], Class: string(state), Count: *sum.State(state), Link: "#state=" + string(state)})
		}
	}
	return page.NewBar(strings.TrimSuffix(s.doneSentence(), ".")+".", parts)
}

// inputs say what the source was compared with.
func (s *survey) inputs(table account.Table) page.Section {
	in := page.Section{Title: text.Visible(sourceName(s.Head))}
	add := func(name, words, code string) {
		if words != "" || code != "" {
			in.Facts = append(in.Facts, page.Fact{Name: name, Text: words, Code: code})
		}
	}
	add("Source", strings.Join(nonEmpty(text.Visible(s.Source.Type), text.Visible(s.Source.ConnectionType)), ", "), text.Visible(s.Source.ID))
	if s.Input.File != "" {
		add("File", text.Visible(s.Input.File)+", "+rowsText(s.Input), "")
		add("SHA-256", "", text.Visible(s.Input.SHA256))
		add("Key", "", text.Visible(s.Input.Key))
		header := s.Input.Columns
		if header == nil && table != nil {
			header = table.Header()
		}
		add("Columns", "", text.Visible(strings.Join(header, ", ")))
	}
	add("Live accounts", s.listingText(), "")
	return in
}

// listingText says how complete the list of live accounts is known to be.
func (s *survey) listingText() string {
	l := s.Listing
	switch {
	case l.Tries == 0 && l.Pages == 0:
		return "not listed"
	case l.Named:
		return "looked up by name, of " + text.Counted(l.Accounts, "account") + " in all"
	}
	words := fmt.Sprintf("%s in %s; total %s before and %s after: ", text.Number(l.Accounts), text.Counted(l.Pages, "page"), total(l.TotalBefore), total(l.TotalAfter))
	if l.Proven {
		return words + "listing verified complete"
	}
	return words + "listing NOT verified complete after " + tries(l.Tries) + inBrackets(message(l.Doubt))
}

// requestsOf says what the run asked of the API.
func requestsOf(h *sync.Head) page.Requests {
	r := page.Requests{Facts: []page.Fact{{Name: "Sent", Text: text.Number(h.Requests.Total)}, {Name: "Refused (429)", Text: text.Number(h.Requests.Throttled)},
		{Name: "Sent again", Text: text.Number(h.Requests.Retried)}, {Name: "Paused by rate limiting", Text: brief(time.Duration(h.Requests.PausedMS) * time.Millisecond)}}}
	for _, c := range h.Requests.ByCode {
		name := fmt.Sprintf("Answered %d", c.Code)
		if c.Code == 0 {
			name = "Without an answer"
		}
		r.Facts = append(r.Facts, page.Fact{Name: name, Text: text.Number(c.Count)})
	}
	if l := h.Latency; l != nil {
		for _, at := range []struct {
			name string
			ms   int64
		}{{"Half answered within", l.P50MS}, {"90 % within", l.P90MS}, {"99 % within", l.P99MS}, {"Slowest", l.MaxMS}} {
			r.Facts = append(r.Facts, page.Fact{Name: at.name, Text: text.Number(at.ms) + " ms"})
		}
	}
	var stretches []page.Stretch
	for _, i := range h.Timeline {
		stretches = append(stretches, page.Stretch{At: i.At, Seconds: i.Seconds, Requests: i.Requests, Refused: i.Refused, Paused: i.PausedMS > 0})
		switch {
		case i.Refused == 0 && i.PausedMS == 0:
		case len(r.Events) == listedInPage:
			r.More++
		default:
			e := page.Event{At: page.Clock(i.At), For: text.Counted(i.Seconds, "second"), Requests: i.Requests, Refused: i.Refused}
			if i.PausedMS > 0 {
				e.Paused = brief(time.Duration(i.PausedMS) * time.Millisecond)
			}
			r.Events = append(r.Events, e)
		}
	}
	quota := 0.0
	if i := slices.IndexFunc(h.Settings, func(s sync.Setting) bool { return s.Name == "rate" }); i >= 0 {
		quota = page.Quota(h.Settings[i].Value)
	}
	r.Chart = page.NewChart(spoken(h.Timeline), stretches, quota)
	return r
}

// spoken is what the chart shows.
func spoken(timeline []sync.Interval) string {
	if len(timeline) == 0 {
		return ""
	}
	var requests, refused, paused int64
	most := 0.0
	for _, i := range timeline {
		requests, refused, paused = requests+i.Requests, refused+i.Refused, paused+i.PausedMS
		most = max(most, float64(i.Requests)/float64(max(1, i.Seconds)))
	}
	last := timeline[len(timeline)-1]
	return fmt.Sprintf("Requests a second over %s: %s in all, %.1f at most in one second; %s refused; paused by rate limiting for %s.",
		page.Clock(last.At+last.Seconds), text.Number(requests), most, text.Number(refused), brief(time.Duration(paused)*time.Millisecond))
}
