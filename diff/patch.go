package diff

import "accountsync/account"

// PatchOps is the JSON Patch that gives an account what the fields want, and
// touches nothing else.
func PatchOps(fields []Field) []account.PatchOp {
	ops := make([]account.PatchOp, len(fields))
	for i, f := range fields {
		ops[i] = patchOp(f)
	}
	return ops
}

// patchOp words a field as the API's published examples do: an identity is
// replaced or removed, an attribute added, which sets it whether or not it was
// there, or removed.
func patchOp(f Field) account.PatchOp {
	op := account.PatchOp{Op: "replace", Value: f.After}
	switch f.Attribute {
	case account.IdentityIDColumn:
		op.Path = "/identityId"
	case account.ManuallyCorrelatedColumn:
		op.Path = "/manuallyCorrelated"
	default:
		op.Op, op.Path = "add", account.AttributePath(f.Attribute)
	}
	if f.After.IsEmpty() {
		op.Op, op.Value = "remove", ""
	}
	return op
}
