package diff

import (
	"slices"

	"accountsync/account"
)

// Unmet returns the fields that a live account does not show as they want it.
// Values are compared under the schema's types, lists as sets; fields named
// like a column of a state are held against that state.
func Unmet(schema account.Schema, fields []Field, live *account.Account) []Field {
	var unmet []Field
	for _, f := range fields {
		attribute, _ := schema.Attribute(f.Attribute)
		column := account.Column{Attribute: f.Attribute, Type: attribute.Type, Multi: attribute.Multi || f.After.IsList()}
		if !slices.Equal(normalTexts(nil, column, f.After), normalTexts(nil, column, live.Held(f.Attribute))) {
			unmet = append(unmet, f)
		}
	}
	return unmet
}

// normalTexts are the texts of a value in the form in which they are compared;
// those of a multi-valued attribute as a sorted set. They lie in room, where it
// is large enough.
func normalTexts(room []string, c account.Column, v account.Value) []string {
	texts := v.AppendTexts(room[:0])
	for i := range texts {
		texts[i] = c.Normal(texts[i])
	}
	if c.Multi {
		slices.Sort(texts)
		texts = slices.Compact(texts)
	}
	return texts
}
