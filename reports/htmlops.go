package reports

import (
	"iter"
	"slices"
	"strings"
	"unicode"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/reports/page"
	"accountsync/sync"
)

// inPage is how many operations the page holds.
const inPage = 20_000

// firstInPage is how many it shows without a script.
const firstInPage = 100

// names numbers texts in the order in which they come.
type names struct {
	list []string
	at   map[string]int
}

func (n *names) number(name string) int {
	at, known := n.at[name]
	if !known {
		at = len(n.list)
		n.list = append(n.list, text.Visible(name))
		n.at[name] = at
	}
	return at
}

// pageData are the operations of the page, those that need a look first: the
// failed, stale, accepted and withheld ones, removals, and then the rest.
type pageData struct {
	*outline
	ranks [6][]pageOperation
	size  int

	ops, states, attributes names
}

// pageOperation is an operation of the page.
type pageOperation struct {
	place int64
	text  []byte
	shown *page.Operation // of the first of each rank
}

func newPageData(o *outline) *pageData {
	d := &pageData{outline: o}
	for _, n := range []*names{&d.ops, &d.states, &d.attributes} {
		*n = names{list: []string{}, at: map[string]int{}}
	}
	for _, op := range diff.Ops {
		d.ops.number(string(op))
	}
	if d.plan() {
		d.states.number("") // what is planned has no state yet
	}
	for _, state := range sync.States {
		d.states.number(string(state))
	}
	return d
}

// rank is how much an operation needs a look, 0 the most.
func (d *pageData) rank(op *sync.Operation) int {
	switch {
	case op.State == sync.Failed:
		return 0
	case op.State == sync.Stale:
		return 1
	case op.State == sync.Accepted && !op.Settled():
		return 2
	case d.plan() && identityMark(op) != "":
		return 3
	case op.State == sync.Withheld && (!d.plan() || op.Reason.Code != ""):
		return 3
	case op.Removal():
		return 4
	}
	return 5
}

// operation takes an operation in, in the place of one that needs a look less
// where the page is full.
func (d *pageData) operation(op *sync.Operation, _ *sync.Line) error {
	rank := d.rank(op)
	if d.size == inPage {
		last := len(d.ranks) - 1
		for len(d.ranks[last]) == 0 {
			last--
		}
		if rank >= last {
			return nil
		}
		d.ranks[last] = d.ranks[last][:len(d.ranks[last])-1]
		d.size--
	}
	shown := d.shown(op)
	encoded, err := shown.Encode()
	if err != nil {
		return err
	}
	one := pageOperation{place: op.Row.Place, text: encoded}
	if len(d.ranks[rank]) < firstInPage {
		one.shown = shown
	}
	d.ranks[rank] = append(d.ranks[rank], one)
	d.size++
	return nil
}

// shown is the operation as the page shows it.
func (d *pageData) shown(op *sync.Operation) *page.Operation {
	o := &page.Operation{Op: d.ops.number(string(op.Op)), State: d.states.number(d.stateOf(op)), Key: text.Visible(op.Key), Name: otherName(op),
		Account: text.Visible(op.AccountID()), Line: op.Line, Identity: text.Visible(op.IdentityID), Whose: whose(op), Mark: allMarks(op),
		OpName: text.Visible(string(op.Op)), Symbol: opSymbol(op.Op), StateName: text.Visible(d.stateOf(op)), StateSymbol: stateSymbols[op.State]}
	if op.Line > 0 {
		o.Where = lineText(d.Input, op.Line)
	}
	if d.plan() {
		o.Rule = keyPattern(op.Key)
	}
	if op.State != sync.Verified || op.Reason.Code == sync.CodeAlreadySo || op.Removal() {
		o.Why = text.Visible(why(op))
	}
	o.Sent = sentText(op)
	o.Fold = op.State == sync.Verified && op.Op == diff.Create || op.Removal() && len(op.Changes) == 0
	for _, f := range op.Changes {
		o.Changes = append(o.Changes, d.change(f))
	}
	if len(op.Changes) == 0 && op.Removal() {
		for _, a := range held(op) {
			o.Takes = true
			o.Changes = append(o.Changes, d.change(diff.Field{Attribute: a.Name, Before: a.Value}))
		}
	}
	return o
}

// stateOf is the operation's state; of a plan, what it does not leave out has none yet.
func (d *pageData) stateOf(op *sync.Operation) string {
	switch {
	case d.leaves(op.State, op.Reason.Code):
		return leftOutState
	case d.plan() && op.State == sync.Withheld:
		return ""
	}
	return string(op.State)
}

func (d *pageData) change(f diff.Field) page.Change {
	return page.Change{Attribute: d.attributes.number(f.Attribute), Name: text.Visible(f.Attribute), Before: shownTexts(f.Before), After: shownTexts(f.After),
		List: f.Before.IsList() || f.After.IsList()}
}

// shownTexts are the texts of a value as they are shown.
func shownTexts(v account.Value) []string {
	if v.IsEmpty() {
		return nil
	}
	texts := v.AppendTexts(nil)
	for i, t := range texts {
		texts[i] = text.Visible(t)
	}
	return texts
}

// otherName is the display name where it says more than the key.
func otherName(op *sync.Operation) string {
	if op.Name == op.Key {
		return ""
	}
	return text.Visible(op.Name)
}

// whose is the identity of the operation's account: name and state.
func whose(op *sync.Operation) string {
	if op.IdentityID == "" {
		return ""
	}
	name := op.IdentityName
	if name == "" {
		name = "identity " + op.IdentityID
	}
	state := op.IdentityState
	if state == "" {
		state = "state unknown"
	}
	return text.Visible(name + ", " + state)
}

// keyPattern is the pattern of a key in a rule of --exclude, where that is not
// the key as it is shown: what cannot be typed is any character.
func keyPattern(key string) string {
	if text.Visible(key) == key && strings.TrimSpace(key) == key && !strings.ContainsAny(key, "*?[") {
		return ""
	}
	var b strings.Builder
	for i, r := range key {
		switch {
		case strings.ContainsRune("*?[", r):
			b.WriteString("[" + string(r) + "]")
		case !unicode.IsPrint(r), r == ' ' && (i == 0 || i == len(key)-1):
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sentText is how the API answered, where nothing else of the operation says so.
func sentText(op *sync.Operation) string {
	if op.State == sync.Verified || op.HTTP == 0 {
		return ""
	}
	parts := nonEmpty(answer(op), taskShown(op))
	if op.TrackingID != "" {
		parts = append(parts, "trackingId "+text.Visible(op.TrackingID))
	}
	return strings.Join(parts, " · ")
}

// all are the operations of the page in their order, counted from 0.
func (d *pageData) all() iter.Seq2[int, pageOperation] {
	return func(yield func(int, pageOperation) bool) {
		n := 0
		for _, rank := range d.ranks {
			for _, op := range rank {
				if !yield(n, op) {
					return
				}
				n++
			}
		}
	}
}

// numbers are the places of the operations on the page, from 1.
func (d *pageData) numbers() map[int64]int {
	numbers := make(map[int64]int, d.size)
	for i, op := range d.all() {
		numbers[op.place] = i + 1
	}
	return numbers
}

// pageOperations are the operations of the page, with what they are filtered by.
func (s *survey) pageOperations(d *pageData, next string) *page.Operations {
	o := &page.Operations{Count: s.operations, Held: d.size, Sheet: text.Visible(s.Input.Sheet), File: "left-out-" + text.Visible(s.Run) + ".txt", KeysMasked: slices.Contains(s.Redacted, s.Input.Key)}
	for i, op := range d.all() {
		if i == firstInPage {
			break
		}
		op.shown.Number = i + 1
		o.First = append(o.First, *op.shown)
	}
	rows, sum := tallyRows(&s.Totals)
	for _, row := range rows {
		o.Ops = append(o.Ops, page.Pick{Name: text.Visible(row.name), Symbol: opSymbol(diff.Op(row.name)), Count: row.Planned})
	}
	for _, state := range sync.States {
		if n := *sum.State(state); n > 0 && !(d.plan() && state == sync.Withheld) {
			o.States = append(o.States, page.Pick{Name: string(state), Symbol: stateSymbols[state], Count: n})
		}
	}
	if n := s.leftOutSum(); n > 0 {
		o.States = append(o.States, page.Pick{Count: sum.Withheld - n}, page.Pick{Name: leftOutState, Symbol: stateSymbols[leftOutState], Count: n})
	}
	for _, name := range mostFirst(s.touched, len(s.touched)) {
		o.Attributes = append(o.Attributes, page.Attribute{Name: text.Visible(name), Changed: s.touched[name]})
	}
	o.Encoded = func(yield func([]byte) bool) {
		for _, op := range d.all() {
			if !yield(op.text) {
				return
			}
		}
	}
	o.Legend = &page.Legend{Ops: d.ops.list, States: d.states.list, Attributes: d.attributes.list, Run: text.Visible(s.Run), KeysMasked: o.KeysMasked}
	if d.plan() {
		o.Legend.File, o.Legend.Next = o.File, next
	}
	for _, op := range d.ops.list {
		o.Legend.Symbols = append(o.Legend.Symbols, opSymbol(diff.Op(op)))
	}
	for _, state := range d.states.list {
		o.Legend.StateSymbol = append(o.Legend.StateSymbol, stateSymbols[sync.State(state)])
	}
	return o
}
