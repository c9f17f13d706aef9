package account

import (
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Member is one member of a JSON object. Its value is valid only until the next
// member is read.
type Member struct {
	Name  string
	Value jsontext.Value
}

// Members are the members of an object in their order, however often a name is
// repeated. Its first error is its last element.
func Members(object string) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		dec := jsontext.NewDecoder(strings.NewReader(object), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		_, err := dec.ReadToken()
		for err == nil && dec.PeekKind() == '"' {
			var m Member
			if m, err = nextMember(dec); err == nil && !yield(m, nil) {
				return
			}
		}
		if err == nil {
			_, err = dec.ReadToken()
		}
		if err != nil {
			yield(Member{}, err)
		}
	}
}

func nextMember(dec *jsontext.Decoder) (m Member, err error) {
	name, err := dec.ReadToken()
	if err != nil {
		return m, err
	}
	m.Name = name.String()
	m.Value, err = dec.ReadValue()
	return m, err
}

// MemberText is the text of one member of an object that has been read before,
// "" when it has none.
func MemberText(object, name string) (text string) {
	for m, err := range Members(object) {
		if err == nil && m.Name == name {
			text = strings.Join(Value(m.Value.Clone()).AppendTexts(nil), "; ")
		}
	}
	return text
}
