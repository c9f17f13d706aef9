package sync

import (
	"slices"
	"strconv"

	"accountsync/account"
	"accountsync/diff"
)

// The fields of a patch that are no attributes of the account, named as the
// columns of a desired-state CSV.
const (
	IdentityID         = "account.identityId"         // a string; null uncorrelates
	ManuallyCorrelated = "account.manuallyCorrelated" // true or false
)

// patchOps is a patch in the API's words: only what is to change.
func patchOps(op *Operation) []account.PatchOp {
	var ops []account.PatchOp
	for _, f := range op.Changes {
		p := account.PatchOp{Op: "add", Path: account.AttributePath(f.Attribute), Value: f.After}
		switch f.Attribute {
		case IdentityID:
			p.Path = "/identityId"
		case ManuallyCorrelated:
			p.Path = "/manuallyCorrelated"
		}
		if f.After.IsEmpty() {
			p.Op, p.Value = "remove", ""
		}
		ops = append(ops, p)
	}
	return ops
}

// stated is the account as an operation compares it: for a patch its state
// stands among its attributes.
func stated(op *Operation, a *account.Account) *account.Account {
	if op.Op != diff.Patch {
		return a
	}
	c := *a
	c.Attributes = append(slices.Clone(a.Attributes),
		account.Attribute{Name: IdentityID, Value: account.StringValue(a.IdentityID)},
		account.Attribute{Name: ManuallyCorrelated, Value: account.Value(strconv.FormatBool(a.ManuallyCorrelated))})
	return &c
}

// toggle is what enable and disable are told.
func (r *Run) toggle() account.Toggle {
	t := r.settings.Tell
	return account.Toggle{ExternalVerificationID: t.ExternalVerificationID, ForceProvisioning: t.ForceProvisioning}
}
