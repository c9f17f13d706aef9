package past

import (
	"fmt"
	"strings"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/internal/problem"
	"accountsync/internal/suggest"
	"accountsync/reports"
	"accountsync/sync"
)

// MaskNames are the attributes to be masked, as the schema names them: a column
// of the CSV stands for the attribute that --map gives it. A name that names
// none would mask nothing, and is an error.
func MaskNames(names []string, schema account.Schema, renamed map[string]string) (attributes []string, err error) {
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

// Masks are the attributes whose values are not shown of a run or plan: what is
// asked for now, which one of the runs must know, and what they masked themselves.
func Masks(redact []string, heads ...*sync.Head) (all []string, err error) {
	for _, h := range heads {
		all = append(all, h.Redacted...)
	}
	for _, name := range redact {
		var found []string
		for _, h := range heads {
			if found, err = MaskNames([]string{name}, h.AccountSchema, h.Terms.Options.Map); err == nil {
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
