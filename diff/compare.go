package diff

import (
	"slices"
	"strings"

	"accountsync/account"
)

// compare returns the fields in which a live account is not as its row wants
// it, in column order; none when it is. After is account.Null where the row
// wants no value. Nothing in it shares memory with the live account.
func compare(columns []account.Column, row account.Row, live *account.Account) []Field {
	var fields []Field
	for i, col := range columns {
		before := live.Attribute(col.Attribute)
		if col.Equal(row.Cells[i], before) {
			continue
		}
		after := col.Value(row.Cells[i])
		if after.IsEmpty() {
			after = account.Null
		}
		fields = append(fields, Field{
			Attribute: col.Attribute,
			Before:    account.Value(strings.Clone(string(before))),
			After:     after,
		})
	}
	return fields
}

// Overlay returns the attributes a PUT sends: the live ones in their order,
// with what the fields want laid over them and the attributes only fields name
// behind. PUT replaces, so everything else the account holds is carried over,
// idNowDescription too; an attribute that is to lose its value is sent as null.
// Identity is the schema's identityAttribute and the account's value of it,
// used where the live attributes don't hold one: a PUT without it can cost the
// account.
func Overlay(live []account.Attribute, fields []Field, identity account.Attribute) []account.Attribute {
	out := slices.Grow(slices.Clone(live), len(fields)+1)
	for _, f := range fields {
		out = set(out, account.Attribute{Name: f.Attribute, Value: f.After})
	}
	at := slices.IndexFunc(out, func(a account.Attribute) bool { return a.Name == identity.Name })
	if at >= 0 && !out[at].Value.IsEmpty() {
		return out
	}
	return set(out, identity)
}

// set gives the named attribute its value, at the end when it is not there.
func set(attrs []account.Attribute, a account.Attribute) []account.Attribute {
	for i := range attrs {
		if attrs[i].Name == a.Name {
			attrs[i].Value = a.Value
			return attrs
		}
	}
	return append(attrs, a)
}
