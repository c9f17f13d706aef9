// Package accounts finds accounts by the names people give them, and turns what
// is asked for of them into requests that sync carries out.
package accounts

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/problem"
	"accountsync/sync"
)

// Target is the source whose accounts are written.
type Target struct {
	account.Source
	account.Schema
}

// Requests give each named account the attributes, or each set of attributes the
// account that it names itself.
func Requests(of Target, op diff.Op, names []Name, sets []AttributeSet) ([]sync.Request, error) {
	if len(names) > 0 && len(sets) > 1 {
		return nil, problem.Errorf(problem.Usage, "name the accounts there, by id, nativeIdentity or the identityAttribute", "%d objects of attributes and named accounts: it cannot be told which belongs to which", len(sets))
	}
	var acts []sync.Request
	for _, set := range sets {
		fields, err := set.fields(of)
		if err != nil {
			return nil, err
		}
		named := names
		if len(named) == 0 {
			own, err := set.account(of)
			if err != nil {
				return nil, err
			}
			named = []Name{{Text: own}}
		}
		for _, n := range named {
			act := sync.Request{Op: op, Name: n.Text, Line: n.Line, Fields: fields}
			if op == diff.Create {
				if act.Fields, err = created(of, set, n, fields); err != nil {
					return nil, err
				}
			}
			acts = append(acts, act)
		}
	}
	return acts, nil
}

// account is the name of the account that a set names itself.
func (s AttributeSet) account(of Target) (string, error) {
	own := s.name
	for _, v := range s.values {
		if v.name == of.IdentityAttribute && len(v.texts) == 1 && own == "" {
			own = v.texts[0]
		}
	}
	if own == "" {
		return "", problem.Errorf(s.code, "name it as an argument, or give "+of.IdentityAttribute, "%s: no account is named", s.where)
	}
	return own, nil
}

// created are the fields of a create, with what the account is known by.
func created(of Target, s AttributeSet, n Name, fields []diff.Field) ([]diff.Field, error) {
	all := []diff.Field{{Attribute: of.IdentityAttribute, After: account.StringValue(n.Text)}}
	for _, f := range fields {
		switch {
		case f.Attribute == of.IdentityAttribute && f.After != all[0].After:
			return nil, problem.Errorf(s.code, "", "%s: %s is not the native identity %s", s.where, of.IdentityAttribute, n.Quoted())
		case f.Attribute != of.IdentityAttribute && !f.After.IsEmpty():
			all = append(all, f)
		}
	}
	return all, nil
}

// fields are the attributes as the schema has them.
func (s AttributeSet) fields(of Target) ([]diff.Field, error) {
	var fields []diff.Field
	for _, v := range s.values {
		if v.name == "sourceId" {
			if len(v.texts) == 1 && v.texts[0] == of.Source.ID {
				continue
			}
			return nil, problem.Errorf(s.code, "--source names the source", "%s: sourceId is not the source %s", s.where, of.Source.ID)
		}
		value, err := v.value(of)
		if err != nil {
			return nil, problem.Errorf(s.code, "", "%s: %w", s.where, err)
		}
		fields = append(fields, diff.Field{Attribute: v.name, After: value})
	}
	return fields, nil
}

// value is the value of an attribute under its schema.
func (v attributeTexts) value(of Target) (account.Value, error) {
	known, ok := of.Schema.Attribute(v.name)
	if !ok {
		return "", fmt.Errorf("the account schema of %s has no attribute %q: it has %s", of.Source.Name, v.name, attributeNames(of.Schema))
	}
	column := account.Column{Attribute: v.name, Type: known.Type}
	for _, text := range v.texts {
		if reason := column.Check(text); reason != "" {
			return "", fmt.Errorf("attribute %q is %s", v.name, reason)
		}
	}
	switch {
	case len(v.texts) == 0:
		return account.Null, nil
	case known.Multi:
		return account.ListValue(slices.Compact(slices.Sorted(slices.Values(v.texts)))), nil
	case len(v.texts) > 1:
		return "", fmt.Errorf("attribute %q has one value, and %d are given", v.name, len(v.texts))
	}
	return account.StringValue(v.texts[0]), nil
}

// attributeNames lists what a schema has.
func attributeNames(schema account.Schema) string {
	const most = 40
	var names []string
	for _, a := range schema.Attributes[:min(most, len(schema.Attributes))] {
		names = append(names, a.Name)
	}
	if more := len(schema.Attributes) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// Correlation are the fields of a patch that are no attributes: an identity by its
// id, or none, and whether it was correlated by hand, true or false; "" leaves as is.
func Correlation(identity, manually string) (fields []diff.Field, err error) {
	switch {
	case identity == "none":
		fields = append(fields, diff.Field{Attribute: account.IdentityIDColumn, After: account.Null})
	case identity != "" && !sync.IsID(identity):
		return nil, problem.Errorf(problem.Usage, "an identity is named by its id; none uncorrelates", "--identity %q is not an id", identity)
	case identity != "":
		fields = append(fields, diff.Field{Attribute: account.IdentityIDColumn, After: account.StringValue(identity)})
	}
	if manually != "" {
		if manually != "true" && manually != "false" {
			return nil, problem.Errorf(problem.Usage, "", "--manually-correlated %q: write true or false", manually)
		}
		fields = append(fields, diff.Field{Attribute: account.ManuallyCorrelatedColumn, After: account.Value(manually)})
	}
	return fields, nil
}
