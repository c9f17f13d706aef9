// Package page is the report that opens in a browser: one file that loads
// nothing and sends nothing. It knows no run. Whoever fills a Page in has made
// every text of it so that it cannot act; page lays them out.
package page

import (
	"bufio"
	"crypto/rand"
	"embed"
	"html/template"
	"io"
	"strings"
	"sync"

	"accountsync/internal/text"
)

// Page is what the report shows.
type Page struct {
	Title   string // of the window
	Command string
	Run     string
	Version string
	Plan    bool // it is a plan's: operations can be marked as left out
	Verdict Verdict
	States  Bar // of the operations; of a plan the operations themselves
	Facts   []Fact
	Masked  []string // attributes whose values are masked
	Next    Next     // the command to type next, if there is one

	Look       []Item // what somebody has to look at, the worst first
	Removals   Removals
	Attributes []Attribute
	Operations *Operations
	Books      *Books // nil: the run ended before it knew its source
	Guards     []Guard
	Flags      string // what would let a plan past the guards that blocked it
	Requests   Requests
	Inputs     []Section
	Given      []Setting // settings that somebody made
	Defaults   []Setting // the others
}

// Verdict is how the run ended, in words.
type Verdict struct {
	Level  string // good, look or bad
	Symbol string
	Title  string
	Exit   int
	Lead   string   // what was done, in counts, and what that means
	Error  []string // what ended it early, a line each
	Hints  []string // what to do about it
}

// Next is a command to type, and what it does.
type Next struct{ Text, Command string }

// Fact is a name and what is known of it. Code is shown as such.
type Fact struct{ Name, Text, Code string }

// Section is a list of facts under a heading.
type Section struct {
	Title string
	Facts []Fact
}

// Bar is a whole and its parts, drawn side by side.
type Bar struct {
	Spoken string // what it shows, in a sentence
	Parts  []Part
}

// Part is one part of a bar.
type Part struct {
	Name, Symbol, Class string
	Count               int
	Link                string // of the operations it counts
	X, Width            float64
}

// NewBar lays the parts of a whole out on 1000 units, so that the smallest can
// still be seen. Parts without a count are left out.
func NewBar(spoken string, parts []Part) Bar {
	const width, least = 1000.0, 8.0
	b := Bar{Spoken: spoken}
	total := 0
	for _, p := range parts {
		if p.Count > 0 {
			total += p.Count
			b.Parts = append(b.Parts, p)
		}
	}
	rest, x := width-least*float64(len(b.Parts)), 0.0
	for i := range b.Parts {
		p := &b.Parts[i]
		p.X, p.Width = x, least+rest*float64(p.Count)/float64(total)
		x += p.Width
	}
	return b
}

// Item is one thing to look at.
type Item struct {
	Level   string // bad, look or held
	Symbol  string
	Title   string
	Text    string
	Command string // a flag or a command that goes with it
	Count   int    // of what it is about, 0 where that is not counted
	Noun    string // what is counted
	Link    string // the filter that shows all of them
	Columns Columns
	Lines   []Line // the first of them
}

// More is how many are not among the lines.
func (i Item) More() int { return max(0, i.Count-len(i.Lines)) }

// Columns says which columns lines have beside the account.
type Columns struct{ Op, State, Row, Identity, Takes, Why bool }

// Line is an operation, or a row, in a list.
type Line struct {
	Number   int // of the operation on the page, 0 when the page does not hold it
	Key      string
	Name     string
	Op       string
	Symbol   string
	State    string
	Row      string // line of the input, or row of its sheet
	Identity string
	Marked   bool // the identity is active, or not known to be inactive
	Takes    []Change
	Why      string
}

// Removals are the accounts that are taken away.
type Removals struct {
	Count  int
	Marked int
	Reason string // the one that all of them have
	Link   string
	Lines  []Line
	Why    bool // the lines have reasons of their own
}

// More is how many are not among the lines.
func (r Removals) More() int { return r.Count - len(r.Lines) }

// Attribute is how often one attribute changes.
type Attribute struct {
	Name                    string
	Changed, Added, Cleared int
	Width                   int // of its bar, of 100
}

// Books are the proof that every row and every operation is accounted for.
type Books struct {
	States   []State // the columns
	Rows     []Tally
	Sum      Tally
	HasInput bool
	Records  int // rows of the input
	Terms    []Term
	Off      int // what the rows are off by: 0, or a bug
	Orphans  int
	Notes    []string
}

// State is a state of operations, with the symbol that stands beside its word.
type State struct{ Name, Symbol string }

// Tally is one line of the books.
type Tally struct {
	Name    string
	Planned int
	LeftOut int   // of them, by a plan
	Counts  []int // by state
	Off     int   // what they are off by: 0, or a bug
}

// Term is one number of an equation.
type Term struct {
	Name  string
	Count int
}

// Guard is a limit that the plan was held against.
type Guard struct {
	Name, About    string
	Planned, Limit int
	Verdict        string // within, bypassed or blocked
	By, Origin     string // the flag that let the plan past, and where it came from
}

// Requests says what the run asked of the API.
type Requests struct {
	Facts  []Fact
	Chart  *Chart
	Events []Event
	More   int // events beyond those listed
}

// Event is a stretch in which requests were refused or paused.
type Event struct {
	At, For           string
	Requests, Refused int64
	Paused            string
}

// Setting is one setting of the run.
type Setting struct{ Name, Value, Origin string }

//go:embed *.html report.css report.js
var files embed.FS

// policy lets nothing into the page but its own style and script, and nothing
// out of it.
const policy = "default-src 'none'; script-src 'nonce-%[1]s'; style-src 'nonce-%[1]s'; base-uri 'none'; form-action 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// roles keep tables tables for those who hear them: where the page is narrow
// they are laid out as cards, which takes their own roles away.
var roles = strings.NewReplacer("<table", `<table role="table"`, "<thead", `<thead role="rowgroup"`, "<tbody", `<tbody role="rowgroup"`, "<tfoot", `<tfoot role="rowgroup"`,
	"<tr", `<tr role="row"`, `<th scope="col"`, `<th role="columnheader" scope="col"`, `<th scope="row"`, `<th role="rowheader" scope="row"`, "<td", `<td role="cell"`)

// templates are parsed when they are first used: most commands write no page.
var templates = sync.OnceValue(parse)

// parse reads the parts of the page: "begin" ends where the data of the
// operations stands in it, "end" goes on behind it.
func parse() *template.Template {
	t := template.New("").Funcs(template.FuncMap{
		"number":   text.Number[int],
		"number64": text.Number[int64],
		"counted":  text.Counted[int],
		"tallyOf": func(b *Books, t Tally, plan bool) tallyView {
			return tallyView{t, b.States, plan, t.Name == b.Sum.Name, b.Sum.LeftOut > 0}
		},
	})
	names, err := files.ReadDir(".")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, f := range names {
		if strings.HasSuffix(f.Name(), ".html") {
			template.Must(t.Parse(roles.Replace(asset(f.Name()))))
		}
	}
	return t
}

// tallyView is a line of the books with what its template needs of the others.
type tallyView struct {
	Tally
	States      []State
	Plan, Total bool
	Leaves      bool // something is left out
}

// asset is a file of the page as it was built into the program.
func asset(name string) string {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(content)
}

// Nonce is a text that marks the page's own style and script. It is another one
// each time.
func Nonce() string { return rand.Text() }

// view is the page and what belongs to no run.
type view struct {
	*Page
	Nonce, Policy string
	Style         template.CSS
	Script        template.JS
}

// Write writes the page. The operations stand in it as data, so that twenty
// thousand of them cost the page no more elements than a hundred.
func Write(out io.Writer, p *Page, nonce string) error {
	w := bufio.NewWriterSize(out, 64<<10)
	v := view{p, nonce, strings.ReplaceAll(policy, "%[1]s", nonce), template.CSS(asset("report.css")), template.JS(asset("report.js"))}
	if err := templates().ExecuteTemplate(w, "begin", v); err != nil {
		return err
	}
	if p.Operations != nil {
		if err := p.Operations.write(w); err != nil {
			return err
		}
	}
	if err := templates().ExecuteTemplate(w, "end", v); err != nil {
		return err
	}
	return w.Flush()
}
