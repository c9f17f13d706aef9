package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// masked stands for a value that is not to be shown.
const masked = "***"

// Redact returns the result with the values of the named attributes masked, for
// every report; r itself stays as it is. That a value is missing still shows.
// Where the key's attribute is named, each key becomes a number that is the
// same throughout the result. A failed.csv with a named column cannot be masked,
// for it is an input: it is not written, and a note says so.
func Redact(r *sync.Result, attributes []string) *sync.Result {
	if len(attributes) == 0 {
		return r
	}
	copied := *r
	copied.Redacted = slices.Compact(slices.Sorted(slices.Values(attributes)))
	copied.Sources = make([]*sync.Source, len(r.Sources))
	m := &mask{attributes: copied.Redacted, keys: map[string]string{}}
	for i, s := range r.Sources {
		copied.Sources[i] = m.source(s)
	}
	copied.Error = hide(r.Error, m.told)
	copied.Settings = m.settings(r.Settings)
	return &copied
}

// settings masks the keys that --protect names, where a key is masked.
func (m *mask) settings(all []sync.Setting) []sync.Setting {
	if len(m.keys) == 0 {
		return all
	}
	all = slices.Clone(all)
	for i := range all {
		if all[i].Name == "protect" && all[i].Origin != "default" {
			all[i].Value = masked
		}
	}
	return all
}

// Holds reports whether the input or the operations of the source hold values
// of one of the attributes. Then its saved plan, which must hold what it is to
// write, cannot be masked.
func Holds(s *sync.Source, attributes []string) bool {
	m := &mask{attributes: attributes}
	return m.table(s.Table) || slices.ContainsFunc(s.Operations, func(op *sync.Operation) bool {
		if m.names(account.IdentityIDColumn) && op.IdentityID != "" {
			return true
		}
		return slices.ContainsFunc(op.Changes, func(f diff.Field) bool { return m.names(f.Attribute) })
	})
}

// mask masks the values of attributes, and keys where the key is one of them.
type mask struct {
	attributes []string
	keys       map[string]string
	keyed      bool     // the key of the source at hand is masked
	told       []string // what an error of the whole run may repeat
}

func (m *mask) names(attribute string) bool { return slices.Contains(m.attributes, attribute) }

// table reports whether a column of the input holds an attribute to be masked.
func (m *mask) table(t *account.Table) bool {
	if t == nil {
		return false
	}
	return m.names(t.Key().Attribute) || slices.ContainsFunc(t.Columns(), func(c account.Column) bool { return m.names(c.Attribute) })
}

// keyOf reports whether the source's key is masked.
func (m *mask) keyOf(s *sync.Source) bool {
	return m.names(s.Input.Key) || s.Table != nil && m.names(s.Table.Key().Attribute)
}

func (m *mask) source(s *sync.Source) *sync.Source {
	copied := *s
	m.keyed = m.keyOf(s)
	copied.Operations = make([]*sync.Operation, len(s.Operations))
	for i, op := range s.Operations {
		copied.Operations[i] = m.operation(op)
	}
	if m.table(s.Table) {
		copied.Table = nil
		copied.Notes = append(slices.Clone(s.Notes), fmt.Sprintf("%s is not written, for it would hold values that are masked here: look rows up by their lines.", FailedCSV))
	}
	if m.keyed {
		m.keysOf(&copied, s)
	}
	return &copied
}

// keysOf masks the keys of what has no operation.
func (m *mask) keysOf(copied, s *sync.Source) {
	copied.Notes = slices.Clone(copied.Notes)
	for i, note := range copied.Notes {
		copied.Notes[i] = quotedText.ReplaceAllString(note, `"`+masked+`"`)
	}
	copied.Rejected = slices.Clone(s.Rejected)
	for i := range copied.Rejected {
		row := &copied.Rejected[i]
		row.Key, row.Reason = m.key(row.Key), quotedText.ReplaceAllString(row.Reason, `"`+masked+`"`)
	}
	copied.Orphans = slices.Clone(s.Orphans)
	for i := range copied.Orphans {
		copied.Orphans[i].Key = m.key(copied.Orphans[i].Key)
	}
	if s.KeptRows == nil {
		return
	}
	copied.KeptRows = func(yield func(account.Row, error) bool) {
		for row, err := range s.KeptRows {
			row.Key = m.key(row.Key)
			if !yield(row, err) {
				return
			}
		}
	}
}

var quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// key is the number that stands for a key.
func (m *mask) key(key string) string {
	if key == "" {
		return ""
	}
	number, known := m.keys[key]
	if !known {
		number = fmt.Sprintf("%s%d", masked, len(m.keys)+1)
		m.keys[strings.Clone(key)] = number // the key of a row is a part of a longer text
	}
	return number
}

// operation masks the values and what was said of them.
func (m *mask) operation(op *sync.Operation) *sync.Operation {
	copied, hidden := *op, m.hidden(op)
	m.told = append(m.told, hidden...)
	copied.Changes, copied.Live = m.fields(op.Changes), m.held(op.Live)
	if m.keyed {
		copied.Key = m.key(op.Key)
	}
	copied.Native = m.native(op, hidden)
	if m.names(account.IdentityIDColumn) && op.IdentityID != "" {
		copied.IdentityID = masked
	}
	copied.Reason, copied.Error = hide(op.Reason, hidden), hide(op.Error, hidden)
	return &copied
}

func (m *mask) fields(fields []diff.Field) []diff.Field {
	masked := slices.Clone(fields)
	for i := range masked {
		if f := &masked[i]; m.names(f.Attribute) {
			f.Before, f.After = maskedValue(f.Before), maskedValue(f.After)
		}
	}
	return masked
}

func (m *mask) held(attributes []account.Attribute) []account.Attribute {
	masked := slices.Clone(attributes)
	for i := range masked {
		if a := &masked[i]; m.names(a.Name) {
			a.Value = maskedValue(a.Value)
		}
	}
	return masked
}

// native masks a native identity that is the value of a masked attribute, or
// may be for all that is known.
func (m *mask) native(op *sync.Operation, hidden []string) string {
	switch {
	case op.Native == op.Key && m.keyed:
		return m.key(op.Key)
	case op.Native != op.Key && op.Op != diff.Create && op.Live == nil, slices.Contains(hidden, op.Native):
		return masked
	}
	return op.Native
}

// hidden are the texts that are not to be seen of an operation.
func (m *mask) hidden(op *sync.Operation) (texts []string) {
	for _, f := range op.Changes {
		if m.names(f.Attribute) {
			texts = f.After.AppendTexts(f.Before.AppendTexts(texts))
		}
	}
	for _, a := range op.Live {
		if m.names(a.Name) {
			texts = a.Value.AppendTexts(texts)
		}
	}
	if m.keyed {
		texts = append(texts, op.Key)
	}
	if m.names(account.IdentityIDColumn) {
		texts = append(texts, op.IdentityID)
	}
	return texts
}

func maskedValue(v account.Value) account.Value {
	if v.IsEmpty() {
		return v
	}
	return account.StringValue(masked)
}
