package reports

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/reports/page"
	"accountsync/sync"
)

// lookItem is one thing to look at, found in the survey.
type lookItem struct {
	level   string // bad, look, odd or held
	title   string
	text    string
	command string
	count   int
	link    string // the filter of the page that shows all of it
	columns page.Columns
	ops     []*sync.Operation // the first of them
	rows    []account.Rejected
	guard   bool // it is a guard that blocked the run or was bypassed
}

// look is what somebody has to look at, the worst first: of a plan before it is
// carried out, of a run before anything else is done.
func (s *survey) look() []lookItem {
	items := s.guardItems()
	if l := s.Listing; !l.Proven && l.Tries > 0 && !l.Named {
		items = append(items, lookItem{level: "bad", title: "The listing is not verified complete", text: "After " + tries(l.Tries) + ": " + message(l.Doubt) + ". No account is removed."})
	}
	for _, state := range lookStates {
		items = append(items, s.stateItem(state)...)
	}
	if s.plan() && s.marked.count > 0 {
		items = append(items, lookItem{level: "bad", title: text.Counted(s.marked.count, "removal") + " from an identity that is active or of unknown state", text: s.markedNames(), count: s.marked.count,
			link: s.planned("#q="+url.QueryEscape(identityWord), diff.Delete, diff.Disable), columns: page.Columns{Op: true, Identity: true, Takes: true}, ops: s.marked.ops})
	}
	items = append(items, s.withheldItems()...)
	if s.plan() {
		items = append(items, s.changeItems()...)
	}
	for _, warning := range s.warnings() {
		items = append(items, lookItem{level: "look", title: "Warning", text: warning + "."})
	}
	if s.rejects > 0 {
		items = append(items, lookItem{level: "bad", title: text.Counted(s.rejects, "row") + " of " + text.Visible(s.Input.File) + " rejected", text: "They cannot be carried out, and no account is removed while there are any.",
			count: s.rejects, columns: page.Columns{Row: true, Why: true}, rows: s.rejected})
	}
	return items
}

// identityWord finds marked removals among the operations of the page.
const identityWord = "! of the"

// markedNames names the first of the accounts that are taken from somebody.
func (s *survey) markedNames() string {
	const few = 3
	var names []string
	for _, op := range s.marked.ops[:min(few, len(s.marked.ops))] {
		names = append(names, text.Clip(op.Key, valueWidth)+" of "+text.Clip(whose(op), 2*valueWidth))
	}
	if more := s.marked.count - len(names); more > 0 {
		names = append(names, "and "+text.Number(more)+" more")
	}
	return strings.Join(names, "; ") + "."
}

// guardItems are the guards that blocked the run or were bypassed.
func (s *survey) guardItems() (items []lookItem) {
	for _, g := range s.Guards {
		switch {
		case g.Blocks():
			items = append(items, lookItem{guard: true, level: "bad", title: "Blocked by guard " + guardName(g), text: guardText(g) + ". " + blockedText(s.Head) +
				" To let this one run through, look at the plan, then add:", command: g.Flag()})
			if g.Flag() == "" {
				items[len(items)-1].text = guardText(g) + ". " + blockedText(s.Head)
			}
		case g.AllowedBy != "":
			origin := originOf(s.Settings, g.AllowedBy)
			if origin != "" {
				origin = ", from " + text.Visible(origin)
			}
			items = append(items, lookItem{guard: true, level: "look", title: "Guard " + guardName(g) + " bypassed by " + text.Visible(g.AllowedBy), text: guardText(g) + origin + "."})
		}
	}
	return items
}

// stateItem is what ended in a state that needs a look.
func (s *survey) stateItem(state sync.State) []lookItem {
	found := s.unsettled[state]
	if found.count == 0 {
		return nil
	}
	said := map[sync.State]lookItem{
		sync.Failed:   {level: "bad", text: "Rejected by the API, or the live list does not show the change."},
		sync.Stale:    {level: "odd", text: "The account changed since the plan, so nothing was sent."},
		sync.Accepted: {level: "look", text: "Accepted by the API, but not verified: the live list does not show the change yet."},
	}[state]
	said.title, said.count, said.link, said.ops = text.Counted(found.count, "operation")+" "+string(state), found.count, "#state="+string(state), found.ops
	said.columns = page.Columns{Op: true, Row: true, Why: true}
	return []lookItem{said}
}

// withheldItems say each reason for which operations are not sent once, with the
// first of them.
func (s *survey) withheldItems() (items []lookItem) {
	const shown = 20
	counts := s.withheldCounts()
	for _, why := range mostFirst(counts, len(counts)) {
		if s.plan() && s.withheld[why].coded == 0 {
			continue // planned, and nothing stands in its way
		}
		if len(items) == shown {
			items = append(items, lookItem{level: "held", title: "And " + text.Counted(len(counts)-shown, "more reason"), text: "They are in result.csv."})
			break
		}
		found := s.withheld[why]
		verb := " withheld"
		if s.plan() {
			verb = " would not be sent"
		}
		item := lookItem{level: "held", title: text.Counted(found.count, "operation") + verb, text: message(cmp.Or(why, "not asked to send anything")) + ".", count: found.count, ops: found.ops,
			link: "#state=withheld&q=" + url.QueryEscape(strings.TrimSuffix(text.Clip(why, 60), text.Ellipsis)), columns: page.Columns{Op: true, Identity: true, Takes: slices.ContainsFunc(found.ops, func(op *sync.Operation) bool { return op.Removal() })}}
		if s.plan() {
			item.link = strings.Replace(item.link, "state=withheld&", "", 1)
		}
		items = append(items, item)
	}
	return items
}

// changeItems are changes that are rarely meant: values cleared, accounts given
// to somebody else, numbers that past nights did not have.
func (s *survey) changeItems() (items []lookItem) {
	var cleared []string
	link, sum, touched := "", 0, 0
	for _, a := range s.changedAttributes() {
		if a.Cleared > 0 {
			sum, touched = sum+a.Cleared, s.touched[a.Name]
			cleared, link = append(cleared, text.Clip(a.Name, valueWidth)+" "+text.Number(a.Cleared)), "#attribute="+url.QueryEscape(text.Visible(a.Name))
		}
	}
	switch len(cleared) {
	case 0:
	case 1:
		items = append(items, lookItem{level: "look", title: text.Counted(sum, "value") + " cleared", text: "Accounts that lose their value: " + cleared[0] + ".", link: link, count: touched})
	default:
		items = append(items, lookItem{level: "look", title: text.Counted(sum, "value") + " cleared", text: "Accounts that lose their value: " + strings.Join(cleared[:min(len(cleared), listed)], ", ") + "."})
	}
	if s.moved.count > 0 {
		items = append(items, lookItem{level: "look", title: text.Counted(s.moved.count, "account") + " moved to another identity", text: "The account goes to another identity, or to none.",
			count: s.moved.count, link: s.planned("#attribute="+account.IdentityIDColumn, diff.Ops...), columns: page.Columns{Op: true, Row: true, Identity: true}, ops: s.moved.ops})
	}
	for _, note := range s.Unusual {
		items = append(items, lookItem{level: "look", title: "Unusual: " + text.Number(note.Planned) + " to " + toBe(note.Op), text: note.String() + "."})
	}
	return items
}

// others are the items that lists of guards and rejected rows do not hold.
func others(items []lookItem) []lookItem {
	return slices.DeleteFunc(items, func(i lookItem) bool { return i.guard || len(i.rows) > 0 })
}

// sentence is the item in a sentence.
func (i lookItem) sentence() string { return strings.Join(nonEmpty(i.title, i.text), ": ") }

func firstUpper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// lookSymbols stand beside the title of an item.
var lookSymbols = map[string]string{"bad": "✗", "look": "!", "odd": "≠", "held": "–"}

// pageItems are the items as the page shows them. numbers are the operations
// that it holds, by place.
func (s *survey) pageItems(numbers map[int64]int) (items []page.Item) {
	for _, i := range s.look() {
		item := page.Item{Level: i.level, Symbol: lookSymbols[i.level], Title: i.title, Text: firstUpper(i.text), Command: text.Visible(i.command), Count: i.count, Link: i.link, Columns: i.columns}
		for _, op := range i.ops {
			item.Lines = append(item.Lines, s.lineOf(op, numbers))
		}
		for _, row := range i.rows {
			item.Lines = append(item.Lines, page.Line{Key: text.Visible(row.Key), Row: lineCell(s.Input, row.Line), Why: message(row.Reason)})
		}
		if item.More() == 0 && len(item.Lines) > 0 {
			item.Link = "" // they are all here
		}
		items = append(items, item)
	}
	return items
}

// lineOf is an operation in a list of the page.
func (s *survey) lineOf(op *sync.Operation, numbers map[int64]int) page.Line {
	l := page.Line{Number: numbers[op.Row.Place], Key: text.Visible(op.Key), Name: otherName(op), Op: text.Visible(string(op.Op)), Symbol: opSymbol(op.Op), State: text.Visible(string(op.State)), Row: lineCell(s.Input, op.Line),
		Identity: whose(op), Marked: identityMark(op) != "", Why: message(why(op))}
	if op.TrackingID != "" {
		l.Why += " (trackingId " + text.Visible(op.TrackingID) + ")"
	}
	if op.Removal() {
		for _, a := range held(op) {
			l.Takes = append(l.Takes, page.Change{Name: text.Visible(a.Name), Before: shownTexts(a.Value), List: a.Value.IsList()})
		}
	}
	return l
}

// removals lists the accounts taken away, those of somebody first.
func (s *survey) removals(numbers map[int64]int) page.Removals {
	r := page.Removals{Count: s.marked.count + s.unmarked.count, Marked: s.marked.count, Link: s.planned("#op=delete&op=disable", diff.Delete, diff.Disable)}
	ops := slices.Concat(s.marked.ops, s.unmarked.ops)
	for _, op := range ops[:min(len(ops), listed)] {
		r.Lines = append(r.Lines, s.lineOf(op, numbers))
	}
	shared := s.removalReason
	if shared != nil && !shared.differ {
		r.Reason = message(shared.text)
	} else {
		r.Why = true
	}
	return r
}

// verdict is how the run ended. A plan that a guard holds back, that bypasses
// one, or that takes an account from somebody, never looks good, nor does a run
// with a bug.
func (s *survey) verdict() verdict {
	v := verdictOf(s.Head)
	bypassed := slices.ContainsFunc(s.Guards, func(g diff.Guard) bool { return g.Blocks() || g.AllowedBy != "" })
	if s.plan() && v.Level == "good" && (bypassed || s.marked.count > 0) {
		v.Level, v.Symbol = "look", "!"
		v.Detail = strings.TrimSpace(v.Detail + " Look at what is marked before it is applied.")
	}
	if _, sum := tallyRows(&s.Totals); s.Outcome == sync.Changed && sum.Withheld > 0 {
		v.Detail = "What was sent was seen in the live list; the rest was left out."
		if sum.Withheld == sum.Planned {
			v.Detail = "All of it was left out."
		}
	}
	return v
}
