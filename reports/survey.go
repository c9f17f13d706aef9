package reports

import (
	"cmp"
	"context"
	"slices"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// survey is what reports say of the operations of a run as a whole, found in
// one pass: counts, and the first few of what needs a look.
type survey struct {
	*outline
	rest      string                  // see Run
	unsettled map[sync.State]*excerpt // failed, stale or not seen
	withheld  map[string]*withheld    // by reason
	reasons   map[diff.Op]*reason
	marked    excerpt // removals that take an account from somebody
	unmarked  excerpt // the other removals
	moved     excerpt // accounts that go to another identity
	// removalReason is the one that all removals have.
	removalReason *reason
	warned        map[diff.Warning]int
	attributes    map[string]*attributeChange // of accounts that are there before and after
	touched       map[string]int              // how many operations change an attribute
	rejected      []account.Rejected          // the first of the rejected rows
	rejects       int                         // how many rejected rows there are
	causes        []*cause                    // why they are rejected, the first of them first
}

// excerpt is a number of operations, and the first of them.
type excerpt struct {
	ops   []*sync.Operation
	count int
}

func (s *excerpt) add(op *sync.Operation) {
	if s.count++; len(s.ops) < listed {
		s.ops = append(s.ops, op)
	}
}

// reason is the one that all operations of a kind have, "" when they differ.
type reason struct {
	text   string
	differ bool
}

// maxReasons bounds the reasons that are told apart.
const maxReasons = 10_000

func newSurvey(o *outline) *survey {
	s := &survey{outline: o, unsettled: map[sync.State]*excerpt{}, withheld: map[string]*withheld{}, reasons: map[diff.Op]*reason{},
		warned: map[diff.Warning]int{}, attributes: map[string]*attributeChange{}, touched: map[string]int{}}
	for _, state := range lookStates {
		s.unsettled[state] = new(excerpt)
	}
	return s
}

// lookStates are the states of operations that may need a look.
var lookStates = []sync.State{sync.Failed, sync.Stale, sync.Accepted}

// survey looks at all operations, once; at none where their reports are for later.
func (r *Run) survey(ctx context.Context) (*survey, error) {
	if r.found != nil {
		return r.found, nil
	}
	o, err := r.outline(ctx)
	if err != nil {
		return nil, err
	}
	s := newSurvey(o)
	if s.rest = r.Rest; s.rest != "" {
		return s, s.finish(ctx, r)
	}
	for op, err := range r.Operations(ctx, sync.Filter{}) {
		if err != nil {
			return nil, err
		}
		s.add(op)
	}
	return s, s.finish(ctx, r)
}

// add takes one operation.
func (s *survey) add(op *sync.Operation) {
	if in := s.unsettled[op.State]; in != nil && !op.Settled() {
		in.add(op)
	}
	text := reasonText(op)
	if op.State == sync.Withheld {
		s.withhold(op, text)
	}
	if shared := s.reasons[op.Op]; shared == nil {
		s.reasons[op.Op] = &reason{text: text}
	} else if shared.text != text {
		shared.text, shared.differ = "", true
	}
	if s.leaves(op.State, op.Reason.Code) { // and is said as such
		for _, f := range op.Changes {
			s.touched[f.Attribute]++
		}
		return
	}
	if op.Removal() {
		if s.removalReason == nil {
			s.removalReason = &reason{text: text}
		} else if s.removalReason.text != text {
			s.removalReason.differ = true
		}
	}
	if slices.ContainsFunc(op.Changes, func(f diff.Field) bool { return f.Attribute == account.IdentityIDColumn }) {
		s.moved.add(op)
	}
	switch {
	case !op.Removal():
	case identityMark(op) != "":
		s.marked.add(op)
	default:
		s.unmarked.add(op)
	}
	for _, w := range op.Warnings {
		s.warned[w]++
	}
	s.fields(op)
}

// withheld are the operations that were not sent for one reason.
type withheld struct {
	excerpt
	coded int // of them: for a reason; the others are planned
}

// withhold takes an operation that was not sent.
func (s *survey) withhold(op *sync.Operation, text string) {
	found := s.withheld[text]
	if found == nil {
		if len(s.withheld) == maxReasons {
			return
		}
		found = new(withheld)
		s.withheld[text] = found
	}
	if op.Reason.Code != "" {
		found.coded++
	}
	if len(s.withheld) > listedInPage {
		found.count++ // its operations are not listed
		return
	}
	found.add(op)
}

// withheldCounts are how many operations were not sent for each reason.
func (s *survey) withheldCounts() map[string]int {
	counts := make(map[string]int, len(s.withheld))
	for why, found := range s.withheld {
		counts[why] = found.count
	}
	return counts
}

// fields counts the attributes that the operation changes.
func (s *survey) fields(op *sync.Operation) {
	for _, f := range op.Changes {
		s.touched[f.Attribute]++
		if op.Op != diff.Put && op.Op != diff.Patch {
			continue
		}
		a := s.attributes[f.Attribute]
		if a == nil {
			a = &attributeChange{Name: f.Attribute}
			s.attributes[f.Attribute] = a
		}
		a.count(f)
	}
}

// finish looks at the rejected rows, and keeps the survey with its run.
func (s *survey) finish(ctx context.Context, r *Run) error {
	for row, err := range r.Rejected(ctx) {
		if err != nil {
			return err
		}
		if s.rejects++; len(s.rejected) < listedInPage {
			s.rejected = append(s.rejected, row)
		}
		s.reject(row)
	}
	r.found = s
	return nil
}

// cause is why rows are rejected, with the first few of them.
type cause struct {
	reason string
	rows   []account.Rejected
	count  int
}

// many reports whether so many rows have the cause that it is said once.
func (c *cause) many() bool { return c.count > examples }

// examples is how many rows of one cause are named where there are more.
const examples = 3

// reject counts a rejected row to those of its cause.
func (s *survey) reject(row account.Rejected) {
	c := s.cause(row.Reason)
	if c == nil {
		if len(s.causes) == listedInPage {
			return
		}
		c = &cause{reason: row.Reason}
		s.causes = append(s.causes, c)
	}
	if c.count++; len(c.rows) < examples {
		c.rows = append(c.rows, row)
	}
}

// cause is the cause of this reason, nil where it is not one of the first.
func (s *survey) cause(reason string) *cause {
	i := slices.IndexFunc(s.causes, func(c *cause) bool { return c.reason == reason })
	if i < 0 {
		return nil
	}
	return s.causes[i]
}

// attributeChange is how often the operations change one attribute.
type attributeChange struct {
	Name    string
	Changed int // all of them
	Added   int // of those: it had no value before
	Cleared int // of those: it has no value after
}

// changedAttributes are the attributes of accounts that are there before and
// after, the one that changes most first, equal ones by name.
func (s *survey) changedAttributes() []*attributeChange {
	all := make([]*attributeChange, 0, len(s.attributes))
	for _, a := range s.attributes {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *attributeChange) int {
		return cmp.Or(cmp.Compare(b.Changed, a.Changed), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (a *attributeChange) count(f diff.Field) {
	a.Changed++
	switch before, after := f.Before.IsEmpty(), f.After.IsEmpty(); {
	case before && !after:
		a.Added++
	case after && !before:
		a.Cleared++
	}
}
