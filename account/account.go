// Package account holds the nouns of the program: accounts, their attribute
// values, sources and schemas, the rows of a desired-state table, and what the
// API is asked for.
package account

import (
	"iter"
	"strings"
)

// Account is one live account, as a listing or a get shows it.
//
// While a page is read its strings are views into that page: Clone what must
// outlive the step of the iteration, or the whole page stays in memory.
type Account struct {
	ID             string
	Name           string
	NativeIdentity string
	SourceID       string
	IdentityID     string // empty when uncorrelated
	IdentityName   string // the correlated identity's name; may be empty
	IdentityState  string // the correlated identity's state as ISC words it, e.g. ACTIVE; may be empty
	Disabled       bool
	Locked         bool

	ManuallyCorrelated bool
	Uncorrelated       bool
	IsMachine          bool   // it belongs to a machine identity
	Origin             string // AGGREGATED or PROVISIONED; may be empty

	// Created and Modified are times as the API wrote them; may be empty.
	Created, Modified string

	Attributes []Attribute // as the API sent them, in its order; nil when it sent null
}

// Attribute is one name and its value.
type Attribute struct {
	Name  string
	Value Value
}

// IDNowDescription is the attribute ISC adds to an account by itself. No schema
// names it: it is never compared, and always sent back on PUT.
const IDNowDescription = "idNowDescription"

// Attribute returns the value of the named attribute, "" when it is missing.
func (a *Account) Attribute(name string) Value {
	for i := range a.Attributes {
		if a.Attributes[i].Name == name {
			return a.Attributes[i].Value
		}
	}
	return ""
}

// Clone copies the account and every string in it.
func (a *Account) Clone() *Account {
	c := *a
	for _, s := range []*string{&c.ID, &c.Name, &c.NativeIdentity, &c.SourceID, &c.IdentityID, &c.IdentityName, &c.IdentityState, &c.Origin, &c.Created, &c.Modified} {
		*s = strings.Clone(*s)
	}
	c.Attributes = CloneAttributes(a.Attributes)
	return &c
}

// CloneAttributes copies the list and every string in it.
func CloneAttributes(attrs []Attribute) []Attribute {
	if attrs == nil {
		return nil
	}
	c := make([]Attribute, len(attrs))
	for i, at := range attrs {
		c[i] = Attribute{strings.Clone(at.Name), Value(strings.Clone(string(at.Value)))}
	}
	return c
}

// Query selects accounts of one source. Offset and Limit count records.
type Query struct {
	SourceID         string
	NativeIdentities []string // when set, only these (nativeIdentity in (...))
	IDs              []string // when set, only these (id in (...))
	Filters          string   // when set, these conditions too, in the API's own words
	Sorters          string   // "" asks for id
	Offset, Limit    int      // Limit 0 asks for the largest page, 250
	Count            bool     // ask for the total (X-Total-Count)
	DetailLevel      string   // SLIM or FULL, "" for what the API gives unasked
}

// Page is one page of a listing.
type Page struct {
	// Total is the X-Total-Count of the answer, -1 when it carried none.
	Total int
	// Accounts yields the accounts of the page. The Account it yields is used
	// again for the next one. An error ends the iteration.
	Accounts iter.Seq2[*Account, error]
}

// Task is the state of one asynchronous task of the API.
type Task struct {
	ID string
	// Status is the completionStatus in upper case without underscores
	// (SUCCESS, WARNING, ERROR, TERMINATED, TEMPERROR), "" while it runs.
	Status  string
	Message string // what the task said of itself, errors first; may be empty
}

// Done reports whether the task has ended.
func (t Task) Done() bool { return t.Status != "" }

// Failed reports whether the task ended without doing its work.
func (t Task) Failed() bool { return t.Done() && t.Status != "SUCCESS" && t.Status != "WARNING" }

// Receipt is what the API answered to a write it took.
type Receipt struct {
	Task       string // the task to ask about; empty where the operation has none
	HTTPStatus int
	Attempts   int // how often the request was sent
}
