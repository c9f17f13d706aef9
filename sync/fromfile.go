package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
)

// ErrNotFlatFile refuses a source whose accounts the API cannot create, put or delete.
var ErrNotFlatFile = errors.New("not a flat-file source, and the API creates, puts and deletes accounts only on flat-file sources")

// counted is how many operations of each kind a plan has that can be sent.
func counted(p *diff.Plan) (counts []Count) {
	for op, n := range p.Counts() {
		counts = append(counts, Count{Op: op, State: Withheld, N: n})
	}
	return counts
}

// bind holds the file's header against the source's schema.
func (f *FromFile) bind(ctx context.Context, r *run) (err error) {
	p, source := &r.s.Policy, r.head.Source
	p.Direct, p.Authoritative = !source.FlatFile(), source.Authoritative
	p.Undeletable = !p.Direct && !source.Deletable()
	if p.Direct && p.Removal != diff.RemovalDisable && !p.AllowDirectCreate && !f.File.HasStates() {
		return fmt.Errorf("source %q (type %s, connectionType %s) is %w", source.Name, source.Type, source.ConnectionType, ErrNotFlatFile)
	}
	if r.head.AccountSchema, err = r.api.Schema(ctx, source.ID); err != nil {
		return fmt.Errorf("reading the account schema of source %q: %w", source.Name, err)
	}
	if r.s.OnSchema != nil {
		if r.head.Redacted, err = r.s.OnSchema(r.head.AccountSchema); err != nil {
			return err
		}
	}
	f.Table, err = f.File.Bind(source, r.head.AccountSchema)
	return err
}

// findIdentities looks up the identities that the rows name by their email,
// alias or name. From then on the rows say their ids.
func (f *FromFile) findIdentities(ctx context.Context, r *run) error {
	field, column, named := f.Table.IdentityField()
	if !named {
		return nil
	}
	done := 0
	return f.Table.FindIdentities(func(texts []string) ([][]account.Identity, error) {
		found, err := r.api.Identities(ctx, field, texts)
		if err != nil {
			return nil, lookFailed(fmt.Sprintf("the identities that column %q names", column), err)
		}
		done += len(texts)
		r.s.Watch(Progress{Step: "reading", Done: done})
		return found, nil
	})
}

// read indexes the whole file before anything is decided.
func (f *FromFile) read(ctx context.Context, r *run) (*diff.Index, error) {
	index := diff.NewIndex(f.Table)
	rows := 0
	for record, err := range f.Table.Records() {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, err
		}
		if rows++; rows%10_000 == 0 {
			r.s.Watch(Progress{Step: "reading", Done: rows})
		}
		if record.Row != nil {
			index.Add(record.Row)
		} else {
			index.Reject(*record.Rejected)
		}
	}
	for _, note := range f.Table.Notes() {
		r.note("%s", note)
	}
	r.head.Input = Input{File: f.Table.Path(), Sheet: f.Table.Sheet(), SHA256: f.Table.SHA256(), Records: rows, Rows: rows,
		Key: f.Table.Key().Attribute, Columns: f.Table.Header()}
	return index, index.Seal()
}

// judge lets the guards judge a plan, before the first write.
func (r *run) judge(p *diff.Plan) {
	t, log := r.terms, r.s.Log
	head := r.head
	head.Guards = diff.Judge(p, t.Limits.For(head.Source), t.Allow)
	if !head.Listing.Named {
		head.Guards = append(head.Guards, diff.JudgeShrunk(r.listed, r.s.Known.Left, t.Limits.Shrunk, t.Allow)...)
	}
	unusual := diff.UnusualNights(p.Counts(), r.s.Usual.Medians, r.s.Usual.Runs, t.Unusual.Factor)
	if t.Unusual.Guard {
		head.Guards = append(head.Guards, diff.JudgeUnusual(unusual, t.Unusual.Factor, t.Allow)...)
	} else {
		head.Unusual = unusual
	}
	if why := r.s.Policy.ClockDoubt; why != "" {
		r.note("Clocks: %s.", why)
	}
	if n := p.EnabledAgain; n > 0 {
		r.note("Missing accounts that were disabled and that somebody has enabled again: %d. They start from the beginning.", n)
	}
	if n := p.NeverShown; n > 0 {
		r.note("Missing accounts whose disable was sent and that no look has shown disabled: %d. They are left alone; a manual task may be waiting for the source owner.", n)
	}
	r.unneeded(p.Unneeded...)
	if unused := p.Unprotecting; len(unused) > 0 {
		r.note("--protect protects no live account with %s.", quotedList(unused))
		log.Warn().Int("entries", len(unused)).Msg("--protect has entries that protect no live account: see the notes of the result")
	}
	r.unmatched(p.Unmatched)
	if p.HoldRemovals != "" {
		head.Hold = Reason{Code: CodeHeld, Details: Details{Count: p.Rejected, Text: p.HoldRemovals}}
	}
	head.Dated = p.Dated
}

// unneeded says of permissions that they had no effect: these flags,
// and those of guards that did not say no.
func (r *run) unneeded(flags ...string) {
	for _, flag := range slices.Concat(r.terms.Allow.Unused(r.head.Guards), flags) {
		r.note("%s had no effect: nothing needed it.", flag)
		r.s.Log.Warn().Msg(flag + " had no effect: nothing needed it")
	}
}

// unmatched says of rules that they matched no operation of the plan.
func (r *run) unmatched(rules []string) {
	if len(rules) > 0 {
		r.note("No operation of the plan matches %s.", quotedList(rules))
		r.s.Log.Warn().Int("rules", len(rules)).Msg("rules of --only or --exclude match no operation: see the notes of the result")
	}
}

// quotedList names the first few of some texts.
func quotedList(texts []string) string {
	const few = 5
	var b strings.Builder
	for i, text := range texts[:min(few, len(texts))] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", text)
	}
	if more := len(texts) - few; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

// sink takes what a diff finds into the record.
type sink struct {
	ctx context.Context
	r   *run
}

// Change adds the operation that makes a change.
func (s sink) Change(c *diff.Change) error { return s.r.rec.AddOperations(s.ctx, s.r.operation(c)) }

// Rejected adds a rejected row.
func (s sink) Rejected(row account.Rejected) error { return s.r.rec.AddRejected(s.ctx, row) }

// Orphan adds an account that no row asks for.
func (s sink) Orphan(o diff.Orphan) error { return s.r.rec.AddOrphans(s.ctx, o) }

// Absence adds what the next run needs to know of an account.
func (s sink) Absence(m diff.Absence) error { return s.r.rec.AddAbsences(s.ctx, m) }

// Withdraw takes back the operations of keys.
func (s sink) Withdraw(keys []string) error { return s.r.rec.Withdraw(s.ctx, keys...) }

// DropAbsences takes back every absence.
func (s sink) DropAbsences() error { return s.r.rec.DropAbsences(s.ctx) }

// operation is a change to be carried out, withheld for now.
func (r *run) operation(c *diff.Change) *Operation {
	op := &Operation{OperationPlan: OperationPlan{Op: c.Op, Key: c.Key, Account: c.AccountID, Line: c.Line, Offset: c.Offset,
		Joined: c.Joined, Changes: c.Fields, Warnings: c.Warnings, IdentityID: c.IdentityID, IdentityName: c.IdentityName, IdentityState: c.IdentityState, Takes: c.Takes,
		Fingerprint: c.Fingerprint, Modified: c.Modified, Force: c.Force, Native: r.native(c), Name: c.Name}}
	op.State = Withheld
	if op.defers() && c.Excluded == "" {
		r.head.Deferred++
	}
	if c.Reason != "" {
		op.Why = Reason{Code: CodeText, Details: Details{Text: c.Reason}}
	}
	switch {
	case c.Impossible != "":
		op.Reason = Reason{Code: CodeNotPossible, Details: Details{Text: c.Impossible}}
	case c.Excluded != "":
		op.Reason = Reason{Code: CodeExcluded, Details: Details{Text: c.Excluded}}
	}
	return op
}

// native is the native identity of a change's account: the key, unless another
// attribute serves as the key.
func (r *run) native(c *diff.Change) string {
	if c.Native != "" {
		return c.Native
	}
	for _, f := range c.Fields {
		if texts := f.After.AppendTexts(nil); c.Op == diff.Create && f.Attribute == r.head.AccountSchema.IdentityAttribute && len(texts) == 1 {
			return texts[0]
		}
	}
	return c.Key
}
