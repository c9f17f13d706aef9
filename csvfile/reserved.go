package csvfile

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"
)

// NativeIdentityColumn is the header that serves as the key column whatever
// the schema calls its identityAttribute.
const NativeIdentityColumn = "nativeIdentity"

// reserved are the columns that are not account attributes. gocsv matches the
// header of a file against it.
type reserved struct {
	SourceID string `csv:"sourceId"`

	Disabled           string `csv:"account.disabled"`
	Locked             string `csv:"account.locked"`
	IdentityID         string `csv:"account.identityId"`
	ManuallyCorrelated string `csv:"account.manuallyCorrelated"`

	IdentityEmail string `csv:"account.identity.email"`
	IdentityAlias string `csv:"account.identity.alias"`
	IdentityName  string `csv:"account.identity.name"`

	FailedLine   string `csv:"accountsync.line"`
	FailedOp     string `csv:"accountsync.op"`
	FailedState  string `csv:"accountsync.state"`
	FailedReason string `csv:"accountsync.reason"`
}

const (
	sourceIDColumn = "sourceId"
	failedPrefix   = "accountsync."
)

// reservedColumns are the tags of the struct, in its order.
var reservedColumns = func() []string {
	um, err := matchReserved(csv.NewReader(strings.NewReader("none of them\n")))
	if err != nil {
		panic(err)
	}
	return um.MismatchedStructFields
}()

// matchReserved reads the header and lets gocsv match it against the reserved columns.
func matchReserved(r *csv.Reader) (*gocsv.Unmarshaller, error) {
	return gocsv.NewUnmarshaller(r, reserved{})
}

func isReserved(name string) bool { return slices.Contains(reservedColumns, name) }

// isFailedColumn reports whether the header is one that a failed.csv adds to
// the columns of its input: accountsync.line, .op, .state or .reason.
func isFailedColumn(header string) bool {
	return strings.HasPrefix(header, failedPrefix) && isReserved(header)
}

// isFailedHeader reports whether a line is the header of a failed.csv of ours.
func isFailedHeader(line string) bool {
	return strings.Contains(line, failedPrefix+"line") && strings.Contains(line, failedPrefix+"op") &&
		strings.Contains(line, failedPrefix+"state") && strings.Contains(line, failedPrefix+"reason")
}
