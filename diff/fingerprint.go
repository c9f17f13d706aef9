package diff

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"accountsync/account"
)

// Fingerprint is a hash of what a live account holds: its attributes, whose
// account it is and its state; not what ISC writes into it by itself. Two
// fingerprints of one account are equal when nobody changed it in between.
func Fingerprint(a *account.Account) string {
	said := field(make([]byte, 0, 1024), a.ID)
	said = field(said, a.NativeIdentity)
	said = field(said, a.IdentityID)
	said = field(said, strconv.FormatBool(a.Disabled)+strconv.FormatBool(a.Locked)+strconv.FormatBool(a.ManuallyCorrelated))
	attributes := slices.Clone(a.Attributes)
	slices.SortFunc(attributes, func(x, y account.Attribute) int { return cmp.Compare(x.Name, y.Name) })
	var texts []string
	for _, at := range attributes {
		if at.Name == account.IDNowDescription || at.Value.IsEmpty() {
			continue
		}
		texts = normalTexts(texts, account.Column{Multi: at.Value.IsList()}, at.Value)
		said = field(said, at.Name)
		said = field(said, strconv.Itoa(len(texts))) // where the texts end and the next name begins
		for _, text := range texts {
			said = field(said, text)
		}
	}
	sum := sha256.Sum256(said)
	return hex.EncodeToString(sum[:16])
}

// field appends one piece with its length, so that pieces cannot run together.
func field(buf []byte, s string) []byte {
	buf = strconv.AppendInt(buf, int64(len(s)), 10)
	return append(append(buf, ':'), s...)
}
