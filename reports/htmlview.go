package reports

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// The caps of the page. Everything is among its data and in result.csv.
const (
	listedInPage = 100 // lines of one list, and of the operations shown without a script
	valueInPage  = 300 // cells of one value
)

// page is what the templates show: a run, sorted for reading.
type page struct {
	*outline
	Schema     string
	Nonce      string
	Style      template.CSS
	Script     template.JS
	Policy     string
	Verdict    verdict
	Sources    []*sourceView // one, or none when the run ended before it knew its source
	Operations int
	Held       int // of them: on the page
	First      []*opView
	Ops        []pick
	States     []pick
	Attributes []*attributeChange // of all operations, to choose from
	Timeline   *timelineView
}

// pick is a choice of the filters with how many operations it shows.
type pick struct {
	Name, Sign string
	Count      int
}

func newPage(r *Run, s *survey, data *pageData, nonce string) (*page, error) {
	p := &page{outline: s.outline, Schema: ResultSchema, Nonce: nonce, Policy: strings.ReplaceAll(policy, "%[1]s", nonce), Verdict: verdictOf(s.Head),
		Style: template.CSS(asset("report.css")), Script: template.JS(asset("report.js")), Operations: s.operations, Held: data.size}
	numbers := map[int64]int{}
	for i, op := range data.operations() {
		numbers[op.place] = i + 1
		if len(p.First) < listedInPage {
			p.First = append(p.First, (&opView{Operation: op.op, Number: i + 1}).open())
		}
	}
	if known(s.Head) {
		p.Sources = append(p.Sources, newSourceView(r, s, numbers))
	}
	p.picks()
	p.Attributes = s.touchedAttributes()
	var err error
	p.Timeline, err = newTimelineView(s.Head)
	return p, err
}

// picks counts the operations by kind and by state.
func (p *page) picks() {
	rows, sum := tallyRows(&p.Totals)
	for _, row := range rows {
		p.Ops = append(p.Ops, pick{row.name, opSign(diff.Op(row.name)), row.Planned})
	}
	for _, state := range sync.States {
		if n := *sum.State(state); n > 0 {
			p.States = append(p.States, pick{string(state), stateSigns[state], n})
		}
	}
}

// Took is how long the run lasted; Start says when it began.
func (p *page) Took() string  { return brief(p.took()) }
func (p *page) Start() string { return p.Started.UTC().Format("2 January 2006, 15:04:05 UTC") }
func (p *page) Moment() string {
	return p.Started.UTC().Format(time.RFC3339)
}

// Paused is for how long nobody could send.
func (p *page) Paused() string { return brief(time.Duration(p.Requests.PausedMS) * time.Millisecond) }

// Given are the settings that somebody made, Defaults the others.
func (p *page) Given() []sync.Setting {
	return slices.DeleteFunc(slices.Clone(p.Settings), func(s sync.Setting) bool { return s.Origin == byDefault })
}

func (p *page) Defaults() []sync.Setting {
	return slices.DeleteFunc(slices.Clone(p.Settings), func(s sync.Setting) bool { return s.Origin != byDefault })
}

// byDefault is the origin of a setting that nobody made.
const byDefault = "default"

// Done says what was done, ErrorFirst and ErrorMore what ended the run early,
// Hints what to do about it.
func (p *page) Done() string        { return p.doneSentence() }
func (p *page) ErrorFirst() string  { return firstLine(p.Error) }
func (p *page) ErrorMore() []string { return furtherLines(p.Error) }
func (p *page) Hints() []string     { return lines(p.Hint) }

// More is how many operations of the page are not among the first, Left how
// many of the run are not on the page.
func (p *page) More() int { return p.Held - len(p.First) }
func (p *page) Left() int { return p.Operations - p.Held }

// sourceView is the source's part of the page.
type sourceView struct {
	*survey
	Name       string
	Balance    []tallyRow
	Sum        tallyRow
	RowTerms   []termView
	RowsOff    int // what the rows are off by: 0, or a bug
	Guards     []guardView
	Flags      string // what would let a plan past the guards that said no
	Unsettled  []group
	Withheld   []reasonView
	Reasons    int // of withheld operations beyond those listed
	Removals   group
	Marked     int // removals that take an account from somebody
	Attributes []attributeView
	table      account.Table
	numbers    map[int64]int // of operations on the page, by place
}

func newSourceView(r *Run, s *survey, numbers map[int64]int) *sourceView {
	v := &sourceView{survey: s, Name: text.Visible(sourceName(s.Head)), table: r.Table, numbers: numbers}
	rows, sum := tallyRows(&s.Totals)
	v.Balance, v.Sum = rows, tallyRow{"total", sum}
	v.rowTerms()
	v.guards(s.Settings)
	v.unsettled()
	v.withheld()
	v.removals()
	v.attributes()
	return v
}

// views are operations as the page lists them.
func (v *sourceView) views(ops []*sync.Operation) []*opView {
	var all []*opView
	for _, op := range ops {
		all = append(all, &opView{Operation: op, Number: v.numbers[op.Row.Place]})
	}
	return all
}

// HasRows reports whether there was an input: an undo has none.
func (v *sourceView) HasRows() bool { return v.Input.File != "" }

// Listed reports whether the live accounts were listed.
func (v *sourceView) Listed() bool { return v.Listing.Tries > 0 || v.Listing.Pages > 0 }

// RejectedShown are the rejected rows that the page lists, RejectedMore counts
// the rest.
func (v *sourceView) RejectedShown() []account.Rejected { return v.rejected }
func (v *sourceView) RejectedMore() int                 { return v.rejects - len(v.rejected) }

// Rejects counts the rejected rows.
func (v *sourceView) Rejects() int { return v.rejects }

// Calm reports whether nothing needs a human.
func (v *sourceView) Calm() bool {
	return len(v.Unsettled) == 0 && len(v.Withheld) == 0 && v.rejects == 0
}

// Header is the header of the input where it is known.
func (v *sourceView) Header() []string {
	if v.Input.Columns == nil && v.table != nil {
		return v.table.Header()
	}
	return v.Input.Columns
}
