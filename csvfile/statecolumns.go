package csvfile

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/internal/text"
)

// stateColumns is where in the record each state is, -1 where there is none.
type stateColumns struct {
	disabled, locked, identityID, manual int
	lookup                               int // names the identity by field
	field                                account.IdentityField
	any                                  bool
}

func newStateColumns() stateColumns { return stateColumns{-1, -1, -1, -1, -1, "", false} }

// place is where the index of the state's column is kept; nil for another name.
func (c *stateColumns) place(name string) *int {
	switch name {
	case account.DisabledColumn:
		return &c.disabled
	case account.LockedColumn:
		return &c.locked
	case account.IdentityIDColumn:
		return &c.identityID
	case account.ManuallyCorrelatedColumn:
		return &c.manual
	}
	if _, ok := identityField(name); ok {
		return &c.lookup
	}
	return nil
}

// StateColumns lists the states for which the file has a column: DisabledColumn,
// LockedColumn, IdentityIDColumn and ManuallyCorrelatedColumn, in this order.
func (t *Table) StateColumns() []string {
	var names []string
	for _, name := range account.StateColumns {
		if *t.states.place(name) >= 0 || name == account.IdentityIDColumn && t.states.lookup >= 0 {
			names = append(names, name)
		}
	}
	return names
}

// HasStates reports whether the file has a column for a state of accounts,
// under whatever name, or for their identities, that is not ignored.
func (f *File) HasStates() bool {
	for i, name := range f.match.Headers {
		if _, names := identityField(name); (names || account.IsStateColumn(name)) && !slices.Contains(f.opt.Ignore, f.header[i]) {
			return true
		}
	}
	return false
}

// statesOf are the states a record asks for.
func (t *Table) statesOf(record []string) (s account.States) {
	flag := func(at int) account.Flag {
		if at < 0 {
			return account.Unmanaged
		}
		return account.ReadFlag(record[at])
	}
	s.Disabled, s.Locked, s.ManuallyCorrelated = flag(t.states.disabled), flag(t.states.locked), flag(t.states.manual)
	if at := t.states.identityID; at >= 0 {
		s.Correlated, s.IdentityID = true, record[at]
		if t.partial {
			s.IdentityID = text.UnquoteFormula(s.IdentityID)
		}
	}
	return s
}

// wrongStates says why no account can be given the states; "" when one can.
func (t *Table) wrongStates(s account.States) string {
	var wrong []string
	add := func(at int, reason string) {
		wrong = append(wrong, fmt.Sprintf("column %q %s", t.header[at], reason))
	}
	for _, flag := range []struct {
		at   int
		want account.Flag
	}{{t.states.disabled, s.Disabled}, {t.states.locked, s.Locked}, {t.states.manual, s.ManuallyCorrelated}} {
		if flag.want == account.Unreadable {
			add(flag.at, "is neither true nor false")
		}
	}
	if s.Locked == account.True {
		add(t.states.locked, "is true, and the API can unlock an account but not lock it: write false, or leave the cell empty")
	}
	if s.IdentityID != "" && keyProblem(s.IdentityID) != "" {
		add(t.states.identityID, keyProblem(s.IdentityID))
	}
	return strings.Join(wrong, "; ")
}
