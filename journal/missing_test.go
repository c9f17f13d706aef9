package journal

import (
	"fmt"
	"testing"
	"time"

	"accountsync/diff"
)

// misses are n missing accounts, every other one disabled by a run.
func misses(n int) []diff.Miss {
	var all []diff.Miss
	for i := range n {
		all = append(all, diff.Miss{AccountID: fmt.Sprintf("account-%d", i), NativeIdentity: fmt.Sprintf("user.%d", i), Since: at(i), Disabled: i%2 == 1})
	}
	return all
}

func byAccount(all []diff.Miss) map[string]diff.Miss {
	m := map[string]diff.Miss{}
	for _, miss := range all {
		m[miss.AccountID] = miss
	}
	return m
}

func TestMissing(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	expect := func(tenant, source string, want []diff.Miss) {
		t.Helper()
		got, err := j.Missing(t.Context(), tenant, source)
		ok(t, err)
		equal(t, got, byAccount(want))
	}
	expect(tenant, sourceID, nil)
	ok(t, j.SetMissing(t.Context(), tenant, sourceID, misses(4)))
	ok(t, j.SetMissing(t.Context(), tenant, "another source", misses(2)))
	ok(t, j.SetMissing(t.Context(), "https://another.api.identitynow.com", sourceID, misses(3)))
	expect(tenant, sourceID, misses(4))

	// One came back, one was disabled, the date of one begins anew.
	next := misses(4)[1:]
	next[1].Disabled, next[2].Since = true, at(0).Add(-24*time.Hour)
	ok(t, j.SetMissing(t.Context(), tenant, sourceID, next))
	expect(tenant, sourceID, next)
	ok(t, j.SetMissing(t.Context(), tenant, sourceID, nil))
	expect(tenant, sourceID, nil)
	expect(tenant, "another source", misses(2))
	expect("https://another.api.identitynow.com", sourceID, misses(3))

	// All or nothing.
	if err := j.SetMissing(t.Context(), tenant, "another source", append(misses(3), misses(1)...)); err == nil {
		t.Error("an account was missing twice")
	}
	expect(tenant, "another source", misses(2))
}
