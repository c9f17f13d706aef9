package sync

import (
	"context"
	"errors"

	"accountsync/account"
)

// ReadAPI is what planning needs of the API. It cannot write: a dry run is a
// run that was handed nothing else.
type ReadAPI interface {
	Schema(ctx context.Context, sourceID string) (account.Schema, error)
	// Accounts fetches one page.
	Accounts(ctx context.Context, q account.Query) (account.Page, error)
	// Identities finds, for each of the texts, every identity whose field has it.
	Identities(ctx context.Context, field account.IdentityField, texts []string) ([][]account.Identity, error)
	// Batch splits native identities into lists that fit into one query each.
	Batch(sourceID string, nativeIdentities []string) [][]string
	// Tasks asks for the state of tasks. Ids the API does not know are missing
	// from the answer.
	Tasks(ctx context.Context, ids []string) ([]account.Task, error)
}

// WriteAPI is what applying needs beyond that.
type WriteAPI interface {
	ReadAPI
	Create(ctx context.Context, sourceID string, attributes []account.Attribute) (account.Receipt, error)
	Put(ctx context.Context, accountID string, attributes []account.Attribute) (account.Receipt, error)
	Patch(ctx context.Context, accountID string, ops []account.PatchOp) (account.Receipt, error)
	Delete(ctx context.Context, accountID string) (account.Receipt, error)
	Enable(ctx context.Context, accountID string, t account.Toggle) (account.Receipt, error)
	Disable(ctx context.Context, accountID string, t account.Toggle) (account.Receipt, error)
	Unlock(ctx context.Context, accountID string, u account.Unlock) (account.Receipt, error)
	Reload(ctx context.Context, accountID string) (account.Receipt, error)
}

// The API's errors are asked for their behaviour, not their type.

// status is the HTTP status of the answer behind err, 0 when there was none.
func status(err error) int {
	var e interface{ HTTPStatus() int }
	if errors.As(err, &e) {
		return e.HTTPStatus()
	}
	return 0
}

// tracking is the trackingId of the answer behind err: what support asks for.
func tracking(err error) string {
	var e interface{ Tracking() string }
	if errors.As(err, &e) {
		return e.Tracking()
	}
	return ""
}

// answerText is what the API answered, without the request, the status and the
// trackingId, which stand beside it.
func answerText(err error) string {
	var e interface{ Detail() string }
	if errors.As(err, &e) {
		return e.Detail()
	}
	return err.Error()
}

// attempts is how often the failed request was sent.
func attempts(err error) int {
	var e interface{ Sent() int }
	if errors.As(err, &e) {
		return e.Sent()
	}
	return 1
}

// answerLost reports whether the call may have been carried out although no
// answer came.
func answerLost(err error) bool {
	var e interface{ Ambiguous() bool }
	return errors.As(err, &e) && e.Ambiguous()
}

// Denied reports whether the API refused the credentials or the scope.
func Denied(err error) bool {
	var e interface{ Denied() bool }
	return errors.As(err, &e) && e.Denied()
}

// Unreachable reports whether the API could not be reached at all.
func Unreachable(err error) bool {
	var e interface{ Unreachable() bool }
	return errors.As(err, &e) && e.Unreachable()
}

// void reports whether the answer does not fit the question, so that nothing
// the API says can be relied on.
func void(err error) bool {
	var e interface{ Void() bool }
	return errors.As(err, &e) && e.Void()
}
