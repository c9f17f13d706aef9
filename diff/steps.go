package diff

import "accountsync/account"

// step is one operation that an account needs.
type step struct {
	op         Op
	fields     []Field
	reason     string
	impossible string
}

// change is the step as a change of an account, of what the rest of it says.
func (s step) change(c Change, a *account.Account) Change {
	c.Op, c.Fields, c.Reason, c.Impossible = s.op, s.fields, s.reason, s.impossible
	c.Warnings = WarningsOf(s.op, s.fields, a, false)
	return c
}

// steps are what makes a live account as a sound row wants it, which differs
// from it in these attributes.
func (p *Policy) steps(attributes []Field, s *account.States, a *account.Account) []step {
	steps := p.updates(attributes, correlation(s, a))
	if able, needed := p.enabling(s, a); needed {
		steps = append(steps, able)
	}
	if s.Locked == account.False && a.Locked {
		steps = append(steps, toggle(Unlock, account.LockedColumn, a))
	}
	return steps
}

// enabling is the step that enables or disables an account.
func (p *Policy) enabling(s *account.States, a *account.Account) (able step, needed bool) {
	back := p.disabledBefore(a)
	switch {
	case back && s.Disabled == account.Unmanaged:
		able = step{op: Enable}
	case s.Disabled.Met(a.Disabled):
		return able, false
	case a.Disabled:
		able = toggle(Enable, account.DisabledColumn, a)
	default:
		able = toggle(Disable, account.DisabledColumn, a)
	}
	if back {
		able.reason = "its row is back: an earlier run disabled it"
	}
	return able, true
}

// toggle is the step that turns a state of the account into its opposite.
func toggle(op Op, state string, a *account.Account) step {
	f := Field{Attribute: state, Before: a.Held(state), After: "true"}
	if f.Before == "true" {
		f.After = "false"
	}
	return step{op: op, fields: []Field{f}}
}

// updates are the steps that give an account other attributes and another
// identity: one where a patch can do both.
func (p *Policy) updates(attributes, correlation []Field) (steps []step) {
	update := step{op: p.UpdateWith, fields: attributes, impossible: p.unlessDirect(p.UpdateWith)}
	move := step{op: Patch, fields: correlation, impossible: p.noCorrelation()}
	if len(attributes) > 0 && update.op == move.op && update.impossible == "" && move.impossible == "" {
		update.fields, move.fields = append(attributes, correlation...), nil
	}
	for _, s := range []step{update, move} {
		if len(s.fields) > 0 {
			steps = append(steps, s)
		}
	}
	return steps
}

// correlation are the fields in which an account belongs to another identity
// than its row says, or in another way.
func correlation(s *account.States, a *account.Account) (fields []Field) {
	moves := s.Correlated && s.IdentityID != a.IdentityID
	if moves {
		after := account.Null
		if s.IdentityID != "" {
			after = account.StringValue(s.IdentityID)
		}
		fields = append(fields, Field{Attribute: account.IdentityIDColumn, Before: a.Held(account.IdentityIDColumn), After: after})
	}
	said := s.ManuallyCorrelated != account.Unmanaged
	if said && (moves || !s.ManuallyCorrelated.Met(a.ManuallyCorrelated)) { // a move makes it true unless the same patch says otherwise
		f := Field{Attribute: account.ManuallyCorrelatedColumn, Before: a.Held(account.ManuallyCorrelatedColumn), After: "false"}
		if s.ManuallyCorrelated == account.True {
			f.After = "true"
		}
		fields = append(fields, f)
	}
	return fields
}
