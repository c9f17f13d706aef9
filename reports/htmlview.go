package reports

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// The caps of the page. Everything is among its data and in result.csv.
const (
	listedInPage = 100 // lines of one list, and of the operations shown without a script
	valueInPage  = 300 // cells of one value
)

// page is what the templates show: a result, sorted for reading.
type page struct {
	*sync.Result
	Nonce      string
	Style      template.CSS
	Script     template.JS
	Policy     string
	Verdict    verdict
	Sources    []*sourceView
	Several    bool // sources
	Operations int
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

func newPage(r *sync.Result, nonce string) (*page, error) {
	p := &page{Result: r, Nonce: nonce, Policy: strings.ReplaceAll(policy, "%[1]s", nonce), Verdict: verdictOf(r), Several: len(r.Sources) > 1,
		Style: template.CSS(asset("report.css")), Script: template.JS(asset("report.js"))}
	next := 1
	for i, s := range r.Sources {
		view := newSourceView(i, s, next, r.Settings)
		p.Sources = append(p.Sources, view)
		next += len(s.Operations)
		for _, op := range view.ops[:min(len(view.ops), listedInPage-len(p.First))] {
			p.First = append(p.First, op.open())
		}
	}
	p.Operations = next - 1
	p.picks()
	p.Attributes = touchedAttributes(r)
	var err error
	p.Timeline, err = newTimelineView(r)
	return p, err
}

// picks counts the operations by kind and by state.
func (p *page) picks() {
	rows, sum := tallyRows(sumTotals(p.Result))
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
func (p *page) Took() string  { return brief(p.Finished.Sub(p.Started)) }
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
func (p *page) Done() string        { return doneSentence(p.Result) }
func (p *page) ErrorFirst() string  { return firstLine(p.Error) }
func (p *page) ErrorMore() []string { return furtherLines(p.Error) }
func (p *page) Hints() []string     { return lines(p.Hint) }

// More is how many operations are not among the first.
func (p *page) More() int { return p.Operations - len(p.First) }

// sourceView is one source's part of the page.
type sourceView struct {
	*sync.Source
	Name       string
	ID         int // in addresses within the page
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
	ops        []*opView
}

func newSourceView(id int, s *sync.Source, first int, settings []sync.Setting) *sourceView {
	v := &sourceView{Source: s, ID: id, Name: visible(sourceName(s)), ops: make([]*opView, len(s.Operations))}
	for i, op := range s.Operations {
		v.ops[i] = &opView{Operation: op, Number: first + i}
	}
	rows, sum := tallyRows(&s.Totals)
	v.Balance, v.Sum = rows, tallyRow{"total", sum}
	v.rowTerms()
	v.guards(settings)
	v.unsettled()
	v.withheld()
	v.removals()
	v.attributes()
	return v
}

// HasRows reports whether there was an input: an undo has none.
func (v *sourceView) HasRows() bool { return v.Input.File != "" }

// Listed reports whether the live accounts were listed.
func (v *sourceView) Listed() bool { return v.Listing.Tries > 0 || v.Listing.Pages > 0 }

// RejectedShown are the rejected rows that the page lists, RejectedMore counts the rest.
func (v *sourceView) RejectedShown() []account.Rejected {
	return v.Rejected[:min(len(v.Rejected), listedInPage)]
}

func (v *sourceView) RejectedMore() int { return max(0, len(v.Rejected)-listedInPage) }

// Calm reports whether nothing needs a human.
func (v *sourceView) Calm() bool {
	return len(v.Unsettled) == 0 && len(v.Withheld) == 0 && len(v.Rejected) == 0
}

// Header is the header of the input where it is known.
func (v *sourceView) Header() []string {
	if v.Input.Columns == nil && v.Table != nil {
		return v.Table.Header()
	}
	return v.Input.Columns
}
