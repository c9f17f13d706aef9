// Package columns holds the header of a desired-state table against the account
// schema of a source, side by side, and says what to type where they differ.
package columns

import (
	"context"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/csvfile"
)

// API is what of the API is needed.
type API interface {
	Source(ctx context.Context, idOrName string) (account.Source, error)
	Schema(ctx context.Context, sourceID string) (account.Schema, error)
	Accounts(ctx context.Context, q account.Query) (account.Page, error)
	Batch(sourceID string, keys []string) [][]string
}

// mostRows is how many rows of the table are looked at for examples.
const mostRows = 1000

// Report is a table's header and a source's schema side by side.
type Report struct {
	File    string      `json:"file"`
	Source  string      `json:"source"`
	Key     string      `json:"key"` // the identityAttribute of the schema
	Columns []Column    `json:"columns"`
	Missing []Attribute `json:"missing"` // attributes without a column, which are not managed
	Flags   []string    `json:"flags"`   // to type: words, not yet quoted for a shell
	Problem string      `json:"problem,omitempty"`

	Err     error           `json:"-"` // why the table cannot be read as it was asked for
	Remains error           `json:"-"` // why it cannot be read with the flags either
	Options csvfile.Options `json:"-"` // those asked for, and the flags
	Header  []string        `json:"-"`
}

// Attribute is an attribute of the schema.
type Attribute struct {
	Name  string `json:"name"`
	Type  string `json:"type,omitempty"`
	Multi bool   `json:"multi,omitempty"`
	Live  string `json:"live,omitempty"` // an example
}

// Column is a column of the table.
type Column struct {
	Header    string     `json:"header"`
	Is        string     `json:"is"`
	Attribute *Attribute `json:"attribute,omitempty"` // of what is unknown, the nearest one
	Example   string     `json:"example,omitempty"`
	Type      string     `json:"wrongType,omitempty"`  // why a cell does not fit the attribute's type
	Same      bool       `json:"sameValues,omitempty"` // the nearest is told by its values, not by its name
	Flags     []string   `json:"flags,omitempty"`
}

// Compare opens the table as a plan would and holds its header against the
// schema of the source. Examples are of one row and its account where there is
// such a pair. The values of masked attributes are not shown.
func Compare(ctx context.Context, api API, path, sourceName string, options csvfile.Options, masked func(account.Schema) ([]string, error)) (*Report, error) {
	file, err := csvfile.OpenContext(ctx, path, options)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	source, err := api.Source(ctx, sourceName)
	if err != nil {
		return nil, err
	}
	schema, err := api.Schema(ctx, source.ID)
	if err != nil {
		return nil, err
	}
	hidden, err := masked(schema)
	if err != nil {
		return nil, err
	}
	matches := file.Match(source, schema)
	rows, err := file.Head(mostRows)
	if err != nil {
		return nil, err
	}
	e := examples{rows: rows, hidden: hidden}
	if _, err := e.list(ctx, api, account.Query{SourceID: source.ID}); err != nil {
		return nil, err
	}
	if err := e.compare(ctx, api, file, source, schema, matches); err != nil {
		return nil, err
	}
	if err := e.pair(ctx, api, source, schema, matches); err != nil {
		return nil, err
	}
	r := &Report{File: file.Path(), Source: source.Name, Key: schema.IdentityAttribute, Columns: []Column{}, Missing: []Attribute{}, Flags: []string{}}
	for i, m := range matches {
		r.Columns = append(r.Columns, e.column(i, m))
	}
	r.Flags = append(r.Flags, csvfile.Flags(matches)...)
	r.Missing = append(r.Missing, e.missing(schema, matches)...)
	r.Header, r.Options = file.Header(), options.With(r.Flags...)
	_, r.Err = file.Bind(source, schema)
	if r.Remains = r.Err; r.Err != nil && len(r.Flags) > 0 {
		if err := file.Reread(r.Flags...); err != nil {
			return nil, err
		}
		_, r.Remains = file.Bind(source, schema)
	}
	if r.Err != nil {
		r.Problem = r.Err.Error()
	}
	return r, nil
}

// examples are rows of the table and accounts of the source.
type examples struct {
	rows   [][]string
	pairs  []pair
	live   []map[string]string // the first accounts, and those of the first rows, by attribute
	keys   []string            // their native identities
	hidden []string            // attributes whose values are not shown
}

// pair is a row and its account.
type pair struct {
	row  []string
	live map[string]string
}

// list adds the accounts of one page, and gives them by their native identity.
func (e *examples) list(ctx context.Context, api API, q account.Query) (map[string]map[string]string, error) {
	page, err := api.Accounts(ctx, q)
	if err != nil {
		return nil, err
	}
	for a, err := range page.Accounts {
		if err != nil {
			return nil, err
		}
		e.live = append(e.live, valuesOf(a))
		e.keys = append(e.keys, strings.Clone(a.NativeIdentity))
	}
	byKey := map[string]map[string]string{}
	for i, key := range e.keys {
		byKey[key] = e.live[i]
	}
	return byKey, nil
}

// pair finds the accounts of the first rows.
func (e *examples) pair(ctx context.Context, api API, source account.Source, schema account.Schema, matches []csvfile.Match) error {
	at := slices.IndexFunc(matches, func(m csvfile.Match) bool {
		return m.Column.Attribute == schema.IdentityAttribute && m.Is != csvfile.IsSecond
	})
	if at < 0 || len(e.rows) == 0 {
		return nil
	}
	var keys []string
	for _, row := range e.rows {
		if row[at] != "" {
			keys = append(keys, row[at])
		}
	}
	batches := api.Batch(source.ID, keys)
	if len(batches) == 0 {
		return nil
	}
	byKey, err := e.list(ctx, api, account.Query{SourceID: source.ID, NativeIdentities: batches[0]})
	if err != nil {
		return err
	}
	for _, row := range e.rows {
		if live := byKey[row[at]]; live != nil {
			e.pairs = append(e.pairs, pair{row, live})
		}
	}
	return nil
}

// valuesOf are the values of an account, and its states, as cells.
func valuesOf(a *account.Account) map[string]string {
	values := map[string]string{}
	for _, at := range a.Attributes {
		values[strings.Clone(at.Name)] = cell(at.Value)
	}
	for _, name := range account.StateColumns {
		if v, ok := a.State(name); ok {
			values[name] = cell(v)
		}
	}
	return values
}

func cell(v account.Value) string {
	return strings.Join(v.AppendTexts(nil), csvfile.DefaultSeparator)
}

// column is a column with an example of both sides.
func (e *examples) column(at int, m csvfile.Match) Column {
	c := Column{Header: m.Header, Is: m.Is, Same: m.Same, Flags: m.Flag}
	name := m.Column.Attribute
	if m.Is == csvfile.IsState {
		name = m.Header
	}
	example, live := e.of(at, name)
	if m.Column.Attribute != "" {
		c.Attribute = &Attribute{m.Column.Attribute, string(m.Column.Type), m.Column.Multi, live}
	}
	if m.Column.Attribute != "" {
		for _, row := range e.rows {
			if c.Type = m.Column.Check(row[at]); c.Type != "" {
				example = row[at]
				break
			}
		}
	}
	if !slices.Contains(e.hidden, name) {
		c.Example = example
	}
	return c
}

// of is an example of a column and of an attribute: of one row and its account,
// or else the first of each.
func (e *examples) of(at int, name string) (cell, live string) {
	defer func() {
		if slices.Contains(e.hidden, name) {
			live = ""
		}
	}()
	for _, p := range e.pairs {
		if p.row[at] != "" && p.live[name] != "" {
			return p.row[at], p.live[name]
		}
	}
	for _, row := range e.rows {
		if cell = row[at]; cell != "" {
			break
		}
	}
	for _, values := range e.live {
		if live = values[name]; live != "" {
			break
		}
	}
	return cell, live
}

// missing are the attributes that no column is, or probably means.
func (e *examples) missing(schema account.Schema, matches []csvfile.Match) (missing []Attribute) {
	for _, a := range schema.Attributes {
		if slices.ContainsFunc(matches, func(m csvfile.Match) bool { return m.Column.Attribute == a.Name }) {
			continue
		}
		one := Attribute{Name: a.Name, Type: string(a.Type), Multi: a.Multi}
		for _, values := range e.live {
			if one.Live = values[a.Name]; one.Live != "" {
				break
			}
		}
		if slices.Contains(e.hidden, a.Name) {
			one.Live = ""
		}
		missing = append(missing, one)
	}
	return missing
}
