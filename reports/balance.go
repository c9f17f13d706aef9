package reports

import (
	"fmt"
	"strings"

	"accountsync/internal/text"
	"accountsync/sync"
)

// balance shows the two equations of a run with their numbers.
func (p *printer) balance(s *sync.Head) {
	if s.Input.File != "" { // an undo has no rows
		p.equation("rows", s.Input.Rows, rowTerms(s))
	}
	_, sum := tallyRows(&s.Totals)
	var terms []term
	for _, state := range sync.States {
		terms = append(terms, term{string(state), *sum.State(state)})
	}
	p.equation("planned", sum.Planned, terms)
}

// term is one number of an equation.
type term struct {
	name string
	n    int
}

// rowTerms are what the rows of the input became. Rows that only change an
// account's state appear where there are any.
func rowTerms(s *sync.Head) []term {
	t := &s.Totals
	terms := []term{{"unchanged", t.Kept}, {"create", t.Create.Planned}, {"put", t.Put.Planned}}
	if t.StateOnly > 0 {
		terms = append(terms, term{"state only", t.StateOnly})
	}
	return append(terms, term{"rejected", t.Rejected})
}

func (p *printer) equation(name string, sum int, terms []term) {
	var parts []string
	rest := sum
	for _, t := range terms {
		parts = append(parts, t.name+" "+text.Number(t.n))
		rest -= t.n
	}
	sentence := fmt.Sprintf("%s %s = %s", name, text.Number(sum), strings.Join(parts, " + "))
	if rest == 0 {
		p.text(2, "%s", sentence)
		return
	}
	p.line(2, words(red, "%s is off by %s (bug)", sentence, text.Number(rest))...)
}
