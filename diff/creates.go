package diff

import (
	"slices"
	"strings"

	"accountsync/account"
)

// creates makes a change of every row that has no account, in file order, and
// of what is to follow them; it rejects the rows that cannot be created. It
// leaves room for extra changes.
func (d *Diff) creates(extra int) ([]Change, error) {
	creates := make([]Change, 0, d.accountless()+extra)
	var made []entry // the rows of the creates
	var wants []want
	var follow []rowChange
	for i := range entry(d.ix.n) {
		if d.seen.has(i) || d.ix.rejected.has(i) || d.ix.joined.has(i) {
			continue
		}
		row, err := d.ix.row(i)
		if err != nil {
			return nil, err
		}
		if row.Invalid != "" {
			d.rejects[i] = strings.Clone(row.Invalid)
			continue
		}
		d.alike.create(i, row.Key)
		d.conventions.create(i, d.ix.hash.columns, row)
		made = append(made, i)
		creates = append(creates, d.createChange(i, row))
		follow = append(follow, d.followUps(i, &row.States, &creates[len(creates)-1])...)
		if d.ix.keyed() {
			wants = append(wants, want{i, d.identityHash(row)})
		}
	}
	if err := d.refuseLookalikes(); err != nil {
		return nil, err
	}
	if d.lookalike > 0 && !d.lookalikesAllowed {
		creates, wants = d.withoutRejected(made, creates, wants)
	}
	if d.ix.keyed() {
		creates = d.refuseOverwrites(creates, wants)
	}
	for _, f := range follow {
		if _, refused := d.rejects[f.row]; !refused {
			creates = append(creates, f.change)
		}
	}
	return creates, nil
}

// withoutRejected leaves out the creates, and what they want, of rows that are
// rejected now.
func (d *Diff) withoutRejected(made []entry, creates []Change, wants []want) ([]Change, []want) {
	sound := 0
	for k, i := range made {
		if _, refused := d.rejects[i]; refused {
			continue
		}
		creates[sound] = creates[k]
		if len(wants) > 0 {
			wants[sound] = wants[k]
		}
		sound++
	}
	return creates[:sound], wants[:min(sound, len(wants))]
}

// accountless is the number of rows that can be trusted and have no account.
func (d *Diff) accountless() int {
	return d.ix.n - d.seen.count() - d.ix.rejected.count() - d.ix.joined.count()
}

func (d *Diff) createChange(i entry, row account.Row) Change {
	c := Change{Op: Create, Key: strings.Clone(row.Key), Line: row.Line, Offset: row.Offset, Joined: d.ix.joinedOffsets(i)}
	c.Impossible, c.Reason = d.policy.create()
	c.Fields = d.ix.createFields(row)
	return c
}

// followUps are what a created account still needs to be as its row wants it,
// held against what a new account is for all that is known: enabled, and nobody's.
func (d *Diff) followUps(i entry, s *account.States, create *Change) (changes []rowChange) {
	if create.Impossible != "" {
		return nil
	}
	var fresh account.Account
	for _, step := range d.policy.steps(nil, s, &fresh) {
		c := step.change(*create, &fresh)
		c.AfterCreate = true
		changes = append(changes, rowChange{i, c})
	}
	return changes
}

// createFields are the fields of the create that a row asks for.
func (ix *Index) createFields(row account.Row) []Field {
	attrs := ix.table.CreateAttributes(row)
	fields := make([]Field, len(attrs))
	for i, a := range attrs {
		fields[i] = Field{Attribute: a.Name, After: a.Value}
	}
	return fields
}

// want is the native identity that the create of a row asks for, as a hash; 0
// for none.
type want struct {
	row      entry
	identity uint64
}

func (d *Diff) identityHash(row account.Row) uint64 {
	attrs := d.ix.table.CreateAttributes(row)
	i := slices.IndexFunc(attrs, func(a account.Attribute) bool { return a.Name == d.ix.identity })
	if i < 0 {
		return 0
	}
	texts := attrs[i].Value.AppendTexts(nil)
	if len(texts) == 0 {
		return 0
	}
	return d.hash.key(texts[0])
}
