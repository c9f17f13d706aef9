package diff

import "accountsync/account"

// Warning is what a person should know of a change before it is sent, by code:
// the API may refuse it, or somebody else may undo it.
type Warning string

// The warnings.
const (
	// WarnDelete: SailPoint documents DELETE for sources of the type DelimitedFile alone.
	WarnDelete Warning = "delete-not-documented"
	// WarnProvisioned: ISC provisioned the account, and may create another one for
	// the identity that loses it.
	WarnProvisioned Warning = "provisioned-by-isc"
	// WarnMovedBack: the account is given to another identity and not marked as
	// correlated by hand, so that ISC may correlate it again.
	WarnMovedBack Warning = "may-be-moved-back"
)

// Warnings lists the warnings in the order in which reports show them.
var Warnings = []Warning{WarnDelete, WarnProvisioned, WarnMovedBack}

// WarningsOf are those of one change of an account of a source.
func WarningsOf(op Op, fields []Field, a *account.Account, undeletable bool) (warnings []Warning) {
	if op == Delete && undeletable {
		warnings = append(warnings, WarnDelete)
	}
	moves, byRule := false, false
	for _, f := range fields {
		moves = moves || f.Attribute == account.IdentityIDColumn
		byRule = byRule || f.Attribute == account.ManuallyCorrelatedColumn && f.After == "false"
	}
	if moves && a.Origin == "PROVISIONED" && a.IdentityID != "" {
		warnings = append(warnings, WarnProvisioned)
	}
	if moves && byRule {
		warnings = append(warnings, WarnMovedBack)
	}
	return warnings
}
