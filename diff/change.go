// Package diff decides: desired rows against live accounts gives a Plan, and
// guards judge it. It is pure: no network, no clock, no log.
package diff

import "accountsync/account"

// Op is an operation in the API's own word.
type Op string

// The operations, in the order of their phases: accounts are created and
// updated before any is taken away.
const (
	Create  Op = "create"
	Put     Op = "put"
	Patch   Op = "patch"
	Enable  Op = "enable"
	Unlock  Op = "unlock"
	Disable Op = "disable"
	Reload  Op = "reload"
	Delete  Op = "delete"
)

// Ops lists every operation in the order in which reports show them.
var Ops = []Op{Create, Put, Patch, Enable, Unlock, Disable, Reload, Delete}

// Field is one attribute of a change, or one state, by the name of its column
// (account.disabled and its like). A missing value is "".
type Field struct {
	Attribute string        `json:"attribute"`
	Before    account.Value `json:"before"`
	After     account.Value `json:"after"`
}

// clears reports whether the account loses its value of the attribute.
func (f *Field) clears() bool { return f.After.IsEmpty() } // and Before is not, or it would be no change

// Change is one operation that makes one account as its row wants it.
type Change struct {
	Op        Op
	Key       string
	Native    string // the account's native identity, also where another attribute is the key
	AccountID string // empty for create, and where AfterCreate
	Name      string // the live account's display name
	Line      int    // 0 when no row asks for it
	Offset    int64  // where the row can be read again; -1 without a row
	// Joined is where the further records can be read again when --merge-rows
	// joined several into the row. Plan.Row reads the whole of it.
	Joined []int64
	Reason string // why, in words, where the fields don't say it
	// Impossible says why the change cannot be sent, "" when it can. It is
	// planned all the same, so that it is seen, and withheld.
	Impossible string
	// Excluded is the rule that leaves the change out, "" when none does.
	Excluded string
	Warnings []Warning // what a person should know of it
	// AfterCreate marks what a create of the same plan, with the same key, is
	// to be followed by: it has no account id before the account is there.
	AfterCreate bool
	// Removal marks what takes an account away: a delete, and a disable that
	// no row asks for. The limit on removals counts it.
	Removal bool
	// Force marks what is sent even if the account already is as it asks.
	Force bool
	// Fields are what differs; of a create all attributes that the account gets.
	// Beside a new account.identityId stands account.manuallyCorrelated
	// whenever the row says it, since a move alone makes it true. Nil in
	// removals, and where an account is enabled because its row is back.
	Fields []Field
	// Takes is what a removal takes away: the values that the account holds.
	Takes         []account.Attribute
	Fingerprint   string // of the live account; empty without an account id
	Modified      string // when the live account was modified, as the API wrote it
	IdentityID    string // the identity the account is correlated to
	IdentityName  string
	IdentityState string
}

// Takes are the values that an account holds, which its removal takes away: in
// the API's order, without those it has by itself.
func Takes(a *account.Account) []account.Attribute {
	var held []account.Attribute
	for _, at := range a.Attributes {
		if at.Name != account.IDNowDescription && !at.Value.IsEmpty() {
			held = append(held, at)
		}
	}
	return account.CloneAttributes(held)
}

// Orphan is a live account that no row asks for and that is left alone.
type Orphan struct {
	Key       string `json:"key"`
	AccountID string `json:"account"`
	Reason    string `json:"reason,omitempty"` // why it is left alone, where the policy alone does not say it
}
