package journal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"accountsync/account"
	"accountsync/diff"

	"github.com/go-json-experiment/json/jsontext"
)

// Attributes and changes are JSON an API or a person can read, written and read
// by hand because there are millions of them. A nil list is "". A missing value
// is left out, a null stays a null.

// appendAttributes appends a JSON object of the attributes, in their order.
func appendAttributes(b []byte, attrs []account.Attribute) []byte {
	if attrs == nil {
		return b
	}
	b = append(b, '{')
	first := len(b)
	for _, a := range attrs {
		if a.Value != "" {
			b = appendMember(b, first, a.Name, string(a.Value))
		}
	}
	return append(b, '}')
}

// appendChanges appends a JSON array of {attribute, before, after}.
func appendChanges(b []byte, fields []diff.Field) []byte {
	if fields == nil {
		return b
	}
	b = append(b, '[')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		first := len(b)
		b = appendMember(b, first, "attribute", string(account.StringValue(f.Attribute)))
		if f.Before != "" {
			b = appendMember(b, first, "before", string(f.Before))
		}
		if f.After != "" {
			b = appendMember(b, first, "after", string(f.After))
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendMember appends one member of an object whose first begins at first.
func appendMember(b []byte, first int, name, value string) []byte {
	if len(b) > first {
		b = append(b, ',')
	}
	b, _ = jsontext.AppendQuote(b, name) // invalid UTF-8 is replaced, as JSON asks for
	b = append(b, ':')
	return append(b, value...)
}

// appendJSON appends the JSON of a record, as json.Marshal would in four times
// the time.
func (r *record) appendJSON(b []byte) []byte {
	b = append(b, '{')
	first := len(b)
	for _, m := range [...]struct {
		name  string
		value int64
	}{
		{"seq", int64(r.Seq)}, {"n", r.N}, {"at", r.At}, {"attempts", int64(r.Attempts)}, {"http", int64(r.HTTP)}, {"duration_ms", r.DurationMS},
	} {
		if m.value != 0 || m.name == "seq" {
			b = strconv.AppendInt(appendName(b, first, m.name), m.value, 10)
		}
	}
	for _, m := range [...]struct{ name, value string }{
		{"state", string(r.State)}, {"account", r.Account}, {"reason", r.Reason}, {"task", r.Task}, {"task_status", r.TaskStatus},
		{"tracking_id", r.TrackingID}, {"error", r.Error}, {"after", r.After},
	} {
		if m.value != "" {
			b, _ = jsontext.AppendQuote(appendName(b, first, m.name), m.value) // invalid UTF-8 is replaced
		}
	}
	for _, m := range [...]struct {
		name string
		set  bool
	}{{"sent", r.Sent}, {"lost", r.Lost}, {"absent", r.Absent}} {
		if m.set {
			b = append(appendName(b, first, m.name), "true"...)
		}
	}
	return append(b, '}')
}

// appendName appends the name of a member whose object's first begins at first.
func appendName(b []byte, first int, name string) []byte {
	if len(b) > first {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// scanner reads back what was appended, one text after the other.
type scanner struct {
	dec  *jsontext.Decoder
	from strings.Reader
	text string
}

// asWritten takes what an API sent: names may stand twice, texts may be odd.
var asWritten = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

func (s *scanner) reset(text string) {
	s.text = text
	s.from.Reset(text)
	if s.dec == nil {
		s.dec = jsontext.NewDecoder(&s.from, asWritten...)
		return
	}
	s.dec.Reset(&s.from, asWritten...)
}

// attributes reads a JSON object of attributes. Their values are parts of text.
func (s *scanner) attributes(text string) (attrs []account.Attribute, err error) {
	if text == "" {
		return nil, nil
	}
	s.reset(text)
	attrs = []account.Attribute{}
	err = s.members(func(name string, v account.Value) { attrs = append(attrs, account.Attribute{Name: name, Value: v}) })
	return attrs, err
}

// changes reads a JSON array of changes. Their values are parts of text.
func (s *scanner) changes(text string) (fields []diff.Field, err error) {
	if text == "" {
		return nil, nil
	}
	s.reset(text)
	if _, err := s.dec.ReadToken(); err != nil {
		return nil, damagedText(err)
	}
	fields = []diff.Field{}
	for s.dec.PeekKind() == '{' {
		f, err := s.change()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func (s *scanner) change() (f diff.Field, err error) {
	err = s.members(func(name string, v account.Value) {
		switch name {
		case "attribute":
			f.Attribute = strings.Join(v.AppendTexts(nil), "")
		case "before":
			f.Before = v
		case "after":
			f.After = v
		}
	})
	return f, err
}

// members hands over the members of the next object.
func (s *scanner) members(do func(name string, v account.Value)) error {
	if _, err := s.dec.ReadToken(); err != nil {
		return damagedText(err)
	}
	for s.dec.PeekKind() == '"' {
		name, err := s.dec.ReadToken()
		if err != nil {
			return damagedText(err)
		}
		member := name.String()
		value, err := s.dec.ReadValue()
		if err != nil {
			return damagedText(err)
		}
		end := int(s.dec.InputOffset())
		do(member, account.Value(s.text[end-len(value):end]))
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return damagedText(err)
	}
	return nil
}

func damagedText(err error) error { return fmt.Errorf("%w: %w", ErrDamaged, err) }

// toJSON is the JSON of the few values there is one of a run.
func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// fromJSON reads what toJSON wrote.
func fromJSON(text string, v any) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return damagedText(err)
	}
	return nil
}

// listJSON is toJSON for a list that is nearly always missing.
func listJSON[T any](list []T) (string, error) {
	if list == nil {
		return "", nil
	}
	return toJSON(list)
}

// readListJSON reads what listJSON wrote.
func readListJSON[T any](text string) (list []T, err error) {
	if text == "" {
		return nil, nil
	}
	err = fromJSON(text, &list)
	return list, err
}
