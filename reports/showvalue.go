package reports

import (
	"math"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Values as show writes them: whole, however long they are.

// long is line for spans of which some may be wider than the terminal: these
// are cut and go on below.
func (p *printer) long(indent int, spans ...span) {
	room := p.width - indent - 4
	var cut []span
	for _, s := range spans {
		for at := prefix(s.text, room); at < len(s.text); at = prefix(s.text, room) {
			cut = append(cut, span{s.text[:at], s.style})
			s.text = s.text[at:]
		}
		cut = append(cut, s)
	}
	p.line(indent, cut...)
}

// prefix is the length of the longest beginning of s that takes at most width
// cells, a character without a width counting as one; at least one character.
func prefix(s string, width int) int {
	used := 0
	for i, r := range s {
		if used += max(1, text.Width(string(r))); used > width && i > 0 {
			return i
		}
	}
	return len(s)
}

// factWidth is the width of the names of facts.
const factWidth = len("trackingId")

// fact writes one thing that is known of an operation.
func (p *printer) fact(name string, s style, format string, args ...any) {
	p.long(2, append([]span{{text.Padded(name, factWidth+1), plain}}, words(s, format, args...)...)...)
}

// changes lists every attribute of an operation with all its values. A delete
// takes all that the account held.
func (p *printer) changes(op *sync.Operation) {
	fields, stay := op.Changes, left(held(op), op.Changes)
	if op.Op == diff.Delete {
		fields = append([]diff.Field(nil), op.Changes...)
		for _, a := range stay {
			fields = append(fields, diff.Field{Attribute: a.Name, Before: a.Value})
		}
		stay = nil
	}
	width := nameWidth(fields)
	for _, f := range fields {
		p.change(op.Op, f, width)
	}
	switch {
	case len(stay) > 0 && p.opt.Verbose:
		p.stay(stay)
	case len(stay) > 0:
		p.text(2, "%s as before: --verbose lists them", text.Counted(len(stay), "attribute"))
	case len(fields) == 0 && op.Op == diff.Create:
		p.text(2, "Its attributes are not on record.")
	case len(fields) == 0 && op.Op == diff.Delete:
		p.text(2, "What the account held is not on record here.")
	}
}

// stay lists attributes that the operation leaves as they are.
func (p *printer) stay(attributes []account.Attribute) {
	fields := make([]diff.Field, len(attributes))
	for i, a := range attributes {
		fields[i] = diff.Field{Attribute: a.Name, Before: a.Value, After: a.Value}
	}
	width := nameWidth(fields)
	for _, f := range fields {
		p.held(" ", plain, f.Attribute, f.After, width)
	}
}

// nameWidth is the width of the widest name that is not unusually wide.
func nameWidth(fields []diff.Field) int {
	width := 0
	for _, f := range fields {
		if w := text.Width(text.Visible(f.Attribute)); w <= valueWidth {
			width = max(width, w)
		}
	}
	return width
}

// change shows one attribute before and after. What an account gets when it is
// created, or held when it is deleted, has no other side.
func (p *printer) change(op diff.Op, f diff.Field, width int) {
	sign, color := "~", yellow
	switch {
	case op == diff.Create:
		p.held("+", green, f.Attribute, f.After, width)
		return
	case op == diff.Delete && f.After.IsEmpty():
		p.held("-", red, f.Attribute, f.Before, width)
		return
	case f.Before.IsEmpty():
		sign, color = "+", green
	case f.After.IsEmpty():
		sign, color = "-", red
	}
	name := []span{{sign, color}, {text.Padded(text.Visible(f.Attribute), width+1), plain}}
	if f.Before.IsList() || f.After.IsList() {
		p.listed(name, f.Before.AppendTexts(nil), f.After.AppendTexts(nil))
		return
	}
	before, after := wholeText(f.Before), wholeText(f.After)
	if text.Width(before)+text.Width(after) <= 2*valueWidth {
		p.long(2, append(name, span{before, plain}, span{"->", plain}, span{after, plain})...)
		return
	}
	p.long(2, name[0], span{text.Visible(f.Attribute), plain})
	p.long(6, span{"-", red}, span{before, plain})
	p.long(6, span{"+", green}, span{after, plain})
}

// held shows one attribute and its values.
func (p *printer) held(sign string, s style, name string, v account.Value, width int) {
	spans := []span{{sign, s}, {text.Padded(text.Visible(name), width+1), plain}, {"=", plain}}
	if !v.IsList() || v.IsEmpty() {
		p.long(2, append(spans, span{wholeText(v), plain})...)
		return
	}
	texts := v.AppendTexts(nil)
	p.long(2, append(spans, words(plain, "%s", text.Counted(len(texts), "value"))...)...)
	for _, t := range texts {
		p.long(6, span{sign, s}, span{quoted(t, math.MaxInt), plain})
	}
}

// listed shows the values of a list one a line: those lost, those gained and
// those that stay.
func (p *printer) listed(name []span, before, after []string) {
	lost, gained := without(before, after), without(after, before)
	stay := without(before, lost)
	p.long(2, append(name, words(plain, "%s lost, %s gained, %s as before", text.Number(len(lost)), text.Number(len(gained)), text.Number(len(stay)))...)...)
	for _, side := range []struct {
		sign  span
		texts []string
	}{{span{"-", red}, lost}, {span{"+", green}, gained}, {span{" ", plain}, stay}} {
		for _, t := range side.texts {
			p.long(6, side.sign, span{quoted(t, math.MaxInt), plain})
		}
	}
}

// wholeText shows a value that is no list: texts in quotes, numbers and truth
// values bare.
func wholeText(v account.Value) string {
	switch {
	case v.IsEmpty():
		return noValue
	case v[0] == '"':
		return quoted(strings.Join(v.AppendTexts(nil), ""), math.MaxInt)
	}
	return text.Visible(string(v))
}
