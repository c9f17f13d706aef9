package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/sync"
)

// Diff writes what two runs did differently, the earlier one first: how they
// ended, what they counted, and each operation that only one of them has or
// that ended otherwise or changed other values.
func Diff(w io.Writer, a, b *sync.Result, opt Options) error {
	p := newPrinter(w, opt)
	p.line(0, words(bold, "%s -> %s", visible(a.Run), visible(b.Run))...)
	p.heads(a, b)
	for _, pair := range pairSources(a, b) {
		p.blank()
		p.line(0, words(bold, "%s (%s)", clip(sourceName(pair.any()), 2*valueWidth), visible(pair.any().Source.ID))...)
		p.pair(pair)
	}
	return p.w.Flush()
}

// heads compares how the runs ended.
func (p *printer) heads(a, b *sync.Result) {
	p.compare("command", a.Command, b.Command)
	p.compare("outcome", endedText(a), endedText(b))
	p.compare("took", brief(a.Finished.Sub(a.Started)), brief(b.Finished.Sub(b.Started)))
	p.compare("requests", number(a.Requests.Total), number(b.Requests.Total))
	p.compare("throttled", number(a.Requests.Throttled), number(b.Requests.Throttled))
	p.compare("error", message(a.Error), message(b.Error))
	p.compare("tenant", a.Tenant, b.Tenant)
	p.compare("version", a.Version, b.Version)
	p.settings(a.Settings, b.Settings)
}

func endedText(r *sync.Result) string { return fmt.Sprintf("%s, exit %d", r.Outcome, r.ExitCode) }

// compare writes a line where the two differ.
func (p *printer) compare(name, a, b string) {
	if a == b {
		return
	}
	p.line(2, append([]span{{padded(visible(name), compareWidth), plain}}, words(plain, "%s -> %s", cmp.Or(visible(a), noValue), cmp.Or(visible(b), noValue))...)...)
}

const compareWidth = 10

// settings compares the settings of two runs that both know theirs.
func (p *printer) settings(a, b []sync.Setting) {
	if a == nil || b == nil {
		return
	}
	after := map[string]string{}
	for _, s := range b {
		after[s.Name] = s.Value
	}
	for _, s := range a {
		p.compare(s.Name, s.Value, after[s.Name])
		delete(after, s.Name)
	}
	for _, s := range b {
		if value, left := after[s.Name]; left {
			p.compare(s.Name, "", value)
		}
	}
}

// sourcePair is one source in two runs; nil where a run does not have it.
type sourcePair struct{ a, b *sync.Source }

func (p sourcePair) any() *sync.Source { return cmp.Or(p.a, p.b) }

// pairSources puts the sources of two runs side by side.
func pairSources(a, b *sync.Result) []sourcePair {
	var pairs []sourcePair
	for _, s := range a.Sources {
		pairs = append(pairs, sourcePair{s, sourceByID(b, s.Source.ID)})
	}
	for _, s := range b.Sources {
		if sourceByID(a, s.Source.ID) == nil {
			pairs = append(pairs, sourcePair{nil, s})
		}
	}
	return pairs
}

func sourceByID(r *sync.Result, id string) *sync.Source {
	i := slices.IndexFunc(r.Sources, func(s *sync.Source) bool { return s.Source.ID == id })
	if i < 0 {
		return nil
	}
	return r.Sources[i]
}

// pair compares one source in two runs.
func (p *printer) pair(pair sourcePair) {
	a, b := cmp.Or(pair.a, new(sync.Source)), cmp.Or(pair.b, new(sync.Source))
	switch {
	case pair.a == nil:
		p.text(2, "only the second run has it")
	case pair.b == nil:
		p.text(2, "only the first run has it")
	}
	before := p.lines
	p.compare("file", a.Input.SHA256, b.Input.SHA256)
	p.compare("live", counted(a.Listing.Accounts, "account"), counted(b.Listing.Accounts, "account"))
	p.compare("kept", number(a.Totals.Kept), number(b.Totals.Kept))
	p.compare("rejected", number(a.Totals.Rejected), number(b.Totals.Rejected))
	p.compare("orphan", number(a.Totals.Orphan), number(b.Totals.Orphan))
	for _, op := range diff.Ops {
		p.compare(string(op), tallyText(a.Totals.Op(op)), tallyText(b.Totals.Op(op)))
	}
	p.compare("guards", blocking(a), blocking(b))
	p.differences(differences(a, b))
	if p.lines == before && pair.a != nil && pair.b != nil {
		p.text(2, "no difference")
	}
}

func tallyText(t *sync.Tally) string {
	if t.Planned == 0 {
		return ""
	}
	return number(t.Planned) + " (" + statesSum(t) + ")"
}

// blocking names the guards that said no.
func blocking(s *sync.Source) string {
	var names []string
	for _, g := range s.Guards {
		if g.Blocks() {
			names = append(names, strings.TrimSpace(g.Name+" "+g.Attribute+string(g.Op)))
		}
	}
	return strings.Join(names, ", ")
}

// operationPair is one operation in two runs; nil where a run does not have it.
type operationPair struct{ a, b *sync.Operation }

// operationID tells the operations of a source apart.
type operationID struct {
	op           diff.Op
	key, account string
}

func idOf(op *sync.Operation) operationID {
	id := operationID{op.Op, op.Key, op.Account}
	if op.Op == diff.Create {
		id.account = "" // which it gets only once it is there
	}
	return id
}

// differences are the operations that only one run has, that ended otherwise,
// or that changed other values, in the order of the runs.
func differences(a, b *sync.Source) []operationPair {
	second := make(map[operationID]*sync.Operation, len(b.Operations))
	for _, op := range b.Operations {
		second[idOf(op)] = op
	}
	var pairs []operationPair
	for _, op := range a.Operations {
		other := second[idOf(op)]
		if other == nil || !alike(op, other) {
			pairs = append(pairs, operationPair{op, other})
		}
		delete(second, idOf(op))
	}
	for _, op := range b.Operations {
		if second[idOf(op)] == op {
			pairs = append(pairs, operationPair{nil, op})
		}
	}
	return pairs
}

func alike(a, b *sync.Operation) bool {
	return a.State == b.State && a.Error == b.Error && slices.Equal(a.Changes, b.Changes)
}

// differences lists the operations that differ.
func (p *printer) differences(pairs []operationPair) {
	for _, pair := range pairs[:p.limit(len(pairs))] {
		p.operationPair(pair)
	}
	if left := len(pairs) - p.limit(len(pairs)); left > 0 {
		p.text(2, "and %s more: --verbose lists them all", number(left))
	}
}

func (p *printer) operationPair(pair operationPair) {
	op, sign, text := pair.a, span{"<", red}, ""
	switch {
	case pair.b == nil:
		text = "only in the first run: " + stateText(op)
	case pair.a == nil:
		op, sign, text = pair.b, span{">", green}, "only in the second run: "+stateText(pair.b)
	case pair.a.State == pair.b.State && pair.a.Error == pair.b.Error:
		sign, text = span{"!", yellow}, stateText(pair.a)+" in both, with other values"
	default:
		sign, text = span{"!", yellow}, stateText(pair.a)+" -> "+stateText(pair.b)
	}
	spans := []span{sign, {padded(visible(string(op.Op)), len(diff.Disable)), plain}, {clip(op.Key, p.valueWidth()), plain}}
	p.line(2, append(spans, words(plain, "%s", text)...)...)
	if pair.a != nil && pair.b != nil && !slices.Equal(pair.a.Changes, pair.b.Changes) {
		p.otherValues(pair)
	}
}

// otherValues shows what either run changes where it is not the same.
func (p *printer) otherValues(pair operationPair) {
	for _, side := range []struct {
		sign  string
		op    *sync.Operation
		other *sync.Operation
	}{{"<", pair.a, pair.b}, {">", pair.b, pair.a}} {
		for _, f := range side.op.Changes {
			if !slices.Contains(side.other.Changes, f) {
				p.line(6, append([]span{{side.sign, plain}, {clip(f.Attribute, p.valueWidth()), plain}}, words(plain, "%s", fieldText(f, "->", p.valueWidth()))...)...)
			}
		}
	}
}

// stateText is how an operation ended.
func stateText(op *sync.Operation) string {
	text := string(op.State)
	if said := why(op); said != "" {
		text += " (" + message(said) + ")"
	}
	return visible(text)
}
