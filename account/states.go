package account

import (
	"slices"
	"strconv"
	"strings"
)

// The columns that hold a state of the account and no attribute. Whoever names
// such a state, in a change or a report, names it so.
const (
	DisabledColumn           = "account.disabled"
	LockedColumn             = "account.locked"
	IdentityIDColumn         = "account.identityId"
	ManuallyCorrelatedColumn = "account.manuallyCorrelated"
)

// StateColumns are these columns in the order in which they are written.
var StateColumns = [...]string{DisabledColumn, LockedColumn, IdentityIDColumn, ManuallyCorrelatedColumn}

// IsStateColumn reports whether the name is that of a state, not of an attribute.
func IsStateColumn(name string) bool { return slices.Contains(StateColumns[:], name) }

// State is a live account's state as JSON, by the name of its column: true,
// false, the identity's id as a string, or "" when there is no identity. It is
// not ok for a name that is no state's.
func (a *Account) State(column string) (v Value, ok bool) {
	switch column {
	case DisabledColumn:
		return boolValue(a.Disabled), true
	case LockedColumn:
		return boolValue(a.Locked), true
	case ManuallyCorrelatedColumn:
		return boolValue(a.ManuallyCorrelated), true
	case IdentityIDColumn:
		if a.IdentityID == "" {
			return "", true
		}
		return StringValue(a.IdentityID), true
	}
	return "", false
}

// Held is the value of the state or attribute that the name stands for, "" when
// the account has none.
func (a *Account) Held(name string) Value {
	if state, ok := a.State(name); ok {
		return state
	}
	return a.Attribute(name)
}

// Hold gives the state or attribute that the name stands for a value, the way
// Held shows it; "" takes an attribute away.
func (a *Account) Hold(name string, v Value) {
	switch name {
	case DisabledColumn:
		a.Disabled = v == "true"
	case LockedColumn:
		a.Locked = v == "true"
	case ManuallyCorrelatedColumn:
		a.ManuallyCorrelated = v == "true"
	case IdentityIDColumn:
		a.IdentityID = strings.Join(v.AppendTexts(nil), "")
	default:
		a.Attributes = slices.DeleteFunc(slices.Clone(a.Attributes), func(at Attribute) bool { return at.Name == name })
		if v != "" {
			a.Attributes = append(a.Attributes, Attribute{name, v})
		}
	}
}

func boolValue(b bool) Value { return Value(strconv.FormatBool(b)) }

// Flag is what a row wants of a state that is true or false.
type Flag uint8

// The flags.
const (
	Unmanaged  Flag = iota // the row leaves the state alone
	False                  // the state is to be false
	True                   // the state is to be true
	Unreadable             // the cell is neither true nor false: no account is as such a row wants it
)

// Met reports whether a live state is as the row wants it.
func (f Flag) Met(live bool) bool {
	switch f {
	case Unmanaged:
		return true
	case False:
		return !live
	case True:
		return live
	}
	return false
}

// ReadFlag reads a cell: true or false in any letter case; an empty one manages nothing.
func ReadFlag(cell string) Flag {
	switch {
	case cell == "":
		return Unmanaged
	case strings.EqualFold(cell, "true"):
		return True
	case strings.EqualFold(cell, "false"):
		return False
	}
	return Unreadable
}

// States are what a row wants of its account beside attributes. The zero value
// wants nothing.
type States struct {
	Disabled           Flag
	Locked             Flag // True makes a row invalid: the API unlocks and cannot lock
	ManuallyCorrelated Flag

	// Correlated says that the file has the column account.identityId, so that
	// the account is to belong to the identity IdentityID, and to none when
	// that is empty.
	Correlated bool
	IdentityID string
}

// Met reports whether a live account is in these states.
func (s States) Met(a *Account) bool {
	return s.Disabled.Met(a.Disabled) && s.Locked.Met(a.Locked) && s.ManuallyCorrelated.Met(a.ManuallyCorrelated) &&
		(!s.Correlated || s.IdentityID == a.IdentityID)
}
