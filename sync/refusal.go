package sync

import (
	"fmt"

	"accountsync/account"
	"accountsync/diff"
)

// impossible says why the source does not allow an act, "" when it does.
func (a *asking) impossible(act *Act) string {
	if a.source.FlatFile() || act.Op == diff.Patch && !hasAttributes(act.Fields) {
		return ""
	}
	return diff.NotDirect(act.Op)
}

// refusal says why an act must not be done, "" when it may.
func (a *asking) refusal(act *Act, live *account.Account) string {
	switch {
	case live == nil:
		return ""
	case removes(act.Op) && a.settings.Policy.Protect.Protects(live.NativeIdentity, live.Name):
		return "it is protected (--protect)"
	case act.Op == diff.Put || act.Op == diff.Patch:
		return a.renaming(act, live)
	}
	return ""
}

// renaming refuses to change what the account is known by.
func (a *asking) renaming(act *Act, live *account.Account) string {
	for _, f := range act.Fields {
		column := account.Column{Attribute: f.Attribute}
		if f.Attribute == a.schema.IdentityAttribute && !column.Equal(live.NativeIdentity, f.After) {
			return fmt.Sprintf("%s is the account's native identity, which cannot be changed", f.Attribute)
		}
	}
	return ""
}

// hasAttributes reports whether a patch changes more than the account's state.
func hasAttributes(fields []diff.Field) bool {
	for _, f := range fields {
		if !account.IsStateColumn(f.Attribute) {
			return true
		}
	}
	return false
}
