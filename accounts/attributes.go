package accounts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/internal/inputfile"
	"accountsync/internal/problem"

	"github.com/go-json-experiment/json/jsontext"
)

// AttributeSet is what somebody wants one or more accounts to hold.
type AttributeSet struct {
	name   string // of the account, where the set itself names it
	where  string // for errors
	code   int    // the exit status of a mistake in it
	values []attributeTexts
}

// attributeTexts are the texts of one attribute; none take its value away.
type attributeTexts struct {
	name  string
	texts []string
}

// ParsePairs reads name=value pairs, which a flag has given.
func ParsePairs(flag string, pairs []string) (AttributeSet, error) {
	set := AttributeSet{where: flag, code: problem.Usage}
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return set, problem.Errorf(problem.Usage, "", "%s %q: write name=value", flag, pair)
		}
		var texts []string
		if value != "" {
			texts = []string{value}
		}
		set.add(name, texts)
	}
	return set, nil
}

// add adds texts to an attribute.
func (s *AttributeSet) add(name string, texts []string) {
	i := slices.IndexFunc(s.values, func(v attributeTexts) bool { return v.name == name })
	if i < 0 {
		s.values = append(s.values, attributeTexts{name, texts})
		return
	}
	s.values[i].texts = append(s.values[i].texts, texts...)
}

// parseJSON reads an object or an array of objects. Each holds attributes,
// or a member attributes with them, as the API's own bodies do; beside it id or
// nativeIdentity may name the account.
func parseJSON(text []byte, file string) ([]AttributeSet, error) {
	bad := func(err error) error {
		return problem.Errorf(problem.BadCSV, `write {"name": "value", "list": ["a", "b"]}, or an array of such objects`, "%s: %w", file, err)
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	checked := jsontext.Value(bytes.Clone(text))
	if err := checked.Compact(); err != nil {
		return nil, bad(err)
	}
	objects := []jsontext.Value{text}
	if jsontext.Value(text).Kind() == '[' {
		objects = elements(text)
	}
	sets := make([]AttributeSet, len(objects))
	for i, object := range objects {
		sets[i] = AttributeSet{where: file, code: problem.BadCSV}
		if len(objects) > 1 {
			sets[i].where = fmt.Sprintf("%s, object %d", file, i+1)
		}
		if err := sets[i].read(object); err != nil {
			return nil, problem.Errorf(problem.BadCSV, "", "%s: %w", sets[i].where, err)
		}
	}
	if len(sets) == 0 {
		return nil, bad(errors.New("it holds no object"))
	}
	return sets, nil
}

// elements are the elements of a JSON array that has been checked.
func elements(array []byte) (all []jsontext.Value) {
	dec := jsontext.NewDecoder(strings.NewReader(string(array)), jsontext.AllowDuplicateNames(true))
	_, _ = dec.ReadToken()
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil {
			return all
		}
		all = append(all, v.Clone())
	}
	return all
}

// read reads one object.
func (s *AttributeSet) read(object jsontext.Value) error {
	if object.Kind() != '{' {
		return errors.New("not an object")
	}
	nested := false
	for m, err := range account.Members(string(object)) {
		nested = nested || err == nil && m.Name == "attributes" && m.Value.Kind() == '{'
	}
	if !nested {
		return s.readValues(object)
	}
	for m, err := range account.Members(string(object)) {
		switch {
		case err != nil:
			return err
		case m.Name == "attributes":
			if err := s.readValues(m.Value); err != nil {
				return err
			}
		case m.Name == "id" || m.Name == "nativeIdentity" && s.name == "":
			s.name = strings.Join(account.Value(m.Value.Clone()).AppendTexts(nil), "")
		} // what else the API shows of an account is passed over
	}
	return nil
}

// readValues reads an object of attributes.
func (s *AttributeSet) readValues(object jsontext.Value) error {
	for m, err := range account.Members(string(object)) {
		if err == nil {
			err = s.value(m.Name, m.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// value adds the value of one attribute.
func (s *AttributeSet) value(name string, v jsontext.Value) error {
	if name == account.IDNowDescription {
		return nil // ISC writes it by itself
	}
	values := []jsontext.Value{v}
	if v.Kind() == '[' {
		values = elements(v)
	}
	for _, v := range values {
		if k := v.Kind(); k == '{' || k == '[' {
			return fmt.Errorf("attribute %q: a value is a text, a number, true or false, or a list of such", name)
		}
	}
	s.add(name, account.Value(v.Clone()).AppendTexts(nil))
	return nil
}

// Unset adds the attributes that are to lose their values.
func (s *AttributeSet) Unset(names []string) error {
	for _, v := range s.values {
		if len(v.texts) == 0 {
			return problem.Errorf(problem.Usage, "to take the value away write --unset "+v.name, "--set %s= has no value", v.name)
		}
	}
	for _, attribute := range names {
		for _, v := range s.values {
			if v.name == attribute {
				return problem.Errorf(problem.Usage, "", "%s is both set and unset", attribute)
			}
		}
		s.add(attribute, nil)
	}
	return nil
}

// IsEmpty reports whether the set names no attribute.
func (s *AttributeSet) IsEmpty() bool { return len(s.values) == 0 }

// AttributeSets reads the pairs of --attribute, or the file of --json; - is
// standard input.
func AttributeSets(stdin io.Reader, pairs []string, file string) ([]AttributeSet, error) {
	if file == "" {
		set, err := ParsePairs("--attribute", pairs)
		return []AttributeSet{set}, err
	}
	text, err := readWhole(stdin, file)
	if err != nil {
		return nil, err
	}
	return parseJSON(text, file)
}

func readWhole(stdin io.Reader, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(stdin)
	}
	text, err := inputfile.ReadAll(path, 256<<20)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Errorf(problem.NoInput, "", "%w", err)
	case err != nil:
		return nil, problem.Wrap(problem.NoInput, err, "")
	}
	return text, nil
}
