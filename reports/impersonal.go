package reports

import (
	"context"

	"accountsync/account"
	"accountsync/sync"
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
	text = mailLike().ReplaceAllString(text, masked)
	return dateLike().ReplaceAllString(text, masked)
}

// personal is all an operation knows of its account, the account's id apart.
func personal(op *sync.Operation) []string {
	values := []string{op.Key, op.Native, op.Name, op.IdentityName}
	for _, f := range op.Changes {
		values = f.After.AppendTexts(f.Before.AppendTexts(values))
	}
	for _, a := range held(op) {
		values = a.Value.AppendTexts(values)
	}
	return values
}

// ImpersonalError is the error that ended the run, fit for a log: it may be
// what the API said of one of the operations that failed.
func ImpersonalError(ctx context.Context, r *Run) (string, error) {
	text := r.Head().Error
	if text == "" {
		return "", nil
	}
	failed, err := r.failed(ctx)
	if err != nil {
		return "", err
	}
	return Impersonal(text, failed...), nil
}

// repeated is how many failed operations an error of the whole run may repeat
// something of: it is the last of them that ends a run.
const repeated = 1000

// failed are operations that failed.
func (r *Run) failed(ctx context.Context) (ops []*sync.Operation, err error) {
	for op, err := range r.matching(ctx, sync.Filter{States: []sync.State{sync.Failed}}, repeated, all) {
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// held is what the account of an operation held before it, as far as it is on
// record: when it was sent, or when a removal was planned.
func held(op *sync.Operation) []account.Attribute {
	if op.Before == nil {
		return op.Takes
	}
	return op.Before.Attributes
}
