package reports

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// SummaryMD is the name of the report for merge requests and step summaries.
const SummaryMD = "summary.md"

// markdown writes a document. What is not ours stands in code spans, in which
// no mark-up, mention or reference works.
type markdown struct {
	w    *bufio.Writer
	full string // where all of it is
}

// writeMarkdown writes what a reviewer wants to know, on a page or two.
func writeMarkdown(out io.Writer, s *survey) error {
	m := &markdown{bufio.NewWriter(out), code(cmp.Or(s.rest, ReportHTML))}
	m.head(s)
	if known(s.Head) {
		m.source(s)
	}
	m.printf("\n%s sent, %s refused (429), %s sent again. ", text.Counted(s.Requests.Total, "request"), text.Number(s.Requests.Throttled), text.Number(s.Requests.Retried))
	if s.rest == "" {
		m.printf("Full report: %s.\n", m.full)
	} else {
		m.printf("The other reports are not written, since a signal came: %s writes them.\n", m.full)
	}
	return m.w.Flush()
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m.w, format, args...) }

func (m *markdown) head(s *survey) {
	r := s.outline
	v := s.verdict()
	m.printf("## accountsync %s: %s, exit %d\n\n", span1(r.Command), v.Title, r.ExitCode)
	m.printf("%s\n", strings.TrimSpace(r.doneSentence()+" "+v.Detail))
	if r.Error != "" {
		m.printf("\n**Ended early:** %s\n", code(firstLine(r.Error)))
		for _, line := range slices.Concat(furtherLines(r.Error), lines(r.Hint)) {
			m.printf("- %s\n", code(line))
		}
	}
	m.printf("\nRun %s on %s, %s UTC, took %s.\n", code(r.Run), code(r.Tenant), r.Started.UTC().Format("2006-01-02 15:04:05"), brief(r.took()))
	if by := approvedBy(r.Head); by != "" {
		m.printf("\nApproved by: %s.\n", code(by))
	}
	if len(r.Redacted) > 0 {
		m.printf("\nMasked: %s.\n", codes(r.Redacted))
	}
}

// span1 is a word of ours as it stands, anything else as code.
func span1(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" {
		return word
	}
	return code(word)
}

func (m *markdown) source(s *survey) {
	m.printf("\n### Source %s\n\n", code(sourceName(s.Head)))
	if s.Input.File != "" {
		m.printf("%s, %s, SHA-256 %s. ", code(s.Input.File), rowsText(s.Input), code(s.Input.SHA256))
	}
	m.listing(s.Listing)
	m.balance(s.Head)
	m.guards(s.Head)
	for _, note := range s.Notes {
		m.printf("\n> Note: %s\n", code(message(note)))
	}
	if s.plan() {
		items := others(s.look())
		m.list("look at first", len(items), func(i int) string { return code(items[i].sentence()) })
	} else {
		m.attention(s)
		m.warnings(s)
		m.unusual(s.Unusual)
	}
	m.rejected(s)
	m.removals(s)
	m.attributes(s)
}

func (m *markdown) listing(l sync.Listing) {
	switch {
	case l.Tries == 0 && l.Pages == 0:
		m.printf("Live accounts were not listed.\n")
	case l.Proven:
		m.printf("%s live, listing verified complete.\n", text.Counted(l.Accounts, "account"))
	default:
		m.printf("%s live, **listing not verified complete** after %s: %s.\n", text.Counted(l.Accounts, "account"), tries(l.Tries), code(message(l.Doubt)))
	}
}

func (m *markdown) balance(s *sync.Head) {
	rows, sum := tallyRows(&s.Totals)
	if len(rows) > 0 {
		m.printf("\n| | planned | = verified | + accepted | + failed | + stale | + withheld |\n|---|--:|--:|--:|--:|--:|--:|\n")
		for _, row := range append(rows, tallyRow{"**total**", sum}) {
			m.printf("| %s | %s |", row.name, text.Number(row.Planned))
			for _, state := range sync.States {
				m.printf(" %s |", text.Number(*row.State(state)))
			}
			m.printf("\n")
		}
	}
	if s.Input.File == "" {
		return
	}
	var terms []string
	for _, t := range rowTerms(s) {
		terms = append(terms, text.Number(t.n)+" "+t.name)
	}
	m.printf("\n%s = %s; %s\n", text.Counted(s.Input.Rows, "row"), strings.Join(terms, " + "), text.Counted(s.Totals.Orphan, "orphan"))
}

func (m *markdown) guards(s *sync.Head) {
	var flags []string
	for _, g := range s.Guards {
		switch {
		case g.Blocks():
			m.printf("\n- **Blocked by guard %s:** %s. %s", code(guardName(g)), code(guardText(g)), blockedText(s))
			if flag := g.Flag(); flag != "" {
				flags = append(flags, flag)
			}
		case g.AllowedBy != "":
			m.printf("\n- **Guard %s bypassed by %s:** %s", code(guardName(g)), code(g.AllowedBy), code(guardText(g)))
		}
	}
	if len(flags) > 0 {
		m.printf("\n\nTo let this one run through, look at the plan, then add %s", code(strings.Join(slices.Compact(flags), " ")))
	}
	m.printf("\n")
}

// attention lists what somebody has to look at.
func (m *markdown) attention(s *survey) {
	for _, state := range lookStates {
		found := s.unsettled[state]
		m.list(string(state), found.count, func(i int) string { return m.said(s.Input, found.ops[i]) })
	}
}

// rejected lists the rows that cannot be carried out: a cause that many have
// once, with examples.
func (m *markdown) rejected(s *survey) {
	name := func(row account.Rejected) string {
		return strings.TrimSpace(keyCode(row.Key) + " " + lineText(s.Input, row.Line))
	}
	var items []string
	for _, c := range s.causes {
		if c.many() {
			item := text.Counted(c.count, "row") + ": " + code(message(c.reason)) + ":"
			for _, row := range c.rows {
				item += " " + name(row) + ";"
			}
			items = append(items, item+" and "+text.Number(c.count-len(c.rows))+" more, see "+m.full)
		}
	}
	for _, row := range s.rejected {
		if c := s.cause(row.Reason); c == nil || !c.many() {
			items = append(items, name(row)+": "+code(message(row.Reason)))
		}
	}
	if len(items) > 0 {
		m.printf("\n**rejected: %s**\n\n", text.Number(s.rejects))
	}
	for _, item := range items[:min(len(items), listed)] {
		m.printf("- %s\n", item)
	}
	if len(items) > listed {
		m.printf("- and more, see %s\n", m.full)
	}
}

// list writes the first items under a heading, and counts the others.
func (m *markdown) list(name string, n int, item func(i int) string) {
	if n == 0 {
		return
	}
	m.printf("\n**%s: %s**\n\n", name, text.Number(n))
	for i := range min(n, listed) {
		m.printf("- %s\n", item(i))
	}
	if n > listed {
		m.printf("- and %s more, see %s\n", text.Number(n-listed), m.full)
	}
}

func (m *markdown) said(in sync.Input, op *sync.Operation) string {
	text := string(op.Op) + " " + code(text.Clip(op.Key, valueWidth))
	if op.Line > 0 {
		text += ", " + lineText(in, op.Line)
	}
	if said := answer(op); said != "" {
		text += ": " + said
	}
	if why := why(op); why != "" {
		text += ": " + code(message(why))
	}
	return text
}

// removals lists the accounts taken from somebody and counts all of them.
func (m *markdown) removals(s *survey) {
	if n := s.marked.count + s.unmarked.count; n > 0 {
		m.printf("\n%s\n", text.Counted(n, "removal"))
	}
	m.list("removals from an identity that is active or of unknown state", s.marked.count, func(i int) string {
		op := s.marked.ops[i]
		return fmt.Sprintf("%s %s, %s: %s", op.Op, code(strings.Join(nonEmpty(text.Clip(op.Key, valueWidth), otherName(op)), ", ")), op.State, code(whose(op)))
	})
}

// warnings says what the operations are warned of.
func (m *markdown) warnings(s *survey) {
	all := s.warnings()
	m.list("warnings", len(all), func(i int) string { return code(all[i]) })
}

// unusual are operations of which past runs planned far fewer.
func (m *markdown) unusual(all []diff.Unusual) {
	for _, u := range all {
		m.printf("\n> Unusual: %s\n", code(u.String()))
	}
}

func (m *markdown) attributes(s *survey) {
	changed := s.changedAttributes()
	m.list("attributes that change most", len(changed), func(i int) string {
		a := changed[i]
		said := code(text.Clip(a.Name, valueWidth)) + ": " + text.Counted(a.Changed, "account")
		if a.Cleared > 0 {
			said += fmt.Sprintf(", **%s cleared**", text.Number(a.Cleared))
		}
		return said
	})
}

func keyCode(key string) string {
	if key == "" {
		return ""
	}
	return code(text.Clip(key, valueWidth)) + ","
}

func codes(texts []string) string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = code(t)
	}
	return strings.Join(all, ", ")
}

// code is s in a code span: between more backticks than it holds in a row.
func code(s string) string {
	s = text.Visible(s)
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.Trim(s, " ") == "" || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}
