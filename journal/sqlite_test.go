//go:build !integration || !unix

package journal

import "testing"

var (
	databases = []database{onSQLite}
	runTests  = (*testing.M).Run
)
