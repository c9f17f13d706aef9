package reports

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Detail is all that a plan or a run holds of one account.
type Detail struct {
	Run     *Run      // of one account: see Run.ForAccount
	Expires time.Time // of a saved plan; zero of a run
}

// Show writes everything a plan or a run holds of one account, whole: each of
// its operations with every value before and after, how it was sent and what
// came back, and its row where that was rejected or kept.
func Show(ctx context.Context, w io.Writer, d *Detail, opt Options) error {
	p := newPrinter(ctx, w, opt)
	h := d.Run.Head()
	p.section(func() { p.detailHead(d) })
	if known(h) {
		p.section(func() { p.long(0, words(bold, "%s", sourceTitle(h))...) })
		p.operations(d.Run, sync.Filter{}, math.MaxInt, all, func(op *sync.Operation) { p.whole(d, h, op) })
		p.rows(d.Run, h)
	}
	return p.end()
}

// timeShown is how times are shown, in UTC.
const timeShown = "2006-01-02 15:04:05"

// detailHead says what plan or run it is.
func (p *printer) detailHead(d *Detail) {
	r := d.Run.Head()
	spans := words(bold, "%s %s:", text.Visible(r.Command), text.Visible(r.Run))
	began := r.Started.UTC().Format(timeShown) + " UTC"
	if d.Expires.IsZero() {
		p.long(0, append(spans, words(plain, "%s, exit %d, began %s", text.Visible(string(r.Outcome)), r.ExitCode, began)...)...)
	} else {
		p.long(0, append(spans, words(plain, "a saved plan, made %s, expires %s UTC", began, d.Expires.UTC().Format(timeShown))...)...)
	}
	p.approval(0, r)
}

func sourceTitle(s *sync.Head) string {
	about := strings.Join(nonEmpty(text.Visible(s.Source.ID), text.Visible(s.Source.Type)), ", ")
	return fmt.Sprintf("%s (%s)", text.Visible(sourceName(s)), about)
}

// whole shows one operation.
func (p *printer) whole(d *Detail, s *sync.Head, op *sync.Operation) {
	p.section(func() {
		sign, color := symbol(op.Op)
		p.long(0, span{sign + " " + text.Visible(string(op.Op)), color}, span{text.Visible(op.Key), bold})
		p.fact("state", stateStyle(op.State), "%s", operationStatus(d, op))
		p.origin(s, op)
		p.sent(op)
	})
	p.section(func() { p.changes(op) })
}

// operationStatus is the operation's state, in the words of a plan where it is one.
func operationStatus(d *Detail, op *sync.Operation) string {
	if !d.Expires.IsZero() && op.State == sync.Withheld {
		return "planned"
	}
	return text.Visible(string(op.State))
}

// origin says where an operation comes from and whose account it is about.
func (p *printer) origin(s *sync.Head, op *sync.Operation) {
	if op.Line > 0 {
		p.fact("row", plain, "%s", rowOf(s, op.Line, len(op.Joined)))
	}
	switch {
	case op.AccountID() != "":
		p.fact("account", plain, "%s", text.Visible(op.AccountID()))
	case op.AfterCreate():
		p.fact("account", plain, "none yet, its create comes first")
	}
	if op.Name != "" {
		p.fact("name", plain, "%s", text.Visible(op.Name))
	}
	if op.Native != "" && op.Native != op.Key {
		p.fact("native", plain, "%s", text.Visible(op.Native))
	}
	if op.IdentityID != "" {
		color, mark := plain, ""
		if identityMark(op) != "" {
			color, mark = red, "! "
		}
		p.fact("identity", color, "%s%s", mark, text.Visible(strings.Join(nonEmpty(op.IdentityName, cmp.Or(op.IdentityState, "state unknown"), op.IdentityID), ", ")))
	}
	for _, w := range op.Warnings {
		p.fact("warning", red, "! %s", warningText(w, s))
	}
	if sentence := reasonText(op); sentence != "" {
		p.fact("reason", plain, "%s", text.Visible(sentence))
	}
}

// rowOf names a line of a source's input.
func rowOf(s *sync.Head, line, joined int) string {
	sentence := lineText(s.Input, line)
	if s.Input.File != "" {
		sentence += " of " + text.Visible(s.Input.File)
	}
	if joined > 0 {
		sentence += ", and " + text.Counted(joined, "record") + " joined with it"
	}
	return sentence
}

// sent says how an operation was sent and what came back.
func (p *printer) sent(op *sync.Operation) {
	if op.Attempts > 0 {
		parts := []string{text.Counted(op.Attempts, "attempt")}
		if op.HTTP > 0 {
			parts = append(parts, fmt.Sprintf("HTTP %d", op.HTTP))
		}
		if op.DurationMS > 0 {
			parts = append(parts, brief(time.Duration(op.DurationMS)*time.Millisecond))
		}
		p.fact("sent", plain, "%s", strings.Join(parts, ", "))
	}
	if task := nonEmpty(text.Visible(op.Task), text.Visible(op.TaskStatus)); len(task) > 0 {
		p.fact("task", plain, "%s", strings.Join(task, ", "))
	}
	if op.TrackingID != "" {
		p.fact("trackingId", plain, "%s", text.Visible(op.TrackingID))
	}
	if op.Ambiguous {
		p.fact("answer", yellow, "none came: it may or may not have been done")
	}
	if op.Error != "" {
		p.fact("error", red, "%s", text.Visible(op.Error))
	}
}

// rows shows what has no operation: rows that were rejected or kept, and the
// account that no row asks for.
func (p *printer) rows(r *Run, s *sync.Head) {
	for row, err := range r.Rejected(p.ctx) {
		if err != nil {
			p.err = cmp.Or(p.err, err)
			return
		}
		p.section(func() {
			p.long(0, span{"! rejected", yellow}, span{text.Visible(row.Key), bold})
			if row.Line > 0 {
				p.fact("row", plain, "%s", rowOf(s, row.Line, 0))
			}
			p.fact("reason", plain, "%s", text.Visible(row.Reason))
		})
	}
	if r.Kept != nil {
		p.section(func() { p.kept(r, s) })
	}
	for o, err := range r.Orphans(p.ctx) {
		if err != nil {
			p.err = cmp.Or(p.err, err)
			return
		}
		p.section(func() {
			p.long(0, span{"  orphan", plain}, span{text.Visible(o.Key), bold})
			p.fact("account", plain, "%s", text.Visible(o.AccountID))
			p.fact("reason", plain, "%s", text.Visible(cmp.Or(o.Reason, "no row asks for it, and it is left alone")))
		})
	}
}

func (p *printer) kept(r *Run, s *sync.Head) {
	for row, err := range r.Kept {
		if err != nil {
			p.fact("error", red, "%s", text.Visible(err.Error()))
			return
		}
		p.long(0, span{"= unchanged", green}, span{text.Visible(row.Key), bold})
		p.fact("row", plain, "%s", rowOf(s, row.Line, 0))
		p.fact("reason", plain, "the account already is as its row says")
	}
}

// left are the attributes an account holds that the fields do not speak of.
func left(held []account.Attribute, fields []diff.Field) []account.Attribute {
	return slices.DeleteFunc(slices.Clone(held), func(a account.Attribute) bool {
		return slices.ContainsFunc(fields, func(f diff.Field) bool { return f.Attribute == a.Name })
	})
}
