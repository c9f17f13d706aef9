package reports

import (
	"regexp"

	"accountsync/sync"
)

// mailLike and dateLike are what is masked whoever says it: an address of
// electronic mail, and a day, which may be somebody's first.
var (
	mailLike = regexp.MustCompile(`[^\s"'<>(),;:=\\]+@[^\s"'<>(),;:=\\]+\.[^\s"'<>(),;:=\\]+`)
	dateLike = regexp.MustCompile(`\b(\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})\b`)
)

// Impersonal is a text fit for a log: without any key, name or value of the
// operations it speaks of, however somebody spells them, and without
// what looks like a mail address or a date.
func Impersonal(text string, ops ...*sync.Operation) string {
	if text == "" {
		return ""
	}
	var values []string
	for _, op := range ops {
		values = append(values, personal(op)...)
	}
	text = hide(text, values)
	text = mailLike.ReplaceAllString(text, masked)
	return dateLike.ReplaceAllString(text, masked)
}

// personal is all an operation knows of its account, the account's id apart.
func personal(op *sync.Operation) []string {
	values := []string{op.Key, op.Native}
	for _, f := range op.Changes {
		values = f.After.AppendTexts(f.Before.AppendTexts(values))
	}
	for _, a := range op.Live {
		values = a.Value.AppendTexts(values)
	}
	return values
}

// ImpersonalError is the error that ended the run, fit for a log: it may be
// what the API said of one of the operations that failed.
func ImpersonalError(r *sync.Result) string {
	if r.Error == "" {
		return ""
	}
	var failed []*sync.Operation
	for _, s := range r.Sources {
		failed = append(failed, inState(s, sync.Failed)...)
	}
	return Impersonal(r.Error, failed...)
}
