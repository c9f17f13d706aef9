package account

import "strings"

// PatchOp is one step of a JSON Patch. Path is a JSON Pointer, such as
// /identityId, /manuallyCorrelated or an AttributePath. Value is unused by remove.
type PatchOp struct {
	Op    string `json:"op"` // add sets, whether or not it was there; remove; replace
	Path  string `json:"path"`
	Value Value  `json:"value,omitzero"`
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// AttributePath is the JSON Pointer of an attribute.
func AttributePath(name string) string { return "/attributes/" + pointerEscapes.Replace(name) }

// Toggle is what enable and disable can be told.
type Toggle struct {
	ExternalVerificationID string `json:"externalVerificationId,omitzero"`
	ForceProvisioning      bool   `json:"forceProvisioning,omitzero"`
}

// Unlock is what unlock can be told.
type Unlock struct {
	ExternalVerificationID string `json:"externalVerificationId,omitzero"`
	ForceProvisioning      bool   `json:"forceProvisioning,omitzero"`
	UnlockIDNAccount       bool   `json:"unlockIDNAccount,omitzero"`
}
