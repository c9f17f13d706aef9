package main

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/problem"
	"accountsync/internal/suggest"
	"accountsync/reports"
	"accountsync/sync"
)

// maskNames are the attributes to be masked, as the schema names them: a column
// of the CSV stands for the attribute that --map gives it. A name that names
// none would mask nothing, and is an error.
func maskNames(names []string, schema account.Schema, renamed map[string]string) (attributes []string, err error) {
	for _, name := range names {
		attribute, known := maskName(name, schema, renamed)
		if !known {
			return nil, problem.Errorf(problem.Usage, maskHint(name, schema), "--redact %q: the source's schema has no such attribute", name)
		}
		attributes = append(attributes, attribute)
	}
	return attributes, nil
}

func maskName(name string, schema account.Schema, renamed map[string]string) (attribute string, known bool) {
	if to, ok := renamed[name]; ok {
		name = to
	}
	switch name {
	case csvfile.NativeIdentityColumn:
		return schema.IdentityAttribute, true
	case account.IdentityIDColumn, "identity_id", "identityId":
		return account.IdentityIDColumn, true
	case reports.AccountName, reports.IdentityName:
		return name, true
	case account.DisabledColumn, account.LockedColumn, account.ManuallyCorrelatedColumn:
		return name, true
	}
	_, known = schema.Attribute(name)
	return name, known
}

func maskHint(name string, schema account.Schema) string {
	known := []string{account.IdentityIDColumn, reports.AccountName, reports.IdentityName}
	for _, a := range schema.Attributes {
		known = append(known, a.Name)
	}
	if near := suggest.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "name an attribute of the schema, or a column that --map renames: " + strings.Join(known, ", ")
}

// mask adds what is asked for to what the run masks, once its schema is known.
func (s *session) mask(schema account.Schema, renamed map[string]string) error {
	names, err := maskNames(s.conf.Redact, schema, renamed)
	s.head.Redacted = slices.Compact(slices.Sorted(slices.Values(slices.Concat(names, s.before))))
	if err != nil {
		return err
	}
	known := slices.Clone(account.StateColumns[:])
	for _, a := range schema.Attributes {
		known = append(known, a.Name)
	}
	if err := s.chosen.CheckAttributes(known); err != nil {
		return problem.Errorf(problem.Usage, "a rule names an attribute of the account schema, or account.disabled and its like", "%w", err)
	}
	return nil
}

// masks are the attributes whose values are not shown of a run or plan: what is
// asked for now, which one of the runs must know, and what they masked themselves.
func masks(conf *config.Sync, heads ...*sync.Head) (all []string, err error) {
	for _, h := range heads {
		all = append(all, h.Redacted...)
	}
	for _, name := range conf.Redact {
		var found []string
		for _, h := range heads {
			if found, err = maskNames([]string{name}, h.AccountSchema, h.Terms.Options.Map); err == nil {
				break
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
