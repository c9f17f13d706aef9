package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// The sections that the plan and the result table share.

// approval says who approved the plan that a run carries out.
func (p *printer) approval(indent int, h *sync.Head) {
	if by := approvedBy(h); by != "" {
		p.text(indent, "approved by %s", by)
	}
}

// listing says in one line how complete the live list is.
func (p *printer) listing(s *sync.Head) {
	l := s.Listing
	if l.Tries == 0 && l.Pages == 0 {
		p.line(2, words(yellow, "live: not listed")...)
		return
	}
	if l.Named {
		p.text(2, "live: looked up by name, of %s in all", text.Counted(l.Accounts, "account"))
		return
	}
	spans := words(plain, "live: %s in %s, total %s before and %s after:",
		text.Counted(l.Accounts, "account"), text.Counted(l.Pages, "page"), total(l.TotalBefore), total(l.TotalAfter))
	if l.Proven {
		p.line(2, append(spans, words(green, "listing verified complete")...)...)
		return
	}
	spans = append(spans, words(yellow, "listing NOT verified complete after %s", tries(l.Tries))...)
	if l.Doubt != "" {
		spans = append(spans, words(plain, "(%s)", message(l.Doubt))...)
	}
	p.line(2, spans...)
}

// total is a count the API gave, or did not.
func total(n int) string {
	if n < 0 {
		return "unknown"
	}
	return text.Number(n)
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return text.Number(n) + " tries"
}

// guards shows those that blocked the run and those that were bypassed, and the flags
// that let this one run through.
func (p *printer) guards(s *sync.Head) {
	var flags []string
	for _, g := range s.Guards {
		switch {
		case g.Blocks():
			p.line(0, append(words(red, "Blocked by guard %s:", guardName(g)), words(plain, "%s. %s", guardText(g), blockedText(s))...)...)
			if flag := g.Flag(); flag != "" {
				flags = append(flags, flag)
			}
		case g.AllowedBy != "":
			p.line(0, append(words(yellow, "Guard %s bypassed by %s:", guardName(g), g.AllowedBy), words(plain, "%s.", guardText(g))...)...)
		}
	}
	if len(flags) > 0 {
		p.text(2, "To let this one run through, add:")
		p.line(2, words(bold, "%s", strings.Join(slices.Compact(flags), " "))...)
	}
}

// guardName is the guard, with the attribute or the operation it counts.
func guardName(g diff.Guard) string {
	return strings.Join(nonEmpty(text.Visible(g.Name), text.Clip(g.Attribute, valueWidth), text.Visible(string(g.Op))), " ")
}

// blockedText is what came of a guard that blocked the run: with --on-guard
// skip-removals it holds back removals only.
func blockedText(h *sync.Head) string {
	if _, sum := tallyRows(&h.Totals); sum.Withheld < sum.Planned {
		return "No account was removed."
	}
	return "Nothing was written."
}

// guardText says what is planned and how much of it the guard lets pass.
func guardText(g diff.Guard) string {
	limit := ", limit " + text.Number(g.Limit)
	switch g.Name {
	case diff.GuardEmpty:
		if g.Rejected > 0 {
			return "every row of the file was rejected, but the source has accounts: correct the rows"
		}
		return "the file holds no valid row, but the source has accounts"
	case diff.GuardLookalike:
		if g.Planned == 1 {
			return "1 row would create an account whose key only looks like another one"
		}
		return text.Counted(g.Planned, "row") + " would create accounts whose keys only look like others"
	case diff.GuardCleared:
		return fmt.Sprintf("%s would lose the value of %s", text.Counted(g.Planned, "account"), text.Clip(g.Attribute, valueWidth)) + limit
	case diff.GuardShrunk:
		return fmt.Sprintf("the listing has %s fewer than the last complete run left", text.Counted(g.Planned, "account")) + limit
	case diff.GuardUnusual:
		return text.Number(g.Planned) + " planned, more than past runs make usual" + limit
	}
	return text.Number(g.Planned) + " planned" + limit
}

// unusual are operations of which past runs planned far fewer.
func (p *printer) unusual(all []diff.Unusual) {
	for _, u := range all {
		p.line(0, words(yellow, "! Unusual: %s.", u)...)
	}
}

// notes are what a reader should know.
func (p *printer) notes(s *sync.Head) {
	for _, n := range s.Notes {
		p.text(0, "Note: %s", message(n))
	}
}

// rejected lists the rows that cannot be carried out: a cause that many have
// once, with examples.
func (p *printer) rejected(r *Run, s *survey) {
	full, left := cmp.Or(s.rest, ResultJSON), s.rejects
	where := func(row account.Rejected) string { return rowName(r.Head().Input, row, p.valueWidth()) }
	grouped := func(reason string) bool { c := s.cause(reason); return !p.opt.Verbose && c != nil && c.many() }
	for _, c := range s.causes {
		if !grouped(c.reason) {
			continue
		}
		left -= c.count
		p.line(2, append([]span{{"! rejected", yellow}}, words(plain, "%s: %s", text.Counted(c.count, "row"), message(c.reason))...)...)
		for _, row := range c.rows {
			p.text(4, "%s", where(row))
		}
		p.text(4, "and %s more, see %s", text.Number(c.count-len(c.rows)), full)
	}
	shown := p.limit(left)
	for row, err := range r.Rejected(p.ctx) {
		if err != nil {
			p.err = cmp.Or(p.err, err)
			return
		}
		if grouped(row.Reason) {
			continue
		}
		if shown--; shown < 0 {
			break
		}
		p.line(2, append([]span{{"! rejected", yellow}}, words(plain, "%s: %s", where(row), message(row.Reason))...)...)
	}
	p.more(2, left, full)
}

// rowName is a rejected row's key and line.
func rowName(in sync.Input, row account.Rejected, width int) string {
	var parts []string
	if row.Key != "" {
		parts = append(parts, text.Clip(row.Key, width))
	}
	if row.Line > 0 {
		parts = append(parts, lineText(in, row.Line))
	}
	return strings.Join(parts, ", ")
}

// ended says what ended the run early and what to do about it.
func (p *printer) ended(r *sync.Head) {
	if p.opt.EndSaid {
		return
	}
	if r.Error != "" {
		first, rest, _ := strings.Cut(r.Error, "\n")
		p.line(0, append(words(red, "Ended early:"), words(plain, "%s", message(first))...)...)
		p.sentences(rest)
	}
	p.sentences(r.Hint)
}

// sentences writes each line of a message as a line.
func (p *printer) sentences(text string) {
	for line := range strings.Lines(text) {
		p.text(2, "%s", message(strings.TrimSuffix(line, "\n")))
	}
}
