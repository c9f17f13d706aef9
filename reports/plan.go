package reports

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/sync"
)

// Plan writes what a run would do, source by source: each operation with the
// values it changes, the counts, what it costs, and what stands in its way.
func Plan(w io.Writer, r *sync.Result, opt Options) error {
	p := newPrinter(w, opt)
	for _, s := range r.Sources {
		p.section(func() { p.sourceHead(s) })
		for _, op := range diff.Ops {
			p.section(func() { p.planned(operationsOf(s, op)) })
		}
		p.section(func() { p.rejected(s) })
		p.section(func() { p.planFoot(s) })
	}
	if opt.Cost != "" {
		p.text(0, "Cost: %s.", strings.TrimSuffix(opt.Cost, "."))
	}
	if slices.ContainsFunc(r.Sources, func(s *sync.Source) bool { return len(s.Operations) > 0 }) {
		p.showHint()
	}
	p.ended(r)
	return p.w.Flush()
}

// showHint says how to see what lists show a part of.
func (p *printer) showHint() {
	if p.opt.Show != "" {
		p.line(0, append(words(plain, "One of them in full:"), span{p.opt.Show, plain})...)
	}
}

// sourceHead says what is compared with what.
func (p *printer) sourceHead(s *sync.Source) {
	name := clip(sourceName(s), 2*valueWidth)
	p.line(0, words(bold, "%s (%s)", name, strings.Join(nonEmpty(visible(s.Source.ID), visible(s.Source.Type)), ", "))...)
	if s.Input.File != "" {
		p.text(2, "file: %s, %s", visible(s.Input.File), rowsText(s.Input))
	}
	p.listing(s)
}

// rowsText counts the rows, and the records they were joined from where these
// are more.
func rowsText(in sync.Input) string {
	if in.Records > in.Rows {
		return counted(in.Rows, "row") + " joined from " + counted(in.Records, "record")
	}
	return counted(in.Rows, "row")
}

// planned lists the operations of one kind.
func (p *printer) planned(ops []*sync.Operation) {
	if len(ops) == 0 {
		return
	}
	shown := ops[:p.limit(len(ops))]
	width := p.keyWidth(shown)
	reason := sharedReason(ops)
	for _, op := range shown {
		p.operation(op, width, reason)
	}
	p.more(2, len(ops), ResultJSON)
	if reason != "" {
		p.text(4, "%s", message(reason))
	}
}

// sharedReason is the reason all the operations have, "" when they differ.
func sharedReason(ops []*sync.Operation) string {
	for _, op := range ops {
		if op.Reason != ops[0].Reason {
			return ""
		}
	}
	return ops[0].Reason
}

// symbols of the operations; their words stand beside them.
func symbol(op diff.Op) (string, style) {
	switch op {
	case diff.Create:
		return "+", green
	case diff.Delete:
		return "-", red
	}
	return "~", yellow
}

func (p *printer) operation(op *sync.Operation, keyWidth int, shared string) {
	sign, color := symbol(op.Op)
	key := padded(clip(op.Key, p.valueWidth()), keyWidth+1)
	spans := []span{{sign + " " + padded(string(op.Op), len(diff.Disable)+1), color}, {key, plain}}
	p.line(2, append(spans, about(op, shared)...)...)
	if op.Op != diff.Create {
		p.fields(op.Changes, func(f diff.Field) string { return fieldText(f, "->", p.valueWidth()) })
	} else if p.opt.Verbose {
		p.fields(op.Changes, func(f diff.Field) string { return "= " + valueText(f.After, p.valueWidth()) })
	}
}

// fields lists the attributes of an operation, each with what is said of it.
func (p *printer) fields(fields []diff.Field, text func(diff.Field) string) {
	width := 0
	for _, f := range fields {
		width = max(width, textWidth(clip(f.Attribute, p.valueWidth())))
	}
	for _, f := range fields {
		name := padded(clip(f.Attribute, p.valueWidth()), width+1)
		p.line(6, append([]span{{name, plain}}, words(plain, "%s", text(f))...)...)
	}
}

// about says where an operation comes from and what to look at twice.
func about(op *sync.Operation, shared string) []span {
	var spans []span
	if op.Line > 0 {
		spans = append(spans, span{lineText(op.Line), plain})
	} else if op.Account != "" {
		spans = append(spans, span{"account " + clip(op.Account, valueWidth), plain})
	}
	for _, mark := range marks(op) {
		spans = append(spans, words(red, "%s", mark)...)
	}
	if op.Reason != shared {
		spans = append(spans, words(plain, "(%s)", message(op.Reason))...)
	}
	return spans
}

// identityMark warns of a removal that takes an account from an identity which
// is active, or not known to be inactive; else it is empty.
func identityMark(op *sync.Operation) string {
	switch {
	case !op.Removal() || op.IdentityID == "":
		return ""
	case strings.EqualFold(op.IdentityState, "ACTIVE"):
		return "! of the ACTIVE identity " + clip(op.IdentityID, valueWidth)
	case op.IdentityState == "":
		return "! of the identity " + clip(op.IdentityID, valueWidth) + ", state unknown"
	}
	return ""
}

// planFoot sums a source up.
func (p *printer) planFoot(s *sync.Source) {
	marked := 0
	for _, op := range s.Operations {
		if identityMark(op) != "" {
			marked++
		}
	}
	if marked > 0 {
		p.line(0, words(red, "! %s from an identity that is active or of unknown state.", counted(marked, "removal")+" would take an account")...)
	}
	for _, text := range warnings(s) {
		p.line(0, words(red, "! %s.", text)...)
	}
	if most := mostChanged(s); most != "" {
		p.text(0, "Attributes that change most: %s.", most)
	}
	p.guards(s)
	p.notes(s)
	p.line(0, append(words(bold, "Plan:"), words(plain, "%s; %s.", toDo(s), restText(s))...)...)
}

// Planned is the plan for a source in one line, for the moment before it is sent:
// HR Contractors: 4 to create, 3 to delete; 52 kept, 0 rejected, 0 orphan
func Planned(s *sync.Source) string {
	var parts []string
	for _, op := range diff.Ops { // the totals are not counted yet
		if n := len(operationsOf(s, op)); n > 0 {
			parts = append(parts, number(n)+" to "+string(op))
		}
	}
	return clip(sourceName(s), valueWidth) + ": " + strings.Join(parts, ", ") + "; " + restText(s)
}

// toDo counts what is planned: "12 to create, 3 to put".
func toDo(s *sync.Source) string {
	var parts []string
	for _, op := range diff.Ops {
		if n := s.Totals.Op(op).Planned; n > 0 {
			parts = append(parts, number(n)+" to "+string(op))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}

// restText counts what has no operation: "500 kept, 2 rejected, 4 orphan".
func restText(s *sync.Source) string {
	t := &s.Totals
	return number(t.Kept) + " kept, " + number(t.Rejected) + " rejected, " + number(t.Orphan) + " orphan"
}

// mostChanged names the attributes that the most accounts change, with how many
// of them lose their value.
func mostChanged(s *sync.Source) string {
	changed := changedAttributes(s)
	var parts []string
	for _, a := range changed[:min(len(changed), 5)] {
		text := clip(a.Name, valueWidth) + " " + number(a.Changed)
		if a.Cleared > 0 {
			text += " (" + number(a.Cleared) + " cleared)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// mostFirst are the n keys with the highest counts, equal ones in their order.
func mostFirst(counts map[string]int, n int) []string {
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return keys[:min(n, len(keys))]
}

func operationsOf(s *sync.Source, op diff.Op) []*sync.Operation {
	var ops []*sync.Operation
	for _, o := range s.Operations {
		if o.Op == op {
			ops = append(ops, o)
		}
	}
	return ops
}

// keyWidth is the width of the widest key shown.
func (p *printer) keyWidth(ops []*sync.Operation) int {
	width := 0
	for _, op := range ops {
		width = max(width, textWidth(clip(op.Key, p.valueWidth())))
	}
	return width
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(t string) bool { return t == "" })
}
