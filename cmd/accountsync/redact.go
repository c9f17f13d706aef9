package main

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/journal"
	"accountsync/sync"
)

// maskNames are the attributes to be masked, as the schema names them: a column
// of the CSV stands for the attribute that --map gives it. A name that names
// none would mask nothing, and is an error.
func maskNames(names []string, schema account.Schema, renamed map[string]string) (attributes []string, err error) {
	for _, name := range names {
		attribute, known := maskName(name, schema, renamed)
		if !known {
			return nil, problemf(exitUsage, maskHint(name, schema), "--redact %q: the source's schema has no such attribute", name)
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
	case account.NativeIdentityColumn:
		return schema.IdentityAttribute, true
	case account.IdentityIDColumn, "identity_id", "identityId":
		return account.IdentityIDColumn, true
	case account.DisabledColumn, account.LockedColumn, account.ManuallyCorrelatedColumn:
		return name, true
	}
	_, known = schema.Attribute(name)
	return name, known
}

func maskHint(name string, schema account.Schema) string {
	known := []string{account.IdentityIDColumn}
	for _, a := range schema.Attributes {
		known = append(known, a.Name)
	}
	if near := account.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "name an attribute of the schema, or a column that --map renames: " + strings.Join(known, ", ")
}

// mask adds what is asked for to what the run masks, once its schema is known.
func (s *session) mask(schema account.Schema, renamed map[string]string) error {
	names, err := maskNames(s.conf.Redact, schema, renamed)
	s.result.Redacted = slices.Compact(slices.Sorted(slices.Values(slices.Concat(names, s.before))))
	return err
}

// naming is how one source's part of a run names attributes.
type naming struct {
	schema  account.Schema
	renamed map[string]string
}

func namings(stored *journal.Stored) (all []naming) {
	for _, part := range stored.Parts {
		all = append(all, naming{part.Schema, readOptions(part.Settings).Map})
	}
	return all
}

// masks are the attributes whose values are not shown of a run or plan: what is
// asked for now, which one of its sources must know, and what it masked itself.
func masks(conf config, r *sync.Result, known []naming) ([]string, error) {
	all := slices.Clone(r.Redacted)
	for _, name := range conf.Redact {
		var found []string
		var err error
		for _, n := range known {
			if found, err = maskNames([]string{name}, n.schema, n.renamed); err == nil {
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
