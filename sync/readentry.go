package sync

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// partOf says of each member of an operation on paper which of its three parts
// it belongs to, counted from 1.
var partOf = members(reflect.TypeFor[OperationPlan](), reflect.TypeFor[OperationResult](), reflect.TypeFor[Evidence]())

func members(parts ...reflect.Type) map[string]int {
	all := map[string]int{}
	for i, part := range parts {
		for j := range part.NumField() {
			field := part.Field(j)
			name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
			if option == "embed" {
				for name := range members(field.Type) {
					all[name] = i + 1
				}
			} else {
				all[name] = i + 1
			}
		}
	}
	return all
}

// read reads an operation of a plan.json without decoding it: its parts stay as
// they were written, what it does not know is left out. It overwrites what the
// entry held.
func (e *Entry) read(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	e.Row, e.Seq = Row{State: e.State, Code: e.Code}, 0
	for _, text := range [...]*[]byte{&e.Plan, &e.Result, &e.Evidence, &e.Key, &e.Account, &e.Native, &e.Created, &e.words[0], &e.words[1], &e.words[2]} {
		*text = (*text)[:0]
	}
	parts := [4]*[]byte{1: &e.Plan, 2: &e.Result, 3: &e.Evidence}
	for d.PeekKind() == '"' {
		text, err := d.ReadValue()
		if err != nil {
			return err
		}
		into := e.found(text)
		part := parts[partOf[string(text[1:len(text)-1])]]
		if part != nil {
			*part = append(append(more(*part), text...), ':')
		}
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if part != nil {
			*part = append(*part, value...)
		}
		if err := keep(into, value); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for i, part := range parts[1:] {
		switch {
		case len(*part) > 0:
			*part = append(*part, '}')
		case i < 2:
			return errors.New("not an operation: it has no plan, or no result")
		}
	}
	e.SetWords(e.words[0], e.words[1], e.words[2])
	plan := OperationPlan{Op: e.Op, Account: string(e.Account)}
	e.Phase = plan.Phase()
	return nil
}

// more is a part to which a member can be added.
func more(part []byte) []byte {
	if len(part) == 0 {
		return append(part, '{')
	}
	return append(part, ',')
}

// found is where the entry keeps the member of a name, given with its quotes;
// nil where it does not.
func (e *Entry) found(name []byte) any {
	switch string(name) {
	case `"seq"`:
		return &e.Seq
	case `"op"`:
		return &e.words[0]
	case `"state"`:
		return &e.words[1]
	case `"code"`:
		return &e.words[2]
	case `"key"`:
		return &e.Key
	case `"account"`:
		return &e.Account
	case `"native_identity"`:
		return &e.Native
	case `"created"`:
		return &e.Created
	}
	return nil
}

// keep keeps a value.
func keep(into any, value jsontext.Value) (err error) {
	switch into := into.(type) {
	case *int:
		*into, err = strconv.Atoi(string(value))
	case *[]byte:
		if value.Kind() != '"' {
			return fmt.Errorf("%s is no text", value)
		}
		*into, err = jsontext.AppendUnquote((*into)[:0], value)
	}
	return err
}
