package diff

import (
	"slices"
	"strconv"
	"strings"

	"accountsync/account"
)

var stateColumns = []string{account.DisabledColumn, account.LockedColumn, account.IdentityIDColumn, account.ManuallyCorrelatedColumn}

// flagColumns are those of states that are true or false, with the state of an account.
var flagColumns = map[string]func(*account.Account) bool{
	account.DisabledColumn:           func(a *account.Account) bool { return a.Disabled },
	account.LockedColumn:             func(a *account.Account) bool { return a.Locked },
	account.ManuallyCorrelatedColumn: func(a *account.Account) bool { return a.ManuallyCorrelated },
}

// cell is what the row has in a column of a state, "" where the file lacks it.
func (w world) cell(row wanted, column string) string {
	if !slices.Contains(w.columns, column) {
		return ""
	}
	if flagColumns[column] != nil {
		return strings.ToLower(row.states[column])
	}
	return row.states[column]
}

// invalid says whether nothing may be written on the row's word.
func (w world) invalid(row wanted) bool {
	for column := range flagColumns {
		if cell := w.cell(row, column); cell == "maybe" {
			return true
		}
	}
	return row.wrong || w.cell(row, account.LockedColumn) == "true"
}

// moves says whether the account is to belong to another identity.
func (w world) moves(row wanted, a *account.Account) bool {
	return slices.Contains(w.columns, account.IdentityIDColumn) && w.cell(row, account.IdentityIDColumn) != a.IdentityID
}

func (w world) statesMet(row wanted, a *account.Account) bool {
	for column, state := range flagColumns {
		if cell := w.cell(row, column); cell != "" && cell != strconv.FormatBool(state(a)) {
			return false
		}
	}
	return !w.moves(row, a)
}

// create foretells a create and what follows it.
func (f *fate) create(row wanted, w world) {
	withheld := w.policy.Direct && !w.policy.AllowDirectCreate
	if f.change(Create, row.key, "", withheld); withheld {
		return
	}
	newborn := &account.Account{ID: "new"}
	f.update(row, newborn, nil, w)
	f.toggle(row, newborn, w)
}

// update foretells what changes attributes and identity, and whether that is a put.
func (f *fate) update(row wanted, a *account.Account, fields []string, w world) (put bool) {
	var correlation []string
	if w.moves(row, a) {
		correlation = append(correlation, account.IdentityIDColumn)
	}
	if cell := w.cell(row, account.ManuallyCorrelatedColumn); cell != "" && (correlation != nil || cell != strconv.FormatBool(a.ManuallyCorrelated)) {
		correlation = append(correlation, account.ManuallyCorrelatedColumn)
	}
	tied := w.policy.Authoritative && !w.policy.AllowRecorrelate
	patches := w.policy.UpdateWith == Patch
	if patches && fields != nil && correlation != nil && !tied && !w.policy.Direct {
		f.change(Patch, row.key, a.ID, false, append(fields, correlation...)...)
		return false
	}
	if fields != nil && patches {
		f.change(Patch, row.key, a.ID, w.policy.Direct, fields...)
	} else if fields != nil {
		f.change(Put, row.key, a.ID, w.policy.Direct, fields...)
	}
	if correlation != nil {
		f.change(Patch, row.key, a.ID, tied, correlation...)
	}
	return fields != nil && !patches
}

// toggle foretells what enables, disables and unlocks.
func (f *fate) toggle(row wanted, a *account.Account, w world) {
	switch cell := w.cell(row, account.DisabledColumn); {
	case cell == "true" && !a.Disabled:
		f.change(Disable, row.key, a.ID, false, account.DisabledColumn)
	case cell == "false" && a.Disabled:
		f.change(Enable, row.key, a.ID, false, account.DisabledColumn)
	case cell == "" && w.back(a):
		f.change(Enable, row.key, a.ID, false)
	}
	if w.cell(row, account.LockedColumn) == "false" && a.Locked {
		f.change(Unlock, row.key, a.ID, false, account.LockedColumn)
	}
}
