package reports

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Plan writes what a run would do: each operation with the values it changes,
// the counts, what it costs, and what stands in its way.
func Plan(ctx context.Context, w io.Writer, r *Run, opt Options) error {
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	p := newPrinter(ctx, w, opt)
	if known(s.Head) {
		p.section(func() { p.sourceHead(s.Head) })
		for _, op := range diff.Ops {
			p.section(func() { p.planned(r, s, op) })
		}
		p.section(func() { p.rejected(r, s) })
		p.section(func() { p.planFoot(s) })
	}
	if opt.Cost != "" {
		p.text(0, "Cost: %s.", strings.TrimSuffix(opt.Cost, "."))
	}
	if s.operations > 0 {
		p.showHint()
	}
	p.ended(s.Head)
	return p.end()
}

// showHint says how to see what lists show a part of.
func (p *printer) showHint() {
	if p.opt.Show != "" {
		p.line(0, append(words(plain, "Details of one account:"), span{p.opt.Show, plain})...)
	}
}

// sourceHead says what is compared with what.
func (p *printer) sourceHead(s *sync.Head) {
	name := text.Clip(sourceName(s), 2*valueWidth)
	p.line(0, words(bold, "%s (%s)", name, strings.Join(nonEmpty(text.Visible(s.Source.ID), text.Visible(s.Source.Type)), ", "))...)
	if s.Input.File != "" {
		p.text(2, "file: %s, %s", text.Visible(s.Input.File), rowsText(s.Input))
	}
	p.listing(s)
	p.approval(2, s)
}

// rowsText counts the rows, and the records they were joined from where these
// are more.
func rowsText(in sync.Input) string {
	if in.Records > in.Rows {
		return text.Counted(in.Rows, "row") + " joined from " + text.Counted(in.Records, "record")
	}
	return text.Counted(in.Rows, "row")
}

// planned lists the operations of one kind.
func (p *printer) planned(r *Run, s *survey, op diff.Op) {
	count := s.Totals.Op(op).Planned
	if count == 0 {
		return
	}
	kind, width, shared := sync.Filter{Ops: []diff.Op{op}}, 0, s.reasons[op].text
	p.operations(r, kind, p.limit(count), all, func(op *sync.Operation) {
		width = max(width, text.Width(text.Clip(op.Key, p.valueWidth())))
	})
	p.operations(r, kind, p.limit(count), all, func(op *sync.Operation) { p.operation(s.Input, op, width, shared) })
	p.more(2, count, ResultJSON)
	if shared != "" {
		p.text(4, "%s", message(shared))
	}
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

func (p *printer) operation(in sync.Input, op *sync.Operation, keyWidth int, shared string) {
	sign, color := symbol(op.Op)
	key := text.Padded(text.Clip(op.Key, p.valueWidth()), keyWidth+1)
	spans := []span{{sign + " " + text.Padded(string(op.Op), len(diff.Disable)+1), color}, {key, plain}}
	p.line(2, append(spans, about(in, op, shared)...)...)
	if takes := held(op); op.Removal() && len(op.Changes) == 0 && len(takes) > 0 {
		p.takes(takes)
	}
	if op.Op != diff.Create {
		p.fields(op.Changes, func(f diff.Field) string { return fieldText(f, "->", p.valueWidth()) })
	} else if p.opt.Verbose {
		p.fields(op.Changes, func(f diff.Field) string { return "= " + valueText(f.After, p.valueWidth()) })
	}
}

// takes says what a removal takes away, of much only the first.
func (p *printer) takes(attributes []account.Attribute) {
	const few = 4
	shown := len(attributes)
	if !p.opt.Verbose {
		shown = min(few, shown)
	}
	var parts []string
	for _, a := range attributes[:shown] {
		parts = append(parts, text.Clip(a.Name, p.valueWidth())+" "+valueText(a.Value, p.valueWidth()))
	}
	if more := len(attributes) - shown; more > 0 {
		parts = append(parts, text.Counted(more, "more attribute"))
	}
	p.text(6, "takes away %s", strings.Join(parts, ", "))
}

// fields lists the attributes of an operation, each with what is said of it.
func (p *printer) fields(fields []diff.Field, show func(diff.Field) string) {
	width := 0
	for _, f := range fields {
		width = max(width, text.Width(text.Clip(f.Attribute, p.valueWidth())))
	}
	for _, f := range fields {
		name := text.Padded(text.Clip(f.Attribute, p.valueWidth()), width+1)
		p.line(6, append([]span{{name, plain}}, words(plain, "%s", show(f))...)...)
	}
}

// about says whose account an operation is about, where it comes from and what
// to look at twice.
func about(in sync.Input, op *sync.Operation, shared string) []span {
	name := text.Clip(otherName(op), valueWidth)
	where := ""
	switch {
	case op.Line > 0:
		where = lineText(in, op.Line)
	case op.Account != "" && name == "":
		where = "account " + text.Clip(op.Account, valueWidth)
	}
	spans := words(plain, "%s", strings.Join(nonEmpty(name, where), ", "))
	for _, mark := range marks(op) {
		spans = append(spans, words(red, "%s", mark)...)
	}
	if text := reasonText(op); text != shared {
		spans = append(spans, words(plain, "(%s)", message(text))...)
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
		return "! of the ACTIVE identity " + text.Clip(cmp.Or(op.IdentityName, op.IdentityID), valueWidth)
	case op.IdentityState == "":
		return "! of the identity " + text.Clip(cmp.Or(op.IdentityName, op.IdentityID), valueWidth) + ", state unknown"
	}
	return ""
}

// planFoot sums a source up.
func (p *printer) planFoot(s *survey) {
	if items := others(s.look()); len(items) > 0 {
		p.line(0, words(bold, "Look at first:")...)
		for _, item := range items {
			color := yellow
			if item.level == "bad" {
				color = red
			}
			p.line(2, append([]span{{"!", color}}, words(color, "%s", item.sentence())...)...)
		}
	}
	if most := mostChanged(s); most != "" {
		p.text(0, "Attributes that change most: %s.", most)
	}
	p.guards(s.Head)
	p.notes(s.Head)
	p.line(0, append(words(bold, "Plan:"), words(plain, "%s; %s.", s.toDo(), restText(&s.Totals))...)...)
}

// Planned is the plan for a source in one line, for the moment before it is sent:
// HR Contractors: 4 to create, 3 to delete; 52 unchanged, 0 rejected, 0 orphan
func Planned(ctx context.Context, r *Run) (string, error) {
	o, err := r.outline(ctx)
	if err != nil {
		return "", err
	}
	return text.Clip(sourceName(o.Head), valueWidth) + ": " + o.toDo() + "; " + restText(&o.Totals), nil
}

// toDo counts what is planned, and what the rules leave out of it: "12 to
// create, 3 to update; 9 left out".
func (o *outline) toDo() string {
	var parts []string
	for _, op := range diff.Ops {
		if n := o.Totals.Op(op).Planned - o.leftOut[op]; n > 0 {
			parts = append(parts, text.Number(n)+" to "+toBe(op))
		}
	}
	said := cmp.Or(strings.Join(parts, ", "), "nothing to do")
	if n := o.leftOutSum(); n > 0 {
		said += "; " + text.Number(n) + " left out"
	}
	return said
}

// restText counts what has no operation: "500 unchanged, 2 rejected, 4 orphan".
func restText(t *sync.Totals) string {
	return text.Number(t.Kept) + " unchanged, " + text.Number(t.Rejected) + " rejected, " + text.Number(t.Orphan) + " orphan"
}

// mostChanged names the attributes that the most accounts change, with how many
// of them lose their value.
func mostChanged(s *survey) string {
	changed := s.changedAttributes()
	var parts []string
	for _, a := range changed[:min(len(changed), 5)] {
		said := text.Clip(a.Name, valueWidth) + " " + text.Number(a.Changed)
		if a.Cleared > 0 {
			said += " (" + text.Number(a.Cleared) + " cleared)"
		}
		parts = append(parts, said)
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

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(t string) bool { return t == "" })
}
