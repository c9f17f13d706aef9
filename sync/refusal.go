package sync

import (
	"fmt"

	"accountsync/account"
	"accountsync/diff"
)

// Why the API's documentation does not allow an operation on a source that is
// no flat file.
var notDirect = map[diff.Op]string{
	diff.Create: "the API only makes a record of the account, it does not provision it on the target source: unless the account exists there too, " +
		"the next aggregation removes it again",
	diff.Put:    "PUT can only update accounts of flat-file sources",
	diff.Delete: `only accounts of sources of the type "DelimitedFile" can be deleted: disable it instead`,
}

// impossible says why the source does not allow an act, "" when it does.
func (a *asking) impossible(act *Act) string {
	why := notDirect[act.Op]
	if act.Op == diff.Patch && hasAttributes(act.Fields) {
		why = "PATCH can only change attributes of accounts of flat-file sources"
	}
	if why == "" || a.source.FlatFile() {
		return ""
	}
	return fmt.Sprintf("the source is of type %s: %s", a.source.Type, why)
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
