package account

// Identity is a person that accounts are correlated to.
type Identity struct {
	ID    string
	Name  string
	Alias string // the account name on the authoritative source
	Email string // may be empty
}

// IdentityField is by what an identity is looked up, as the API's filters name it.
type IdentityField string

// The fields of identities that a row can name one by.
const (
	IdentityEmail IdentityField = "email"
	IdentityAlias IdentityField = "alias"
	IdentityName  IdentityField = "name"
)

// Text is the identity's own value of the field.
func (i Identity) Text(field IdentityField) string {
	switch field {
	case IdentityEmail:
		return i.Email
	case IdentityAlias:
		return i.Alias
	}
	return i.Name
}
