package csvfile

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/internal/suggest"
)

// What a column of a file is to a source.
const (
	IsKey       = "key"
	IsAttribute = "attribute"
	IsState     = "state"
	IsSource    = "source"
	IsReport    = "report"  // of a failed.csv
	IsIgnored   = "ignored" // by Options.Ignore
	IsUnnamed   = "unnamed"
	IsSecond    = "second" // of the same attribute or state as a column before it
	IsUnknown   = "unknown"
)

// Match is a column of a file held against the schema of a source.
type Match struct {
	Header string
	Is     string
	Column account.Column // of a key or an attribute, and of the nearest one of what is unknown
	Flag   []string       // that makes a column of it that is known: --map or --ignore and its value, or --trim
	Same   bool           // what is nearest is told by values, not by its name
}

// Match holds the header against the schema, column by column, as Bind does,
// which tells only what is wrong.
func (f *File) Match(source account.Source, schema account.Schema) []Match {
	b := binder{Table: &Table{File: f, source: source, schema: schema, sourceAt: -1, states: newStateColumns()}, native: -1}
	taken := map[string]bool{}
	matches := make([]Match, len(f.header))
	for i, name := range f.match.Headers {
		m := Match{Header: f.header[i]}
		attribute, known := schema.AttributeOrKey(name)
		if name == NativeIdentityColumn && !known {
			attribute, known = schema.AttributeOrKey(schema.IdentityAttribute)
		}
		switch {
		case isNameless(m.Header):
			m.Is = IsUnnamed
		case b.ignores(m.Header):
			m.Is = IsIgnored
		case isFailedColumn(name):
			m.Is = IsReport
		case b.isReserved(name):
			if m.Is = IsState; name == sourceIDColumn {
				m.Is = IsSource
			}
			b.second(&m, taken, stateOf(name))
		case known:
			m.Is, m.Column = IsAttribute, b.column(m.Header, attribute)
			if b.isKey(m.Header, attribute.Name) {
				m.Is = IsKey
			}
			b.second(&m, taken, attribute.Name)
		default:
			m.Is = IsUnknown
		}
		matches[i] = m
	}
	b.suggest(matches, taken)
	return matches
}

// MeansBySame lets an unknown column whose name says nothing mean the attribute
// whose values it holds.
func (f *File) MeansBySame(m *Match, a account.SchemaAttribute) {
	m.Flag, m.Column, m.Same = []string{"--map", m.Header + "=" + a.Name}, newColumn(m.Header, a, f.opt), true
}

// second tells a column that says what another one says.
func (b *binder) second(m *Match, taken map[string]bool, what string) {
	if taken[what] {
		m.Is, m.Flag = IsSecond, []string{"--ignore", m.Header}
	}
	taken[what] = true
}

// stateOf is the state that a reserved column is about: an identity is named in
// several ways.
func stateOf(name string) string {
	if _, names := identityField(name); names {
		return account.IdentityIDColumn
	}
	return name
}

// isKey reports whether the column of an attribute is the key.
func (b *binder) isKey(header, attribute string) bool {
	if b.namedKey() {
		return header == b.opt.Key || !slices.Contains(b.header, b.opt.Key) && attribute == b.opt.Key
	}
	return attribute == b.schema.IdentityAttribute
}

// suggest finds the attribute that each unknown column probably means, each
// once, that of the key first.
func (b *binder) suggest(matches []Match, taken map[string]bool) {
	if want := b.schema.IdentityAttribute; want != "" && !taken[want] {
		var unknown []string
		for _, m := range matches {
			if m.Is == IsUnknown {
				unknown = append(unknown, m.Header)
			}
		}
		if near := suggest.Nearest(want, unknown); near != "" {
			i := slices.IndexFunc(matches, func(m Match) bool { return m.Is == IsUnknown && m.Header == near })
			b.means(&matches[i], want)
			taken[want] = true
		}
	}
	for i := range matches {
		if m := &matches[i]; m.Is == IsUnknown && m.Flag == nil {
			near := b.nearest(m.Header, taken)
			b.means(m, near)
			taken[stateOf(near)] = near != ""
		}
	}
}

// nearest is the attribute or reserved column that is not taken and that the
// header probably means; "" where none is close.
func (b *binder) nearest(header string, taken map[string]bool) string {
	name, mapped := b.opt.Map[header]
	if !mapped {
		name = header
	}
	known := slices.Concat(b.schema.Names(), []string{NativeIdentityColumn}, reservedColumns)
	known = slices.DeleteFunc(known, func(k string) bool {
		return taken[k] || taken[stateOf(k)] || slices.Contains(b.match.Headers, k) || k == NativeIdentityColumn && taken[b.schema.IdentityAttribute]
	})
	if same := suggest.SameButCase(name, known); same != "" {
		return same
	}
	return suggest.Nearest(name, known)
}

// means notes the attribute that a column probably means, "" for none.
func (b *binder) means(m *Match, name string) {
	if name == "" {
		m.Flag = []string{"--ignore", m.Header}
		return
	}
	if m.Flag = []string{"--map", m.Header + "=" + name}; name == account.TrimBlank(m.Header) {
		m.Flag = []string{"--trim"} // the cells below will need it, too
	}
	if a, known := b.schema.AttributeOrKey(name); known {
		m.Column = b.column(m.Header, a)
	} else {
		m.Column = account.Column{Header: m.Header, Attribute: name}
	}
}

// Flags are those of the matches, each once.
func Flags(matches []Match) (flags []string) {
	trim := false
	for _, m := range matches {
		if trims := slices.Equal(m.Flag, []string{"--trim"}); !trims || !trim {
			flags, trim = append(flags, m.Flag...), trim || trims
		}
	}
	return flags
}

// Head reads the first records below the header, as they are written; it passes
// over those that are no rows.
func (f *File) Head(most int) (records [][]string, err error) {
	var lines lineIndex
	enough := errors.New("enough")
	err = f.scan(&lines, func(r *record) error {
		if r.unparsed == "" && len(r.cells) == len(f.header) && !isBlankRecord(r.cells) {
			records = append(records, slices.Clone(r.cells))
		}
		if len(records) >= most {
			return enough
		}
		return nil
	})
	if err == enough {
		err = nil
	}
	return records, err
}

// Reread reads the header with the flags that Match names, too.
func (f *File) Reread(flags ...string) error {
	f.opt = f.opt.With(flags...)
	f.trimHeader()
	return f.match.RenormalizeHeaders(f.renamed)
}

// With are the options with such flags, too: --map or --ignore and its value, and --trim.
func (o Options) With(flags ...string) Options {
	o.Map, o.Ignore = maps.Clone(o.Map), slices.Clone(o.Ignore)
	for i := 0; i < len(flags); i++ {
		switch flags[i] {
		case "--trim":
			o.Trim = true
		case "--ignore":
			i++
			o.Ignore = append(o.Ignore, flags[i])
		case "--map":
			i++
			if o.Map == nil {
				o.Map = map[string]string{}
			}
			at := strings.LastIndexByte(flags[i], '=')
			o.Map[flags[i][:at]] = flags[i][at+1:]
		}
	}
	return o
}
