package reports

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Diff writes what two runs did differently, the earlier one first: how they
// ended, what they counted, and each operation that only one of them has or
// that ended otherwise or changed other values.
func Diff(ctx context.Context, w io.Writer, a, b *Run, opt Options) error {
	first, err := a.outline(ctx)
	if err != nil {
		return err
	}
	second, err := b.outline(ctx)
	if err != nil {
		return err
	}
	p := newPrinter(ctx, w, opt)
	p.line(0, words(bold, "%s -> %s", text.Visible(first.Run), text.Visible(second.Run))...)
	p.heads(first, second)
	nothing, none := HeadOnly(new(sync.Head)), &outline{Head: new(sync.Head)}
	if first.Source.ID == second.Source.ID {
		p.source("", a, b, first, second)
	} else {
		if known(first.Head) && known(second.Head) {
			p.text(0, "The two runs have no source in common.")
		}
		p.source("only the first run has it", a, nothing, first, none)
		p.source("only the second run has it", nothing, b, none, second)
	}
	return p.end()
}

// heads compares how the runs ended.
func (p *printer) heads(a, b *outline) {
	p.compare("command", a.Command, b.Command)
	p.compare("outcome", endedText(a), endedText(b))
	p.compare("took", brief(a.took()), brief(b.took()))
	p.compare("requests", text.Number(a.Requests.Total), text.Number(b.Requests.Total))
	p.compare("throttled", text.Number(a.Requests.Throttled), text.Number(b.Requests.Throttled))
	p.compare("error", message(a.Error), message(b.Error))
	p.compare("tenant", a.Tenant, b.Tenant)
	p.compare("version", a.Version, b.Version)
	p.settings(a.Settings, b.Settings)
}

func endedText(r *outline) string { return fmt.Sprintf("%s, exit %d", r.Outcome, r.ExitCode) }

// compare writes a line where the two differ.
func (p *printer) compare(name, a, b string) {
	if a == b {
		return
	}
	p.line(2, append([]span{{text.Padded(text.Visible(name), compareWidth), plain}}, words(plain, "%s -> %s", cmp.Or(text.Visible(a), noValue), cmp.Or(text.Visible(b), noValue))...)...)
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

// source compares the source in two runs; only says which of them has it, "" for both.
func (p *printer) source(only string, first, second *Run, a, b *outline) {
	title := a
	if !known(a.Head) {
		title = b
	}
	if !known(title.Head) {
		return
	}
	p.blank()
	p.line(0, words(bold, "%s (%s)", text.Clip(sourceName(title.Head), 2*valueWidth), text.Visible(title.Source.ID))...)
	if only != "" {
		p.text(2, "%s", only)
	}
	before := p.lines
	p.compare("file", a.Input.SHA256, b.Input.SHA256)
	p.compare("live", text.Counted(a.Listing.Accounts, "account"), text.Counted(b.Listing.Accounts, "account"))
	p.compare("unchanged", text.Number(a.Totals.Kept), text.Number(b.Totals.Kept))
	p.compare("rejected", text.Number(a.Totals.Rejected), text.Number(b.Totals.Rejected))
	p.compare("orphan", text.Number(a.Totals.Orphan), text.Number(b.Totals.Orphan))
	for _, op := range diff.Ops {
		p.compare(string(op), tallyText(a.Totals.Op(op)), tallyText(b.Totals.Op(op)))
	}
	p.compare("guards", blocking(a.Head), blocking(b.Head))
	d := differences{seed: maphash.MakeSeed(), second: make(map[uint64]uint64, b.operations)}
	d.limit = p.limit(a.operations + b.operations)
	if err := d.find(p.ctx, first, second); err != nil {
		p.err = cmp.Or(p.err, err)
		return
	}
	p.differences(&d)
	if p.lines == before && only == "" {
		p.text(2, "no difference")
	}
}

func tallyText(t *sync.Tally) string {
	if t.Planned == 0 {
		return ""
	}
	return text.Number(t.Planned) + " (" + statesSum(t) + ")"
}

// blocking names the guards that blocked it.
func blocking(s *sync.Head) string {
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

// differences are the operations that only one run has, that ended otherwise,
// or that changed other values, in the order of the runs. Of the second run it
// holds two numbers an operation.
type differences struct {
	seed   maphash.Seed
	second map[uint64]uint64 // which operation, and how it ended
	limit  int               // how many pairs are wanted
	pairs  []operationPair
	count  int
}

// find reads the second run, the first, and what differs of the second again.
func (d *differences) find(ctx context.Context, a, b *Run) error {
	for op, err := range b.Operations(ctx, sync.Filter{}) {
		if err != nil {
			return err
		}
		d.second[d.id(op)] = d.ending(op)
	}
	open := map[uint64]int{} // pairs whose second half is missing
	for op, err := range a.Operations(ctx, sync.Filter{}) {
		if err != nil {
			return err
		}
		id := d.id(op)
		ending, both := d.second[id]
		delete(d.second, id)
		if both && ending == d.ending(op) {
			continue
		}
		if d.add(operationPair{a: op}) && both {
			open[id] = len(d.pairs) - 1
		}
	}
	for op, err := range b.Operations(ctx, sync.Filter{}) {
		if err != nil {
			return err
		}
		id := d.id(op)
		if at, both := open[id]; both {
			d.pairs[at].b = op
		} else if _, only := d.second[id]; only {
			d.add(operationPair{b: op})
		}
	}
	return nil
}

// add counts a pair, and keeps the first of them.
func (d *differences) add(pair operationPair) (kept bool) {
	if d.count++; len(d.pairs) == d.limit {
		return false
	}
	d.pairs = append(d.pairs, pair)
	return true
}

// id tells the operations of a source apart. A create gets its account's id only
// once it is there.
func (d *differences) id(op *sync.Operation) uint64 {
	id := ""
	if op.Op != diff.Create {
		id = op.Account
	}
	return d.hash(string(op.Op), op.Key, id)
}

// ending is how an operation ended and what it changes.
func (d *differences) ending(op *sync.Operation) uint64 {
	texts := []string{string(op.State), op.Error}
	for _, f := range op.Changes {
		texts = append(texts, f.Attribute, string(f.Before), string(f.After))
	}
	return d.hash(texts...)
}

func (d *differences) hash(texts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	for _, t := range texts {
		fmt.Fprintf(&h, "%d:", len(t))
		h.WriteString(t)
	}
	return h.Sum64()
}

// differences lists the operations that differ.
func (p *printer) differences(d *differences) {
	for _, pair := range d.pairs {
		p.operationPair(pair)
	}
	if left := d.count - len(d.pairs); left > 0 {
		p.text(2, "and %s more: --verbose lists them all", text.Number(left))
	}
}

func (p *printer) operationPair(pair operationPair) {
	op, sign, said := pair.a, span{"<", red}, ""
	switch {
	case pair.b == nil:
		said = "only in the first run: " + stateText(op)
	case pair.a == nil:
		op, sign, said = pair.b, span{">", green}, "only in the second run: "+stateText(pair.b)
	case pair.a.State == pair.b.State && pair.a.Error == pair.b.Error:
		sign, said = span{"!", yellow}, stateText(pair.a)+" in both, with other values"
	default:
		sign, said = span{"!", yellow}, stateText(pair.a)+" -> "+stateText(pair.b)
	}
	spans := []span{sign, {text.Padded(text.Visible(string(op.Op)), len(diff.Disable)), plain}, {text.Clip(op.Key, p.valueWidth()), plain}}
	p.line(2, append(spans, words(plain, "%s", said)...)...)
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
				p.line(6, append([]span{{side.sign, plain}, {text.Clip(f.Attribute, p.valueWidth()), plain}}, words(plain, "%s", fieldText(f, "->", p.valueWidth()))...)...)
			}
		}
	}
}

// stateText is how an operation ended.
func stateText(op *sync.Operation) string {
	state := string(op.State)
	if said := why(op); said != "" {
		state += " (" + message(said) + ")"
	}
	return text.Visible(state)
}
