package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// Detail is all that a plan or a run holds of one account.
type Detail struct {
	// Result has the operations, rows and orphans of the account, and no others:
	// see sync.Result.About.
	Result *sync.Result
	// Attempts are how its operations stood in the course of the run, in order.
	Attempts map[*sync.Operation][]Attempt
	Expires  time.Time // of a saved plan; zero of a run
}

// Attempt is how an operation stood at a time.
type Attempt struct {
	At         time.Time
	State      sync.State
	HTTP       int
	Task       string
	TaskStatus string
	TrackingID string
	Error      string
}

// Show writes everything a plan or a run holds of one account, whole: each of
// its operations with every value before and after, how it was sent and what
// came back, and its row where that was rejected or kept.
func Show(w io.Writer, d *Detail, opt Options) error {
	p := newPrinter(w, opt)
	p.section(func() { p.detailHead(d) })
	for _, s := range d.Result.Sources {
		p.section(func() { p.long(0, words(bold, "%s", sourceTitle(s))...) })
		for _, op := range s.Operations {
			p.whole(d, s, op)
		}
		p.rows(s)
	}
	return p.w.Flush()
}

// timeShown is how times are shown, in UTC.
const timeShown = "2006-01-02 15:04:05"

// detailHead says what plan or run it is.
func (p *printer) detailHead(d *Detail) {
	r := d.Result
	spans := words(bold, "%s %s:", visible(r.Command), visible(r.Run))
	began := r.Started.UTC().Format(timeShown) + " UTC"
	if !d.Expires.IsZero() {
		p.long(0, append(spans, words(plain, "a saved plan, made %s, expires %s UTC", began, d.Expires.UTC().Format(timeShown))...)...)
		return
	}
	p.long(0, append(spans, words(plain, "%s, exit %d, began %s", visible(string(r.Outcome)), r.ExitCode, began)...)...)
}

func sourceTitle(s *sync.Source) string {
	about := strings.Join(nonEmpty(visible(s.Source.ID), visible(s.Source.Type)), ", ")
	return fmt.Sprintf("%s (%s)", visible(sourceName(s)), about)
}

// whole shows one operation.
func (p *printer) whole(d *Detail, s *sync.Source, op *sync.Operation) {
	p.section(func() {
		sign, color := symbol(op.Op)
		p.long(0, span{sign + " " + visible(string(op.Op)), color}, span{visible(op.Key), bold})
		p.fact("state", stateStyle(op.State), "%s", standing(d, op))
		p.origin(s, op)
		p.sent(op)
	})
	p.section(func() { p.changes(op) })
	p.section(func() { p.history(op, d.Attempts[op]) })
}

// standing is the operation's state, in the words of a plan where it is one.
func standing(d *Detail, op *sync.Operation) string {
	if !d.Expires.IsZero() && op.State == sync.Withheld {
		return "planned"
	}
	return visible(string(op.State))
}

// origin says where an operation comes from and whose account it is about.
func (p *printer) origin(s *sync.Source, op *sync.Operation) {
	if op.Line > 0 {
		p.fact("row", plain, "%s", rowOf(s, op.Line, len(op.Joined)))
	}
	switch {
	case op.Account != "":
		p.fact("account", plain, "%s", visible(op.Account))
	case op.AfterCreate():
		p.fact("account", plain, "none yet, its create comes first")
	}
	if op.Native != "" && op.Native != op.Key {
		p.fact("native", plain, "%s", visible(op.Native))
	}
	if op.IdentityID != "" {
		color, mark := plain, ""
		if identityMark(op) != "" {
			color, mark = red, "! "
		}
		p.fact("identity", color, "%s%s, %s", mark, visible(op.IdentityID), visible(cmp.Or(op.IdentityState, "state unknown")))
	}
	for _, w := range op.Warnings {
		p.fact("warning", red, "! %s", warningText(w, s))
	}
	if op.Reason != "" {
		p.fact("reason", plain, "%s", visible(op.Reason))
	}
}

// rowOf names a line of a source's input.
func rowOf(s *sync.Source, line, joined int) string {
	text := lineText(line)
	if s.Input.File != "" {
		text += " of " + visible(s.Input.File)
	}
	if joined > 0 {
		text += ", and " + counted(joined, "record") + " joined with it"
	}
	return text
}

// sent says how an operation was sent and what came back.
func (p *printer) sent(op *sync.Operation) {
	if op.Attempts > 0 {
		parts := []string{counted(op.Attempts, "attempt")}
		if op.HTTP > 0 {
			parts = append(parts, fmt.Sprintf("HTTP %d", op.HTTP))
		}
		if op.DurationMS > 0 {
			parts = append(parts, brief(time.Duration(op.DurationMS)*time.Millisecond))
		}
		p.fact("sent", plain, "%s", strings.Join(parts, ", "))
	}
	if task := nonEmpty(visible(op.Task), visible(op.TaskStatus)); len(task) > 0 {
		p.fact("task", plain, "%s", strings.Join(task, ", "))
	}
	if op.TrackingID != "" {
		p.fact("trackingId", plain, "%s", visible(op.TrackingID))
	}
	if op.Lost {
		p.fact("answer", yellow, "none came: it may or may not have been done")
	}
	if op.Error != "" {
		p.fact("error", red, "%s", visible(op.Error))
	}
}

// history lists how the operation stood in the course of its run: what each
// record says that neither the one before nor the operation itself does.
func (p *printer) history(op *sync.Operation, all []Attempt) {
	if len(all) > 0 {
		p.text(2, "On record, in UTC:")
	}
	before := Attempt{TrackingID: op.TrackingID, Error: op.Error}
	for _, a := range all {
		spans := []span{{a.At.UTC().Format(timeShown + ".000"), plain}}
		spans = append(spans, span{visible(string(a.State)), stateStyle(a.State)})
		for _, part := range news(before, a) {
			spans[len(spans)-1].text += ","
			spans = append(spans, words(plain, "%s", visible(part))...)
		}
		p.long(4, spans...)
		before = Attempt{HTTP: a.HTTP, Task: a.Task, TaskStatus: a.TaskStatus, TrackingID: op.TrackingID, Error: op.Error}
	}
}

// news is what is on record of an attempt and not of the one before it.
func news(before, a Attempt) (parts []string) {
	for _, part := range []struct{ name, before, now string }{
		{"HTTP ", fmt.Sprint(before.HTTP), fmt.Sprint(a.HTTP)},
		{"task ", before.Task, a.Task},
		{"task ", before.TaskStatus, a.TaskStatus},
		{"trackingId ", before.TrackingID, a.TrackingID},
		{"", before.Error, a.Error},
	} {
		if part.now != part.before && part.now != "" && part.now != "0" {
			parts = append(parts, part.name+part.now)
		}
	}
	return parts
}

// rows shows what has no operation: rows that were rejected or kept, and the
// account that no row asks for.
func (p *printer) rows(s *sync.Source) {
	for _, row := range s.Rejected {
		p.section(func() {
			p.long(0, span{"! rejected", yellow}, span{visible(row.Key), bold})
			if row.Line > 0 {
				p.fact("row", plain, "%s", rowOf(s, row.Line, 0))
			}
			p.fact("reason", plain, "%s", visible(row.Reason))
		})
	}
	if s.KeptRows != nil {
		p.section(func() { p.kept(s) })
	}
	for _, o := range s.Orphans {
		p.section(func() {
			p.long(0, span{"  orphan", plain}, span{visible(o.Key), bold})
			p.fact("account", plain, "%s", visible(o.AccountID))
			p.fact("reason", plain, "%s", visible(cmp.Or(o.Reason, "no row asks for it, and it is left alone")))
		})
	}
}

func (p *printer) kept(s *sync.Source) {
	for row, err := range s.KeptRows {
		if err != nil {
			p.fact("error", red, "%s", visible(err.Error()))
			return
		}
		p.long(0, span{"= kept", green}, span{visible(row.Key), bold})
		p.fact("row", plain, "%s", rowOf(s, row.Line, 0))
		p.fact("reason", plain, "the account already is as its row says")
	}
}

// Redact is Redact for a detail.
func (d *Detail) Redact(attributes []string) *Detail {
	if len(attributes) == 0 {
		return d
	}
	copied := &Detail{Result: Redact(d.Result, attributes), Attempts: map[*sync.Operation][]Attempt{}, Expires: d.Expires}
	m := &mask{attributes: attributes}
	for i, s := range d.Result.Sources {
		m.keyed = m.keyOf(s)
		for n, op := range s.Operations {
			hidden := m.hidden(op)
			all := slices.Clone(d.Attempts[op])
			for a := range all {
				all[a].Error = hide(all[a].Error, hidden)
			}
			copied.Attempts[copied.Result.Sources[i].Operations[n]] = all
		}
	}
	return copied
}

// left are the attributes an account holds that the fields do not speak of.
func left(held []account.Attribute, fields []diff.Field) []account.Attribute {
	return slices.DeleteFunc(slices.Clone(held), func(a account.Attribute) bool {
		return slices.ContainsFunc(fields, func(f diff.Field) bool { return f.Attribute == a.Name })
	})
}
