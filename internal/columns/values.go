package columns

import (
	"context"
	"slices"

	"accountsync/account"
	"accountsync/csvfile"
)

// mostAsked is how many columns of unknown names are tried as the key.
const mostAsked = 5

// compare finds what unknown columns mean whose names say nothing: the
// attribute that no other column is and whose live values theirs are.
func (e *examples) compare(ctx context.Context, api API, file *csvfile.File, source account.Source, schema account.Schema, matches []csvfile.Match) error {
	taken := map[string]bool{}
	for _, m := range matches {
		taken[m.Column.Attribute] = true
	}
	asked := 0
	for i := range matches {
		m := &matches[i]
		if m.Is != csvfile.IsUnknown || m.Column.Attribute != "" {
			continue
		}
		values := e.values(i)
		best := -1
		for at, a := range schema.Attributes {
			if !taken[a.Name] && a.Name != schema.IdentityAttribute && e.hold(a.Name, values) && (best < 0 || e.distinct(a.Name) > e.distinct(schema.Attributes[best].Name)) {
				best = at
			}
		}
		name := ""
		if best >= 0 {
			name = schema.Attributes[best].Name
		}
		if key := schema.IdentityAttribute; !taken[key] && asked < mostAsked {
			asked++
			found, err := areKeys(ctx, api, source.ID, values)
			if err != nil {
				return err
			}
			if found {
				name = key
			}
		}
		if a, known := schema.AttributeOrKey(name); known {
			file.MeansBySame(m, a)
			taken[name] = true
		}
	}
	return nil
}

// values are the different values of a column, in the order of the rows.
func (e *examples) values(at int) (values []string) {
	seen := map[string]bool{"": true}
	for _, row := range e.rows {
		if !seen[row[at]] {
			seen[row[at]] = true
			values = append(values, row[at])
		}
	}
	return values
}

// hold reports whether half of the values, and two at the least, are live ones
// of the attribute.
func (e *examples) hold(name string, values []string) bool {
	live := map[string]bool{}
	for _, a := range e.live {
		live[a[name]] = true
	}
	n := 0
	for _, v := range values {
		if live[v] {
			n++
		}
	}
	return n >= 2 && n*2 >= len(values)
}

// distinct is how many different values of the attribute there are.
func (e *examples) distinct(name string) int {
	live := map[string]bool{}
	for _, a := range e.live {
		live[a[name]] = true
	}
	return len(live)
}

// areKeys asks whether the first of the values are keys of accounts.
func areKeys(ctx context.Context, api API, sourceID string, values []string) (bool, error) {
	batches := api.Batch(sourceID, values[:min(len(values), 50)])
	if len(batches) == 0 {
		return false, nil
	}
	page, err := api.Accounts(ctx, account.Query{SourceID: sourceID, NativeIdentities: batches[0]})
	if err != nil {
		return false, err
	}
	n := 0
	for a, err := range page.Accounts {
		if err != nil {
			return false, err
		}
		if slices.Contains(batches[0], a.NativeIdentity) {
			n++
		}
	}
	return n >= 2 && n*2 >= len(batches[0]), nil
}
