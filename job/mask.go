package job

import (
	"slices"

	"accountsync/account"
	"accountsync/internal/past"
	"accountsync/internal/problem"
)

// mask adds what is asked for to what the run masks, once its schema is known.
func (j *Job) mask(schema account.Schema, renamed map[string]string) error {
	names, err := past.MaskNames(j.conf.Redact, schema, renamed)
	j.head.Redacted = slices.Compact(slices.Sorted(slices.Values(slices.Concat(names, j.before))))
	if err != nil {
		return err
	}
	known := slices.Clone(account.StateColumns[:])
	for _, a := range schema.Attributes {
		known = append(known, a.Name)
	}
	if err := j.chosen.CheckAttributes(known); err != nil {
		return problem.Errorf(problem.Usage, "a rule names an attribute of the account schema, or account.disabled and its like", "%w", err)
	}
	return nil
}
