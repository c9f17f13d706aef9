package reports

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// The names under which what ISC calls an account and its identity can be
// masked; --redact takes them like attributes.
const (
	AccountName  = "account.name"
	IdentityName = "account.identityName"
)

// masked stands for a value that is not to be shown.
const masked = "***"

// Redact returns the run with the values of the named attributes masked, for
// every report; r itself stays as it is. That a value is missing still shows.
// Where the key's attribute is named, each key becomes a number that is the
// same throughout the run. A failed.csv with a named column cannot be masked,
// for it is an input: it is not written, and a note says so.
func Redact(ctx context.Context, r *Run, attributes []string) (*Run, error) {
	if len(attributes) == 0 {
		return r, nil
	}
	m := &mask{attributes: slices.Compact(slices.Sorted(slices.Values(attributes))), seed: maphash.MakeSeed(), keys: map[uint64]int{}}
	m.keyed = m.names(r.Head().Input.Key) || r.Table != nil && m.names(r.Table.Key().Attribute)
	masked := &Run{Table: r.Table, Kept: m.kept(r.Kept), Rest: r.Rest}
	m.display = r.Head().AccountSchema.DisplayAttribute
	head, err := m.head(ctx, r)
	if err != nil {
		return nil, err
	}
	if m.table(r.Table) {
		masked.Table = nil
		head.Notes = append(head.Notes, fmt.Sprintf("%s is not written, for it would hold values that are masked here: look rows up by their lines.", FailedCSV))
	}
	masked.Reader = &maskedReader{r.Reader, m, head}
	return masked, nil
}

// head masks what the head says: the error that ended the run may repeat what
// the API said of an operation.
func (m *mask) head(ctx context.Context, r *Run) (*sync.Head, error) {
	head := *r.Head()
	head.Redacted, head.Settings, head.Notes = m.attributes, m.settings(head.Settings), slices.Clone(head.Notes)
	if head.Error != "" {
		failed, err := r.failed(ctx)
		if err != nil {
			return nil, err
		}
		var told []string
		for _, op := range failed {
			told = append(told, m.hidden(op)...)
		}
		head.Error = hide(head.Error, told)
	}
	if m.keyed {
		for i, note := range head.Notes {
			head.Notes[i] = quotedText().ReplaceAllString(note, `"`+masked+`"`)
		}
		head.Hold.Details.Text = quotedText().ReplaceAllString(head.Hold.Details.Text, `"`+masked+`"`)
		head.Terms.Protect, head.Terms.Select = nil, nil
	}
	return &head, nil
}

// maskedReader is a record with values masked.
type maskedReader struct {
	sync.Reader
	mask *mask
	head *sync.Head
}

func (r *maskedReader) Head() *sync.Head { return r.head }

func (r *maskedReader) Operations(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	return mapped(r.Reader.Operations(ctx, f), func(op *sync.Operation) (*sync.Operation, error) { return r.mask.operation(op), nil })
}

func (r *maskedReader) Lines(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Line, error] {
	return mapped(r.Operations(ctx, f), sync.EncodeLine)
}

func (r *maskedReader) Rejected(ctx context.Context) iter.Seq2[account.Rejected, error] {
	return mapped(r.Reader.Rejected(ctx), func(row account.Rejected) (account.Rejected, error) {
		if r.mask.keyed {
			row.Key, row.Reason = r.mask.key(row.Key), quotedText().ReplaceAllString(row.Reason, `"`+masked+`"`)
		}
		return row, nil
	})
}

func (r *maskedReader) Orphans(ctx context.Context) iter.Seq2[diff.Orphan, error] {
	return mapped(r.Reader.Orphans(ctx), func(o diff.Orphan) (diff.Orphan, error) {
		if r.mask.keyed {
			o.Key = r.mask.key(o.Key)
		}
		return o, nil
	})
}

// mapped are all of the values, changed.
func mapped[A, B any](seq iter.Seq2[A, error], change func(A) (B, error)) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		for a, err := range seq {
			var b B
			if err == nil {
				b, err = change(a)
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// kept masks the keys of kept rows.
func (m *mask) kept(rows iter.Seq2[account.Row, error]) iter.Seq2[account.Row, error] {
	if rows == nil || !m.keyed {
		return rows
	}
	return mapped(rows, func(row account.Row) (account.Row, error) {
		row.Key = m.key(row.Key)
		return row, nil
	})
}

// settings masks the keys that --protect names, where a key is masked.
func (m *mask) settings(all []sync.Setting) []sync.Setting {
	if !m.keyed {
		return all
	}
	all = slices.Clone(all)
	for i := range all {
		if slices.Contains([]string{"protect", "only", "exclude"}, all[i].Name) && all[i].Origin != "default" {
			all[i].Value = masked
		}
	}
	return all
}

// Holds reports whether the input or the operations of the run hold values of
// one of the attributes. Then its saved plan, which must hold what it is to
// write, cannot be masked.
func Holds(ctx context.Context, r *Run, attributes []string) (bool, error) {
	if len(attributes) == 0 {
		return false, nil
	}
	m := &mask{attributes: attributes}
	if m.table(r.Table) {
		return true, nil
	}
	for op, err := range r.Operations(ctx, sync.Filter{}) {
		if err != nil {
			return false, err
		}
		if m.names(account.IdentityIDColumn) && op.IdentityID != "" || m.names(AccountName) && op.Name != "" || m.names(IdentityName) && op.IdentityName != "" ||
			slices.ContainsFunc(op.Takes, func(a account.Attribute) bool { return m.names(a.Name) }) || slices.ContainsFunc(op.Changes, func(f diff.Field) bool { return m.names(f.Attribute) }) {
			return true, nil
		}
	}
	return false, nil
}

// mask masks the values of attributes, and keys where the key is one of them.
type mask struct {
	attributes []string
	seed       maphash.Seed
	keys       map[uint64]int // the numbers of keys, by their hashes
	keyed      bool           // the key is masked
	display    string         // the attribute that gives accounts their names, "" when it is not known
}

func (m *mask) names(attribute string) bool { return slices.Contains(m.attributes, attribute) }

// table reports whether a column of the input holds an attribute to be masked.
func (m *mask) table(t account.Table) bool {
	if t == nil {
		return false
	}
	identities := m.names(account.IdentityIDColumn) && slices.Contains(t.StateColumns(), account.IdentityIDColumn)
	return identities || m.names(t.Key().Attribute) || slices.ContainsFunc(t.Columns(), func(c account.Column) bool { return m.names(c.Attribute) })
}

// key is the number that stands for a key.
func (m *mask) key(key string) string {
	if key == "" {
		return ""
	}
	hash := maphash.String(m.seed, key)
	number, known := m.keys[hash]
	if !known {
		number = len(m.keys) + 1
		m.keys[hash] = number
	}
	return fmt.Sprintf("%s%d", masked, number)
}

// operation masks the values and what was said of them.
func (m *mask) operation(op *sync.Operation) *sync.Operation {
	copied, hidden := *op, m.hidden(op)
	copied.Changes = m.fields(op.Changes)
	if op.Before != nil {
		before := *op.Before
		before.Attributes = m.held(before.Attributes)
		before.Name, before.IdentityName = m.name(op, hidden), "" // which no report shows
		copied.Before = &before
	}
	if m.keyed {
		copied.Key = m.key(op.Key)
	}
	copied.Native, copied.Name, copied.Takes = m.native(op, hidden), m.name(op, hidden), m.held(op.Takes)
	// Who masks the attribute that names accounts does not want the person named either.
	if copied.IdentityName = hide(op.IdentityName, hidden); op.IdentityName != "" && (m.names(IdentityName) || m.names(account.IdentityIDColumn) || m.display == "" || m.names(m.display)) {
		copied.IdentityName = masked
	}
	if m.names(account.IdentityIDColumn) && op.IdentityID != "" {
		copied.IdentityID = masked
	}
	copied.Fingerprint, copied.Left = "", "" // which could be guessed
	copied.Error = hide(op.Error, hidden)
	copied.Reason, copied.Why = m.reason(op.Reason, hidden), m.reason(op.Why, hidden)
	return &copied
}

func (m *mask) reason(r sync.Reason, hidden []string) sync.Reason {
	r.Details.Text = hide(r.Details.Text, hidden)
	if m.keyed && r.Code == sync.CodeExcluded { // a pattern and a reason can name an account too
		flag, _, _ := strings.Cut(r.Details.Text, " key=")
		flag, _, _ = strings.Cut(flag, " (")
		r.Details.Text = flag
	}
	return r
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
	case op.Native != op.Key && op.Op != diff.Create && op.Before == nil, slices.Contains(hidden, op.Native):
		return masked
	}
	return op.Native
}

// name masks a display name that is, or may be for all that is known, the value
// of a masked attribute.
func (m *mask) name(op *sync.Operation, hidden []string) string {
	switch {
	case op.Name == "":
		return ""
	case op.Name == op.Key && !m.names(AccountName):
		if m.keyed {
			return m.key(op.Key)
		}
		return op.Name
	case m.names(AccountName), m.display == "", m.names(m.display):
		return masked
	}
	return hide(op.Name, hidden)
}

// hidden are the texts that are not to be seen of an operation.
func (m *mask) hidden(op *sync.Operation) (texts []string) {
	for _, f := range op.Changes {
		if m.names(f.Attribute) {
			texts = f.After.AppendTexts(f.Before.AppendTexts(texts))
		}
	}
	for _, a := range held(op) {
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
