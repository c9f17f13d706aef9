package diff

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"

	"accountsync/account"
)

// Fingerprint is a hash of what a live account holds: its attributes, whose
// account it is and its state; not what ISC writes into it by itself. Two
// fingerprints of one account are equal when nobody changed it in between.
func Fingerprint(a *account.Account) string {
	h := sha256.New()
	field(h, a.ID)
	field(h, a.NativeIdentity)
	field(h, a.IdentityID)
	field(h, strconv.FormatBool(a.Disabled)+strconv.FormatBool(a.Locked)+strconv.FormatBool(a.ManuallyCorrelated))
	attributes := slices.Clone(a.Attributes)
	slices.SortFunc(attributes, func(x, y account.Attribute) int { return cmp.Compare(x.Name, y.Name) })
	for _, at := range attributes {
		if at.Name == account.IDNowDescription || at.Value.IsEmpty() {
			continue
		}
		texts := normalTexts(account.Column{Multi: at.Value.IsList()}, at.Value)
		field(h, at.Name)
		field(h, strconv.Itoa(len(texts))) // where the texts end and the next name begins
		for _, text := range texts {
			field(h, text)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// field writes one piece with its length, so that pieces cannot run together.
func field(w io.Writer, s string) {
	_, _ = io.WriteString(w, strconv.Itoa(len(s))+":"+s) // a hash does not fail
}
