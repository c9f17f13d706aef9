package diff

import (
	"testing"
	"time"

	"accountsync/account"
)

// days is the time so many days before (negative) or after today.
func days(n int) time.Time { return today.Add(time.Duration(n) * day) }

func missing(misses ...Miss) map[string]Miss {
	m := map[string]Miss{}
	for _, miss := range misses {
		m[miss.AccountID] = miss
	}
	return m
}

func disabled(a *account.Account) *account.Account {
	a.Disabled = true
	return a
}

// gone is the plan for one account that no row asks for.
func gone(t *testing.T, p Policy, a *account.Account) *Plan {
	t.Helper()
	p.Now = today
	return planUnder(t, index(t, account.Options{}, "id,city", "ada,Rome"), p, live("1", "ada", `{"city":"Rome"}`), a)
}

func TestRemovalRules(t *testing.T) {
	t.Parallel()
	staged := Policy{Removal: RemovalDisableThenDelete, Grace: 14 * day}
	since := func(days_ int, disabled bool) map[string]Miss {
		return missing(Miss{AccountID: "2", NativeIdentity: "bob", Since: days(days_), Disabled: disabled})
	}
	for _, tt := range []struct {
		name     string
		policy   Policy
		missing  map[string]Miss
		disabled bool
		change   string
		reason   string // of the change, or of the orphan where there is no change
		date     time.Time
	}{
		{name: "report", policy: Policy{Removal: RemovalReport}},
		{name: "report keeps a date that has begun", policy: Policy{Removal: RemovalReport}, missing: since(-3, true), date: days(-3)},
		{name: "no policy", policy: Policy{}},
		{name: "delete", policy: Policy{Removal: RemovalDelete}, change: "delete bob 2", reason: "no row has this key", date: today},
		{name: "delete, long missing", policy: Policy{Removal: RemovalDelete}, missing: since(-3, false), disabled: true,
			change: "delete bob 2", reason: "no row has this key", date: days(-3)},

		{name: "disable", policy: Policy{Removal: RemovalDisable}, change: "disable bob 2", reason: "no row has this key", date: today},
		{name: "disable what is disabled", policy: Policy{Removal: RemovalDisable}, disabled: true, reason: "disabled", date: today},
		{name: "disable never deletes", policy: Policy{Removal: RemovalDisable}, missing: since(-5000, true), disabled: true,
			reason: "disabled", date: days(-5000)},
		{name: "disable once, also where the account does not show it", policy: Policy{Removal: RemovalDisable}, missing: since(-1, true),
			reason: "an earlier run has sent its disable", date: days(-1)},
		{name: "disable again what was not sent", policy: Policy{Removal: RemovalDisable}, missing: since(-1, false),
			change: "disable bob 2", reason: "no row has this key", date: days(-1)},

		{name: "the first night", policy: staged, change: "disable bob 2", reason: "no row has this key", date: today},
		{name: "the first night, disabled by others", policy: staged, disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", date: today},
		{name: "the second night", policy: staged, missing: since(-1, true), disabled: true,
			reason: "disabled, to be deleted after 2026-12-06", date: days(-1)},
		{name: "the second night, the account does not show it", policy: staged, missing: since(-1, true),
			reason: "an earlier run has sent its disable, to be deleted after 2026-12-06", date: days(-1)},
		{name: "the second night after a disable that was withheld", policy: staged, missing: since(-1, false),
			change: "disable bob 2", reason: "no row has this key", date: days(-1)},
		{name: "the grace is over to the second", policy: staged, missing: since(-14, true), disabled: true,
			change: "delete bob 2", reason: "no row has this key since 2026-11-09", date: days(-14)},
		{name: "the grace is long over", policy: staged, missing: since(-40, false),
			change: "delete bob 2", reason: "no row has this key since 2026-10-14", date: days(-40)},
		{name: "a nanosecond of grace is left", policy: staged, disabled: true,
			missing: missing(Miss{AccountID: "2", Since: days(-14).Add(1), Disabled: true}),
			reason:  "disabled, to be deleted after 2026-11-23", date: days(-14).Add(1)},
		{name: "a clock that was set back", policy: staged, missing: since(100, false),
			change: "disable bob 2", reason: "no row has this key", date: today},
		{name: "a date nobody set", policy: staged, missing: missing(Miss{AccountID: "2", Disabled: true}), disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", date: today},
		{name: "a grace of hours is told to the second", policy: Policy{Removal: RemovalDisableThenDelete, Grace: 36 * time.Hour}, disabled: true,
			reason: "disabled, to be deleted after 2026-11-24T14:00:00Z", date: today},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := live("2", "bob", `{}`)
			a.Disabled = tt.disabled
			tt.policy.Missing = tt.missing
			p := gone(t, tt.policy, a)

			want := brief{Kept: []string{"ada"}, Changes: []string{tt.change}}
			var reason string
			if tt.change == "" {
				want.Changes, want.Orphans = nil, []string{"bob 2"}
				if tt.reason != "" {
					want.Orphans[0] += ": " + tt.reason
				}
			} else {
				reason = p.Changes[0].Reason
				equal(t, reason, tt.reason)
				equal(t, p.Changes[0].Removal, true)
				equal(t, p.Changes[0].Fingerprint, Fingerprint(a))
			}
			equal(t, summary(t, p), want)
			equal(t, p.Removals(), len(p.Changes))

			var dates []Miss
			if !tt.date.IsZero() {
				dates = []Miss{{AccountID: "2", NativeIdentity: "bob", Since: tt.date, Disabled: tt.missing["2"].Disabled}}
			}
			equal(t, p.Missing, dates, cmpFate...)
			equal(t, p.Missing != nil, true)
		})
	}
}

// What a plan hands on is what the next run needs: an account goes through its
// stages night after night.
func TestStages(t *testing.T) {
	t.Parallel()
	ix := index(t, account.Options{}, "id,city", "ada,Rome")
	bob := live("2", "bob", `{}`)
	policy := Policy{Removal: RemovalDisableThenDelete, Grace: 3 * day}
	var nights []string
	for night := range 5 {
		policy.Now = today.Add(time.Duration(night) * day)
		p := planUnder(t, ix, policy, bob)
		policy.Missing = missing(p.Missing...)
		for _, c := range p.Changes {
			if nights = append(nights, string(c.Op)); c.Op == Disable {
				bob = disabled(bob.Clone())
				m := policy.Missing["2"]
				m.Disabled = true
				policy.Missing["2"] = m
			}
		}
		nights = append(nights, "|")
	}
	equal(t, nights, []string{"create", "disable", "|", "create", "|", "create", "|", "create", "delete", "|", "create", "delete", "|"})
}

// Nobody knows what a file leaves out on purpose while rows are rejected, nor
// from a failed.csv: no date begins, and those that have begun stay.
func TestDatesAreNotBegunWhileHeld(t *testing.T) {
	t.Parallel()
	policy := Policy{Removal: RemovalDisable, Now: today, Missing: missing(Miss{AccountID: "2", Since: days(-2), Disabled: true})}
	accounts := []*account.Account{disabled(live("2", "bob", `{}`)), live("3", "cyd", `{}`)}
	known := []Miss{{AccountID: "2", NativeIdentity: "bob", Since: days(-2), Disabled: true}}

	held := planUnder(t, index(t, account.Options{}, "id,city", ",Rome"), policy, accounts...)
	equal(t, held.Missing, known)
	equal(t, held.Count(Disable), 1)

	partial := planUnder(t, index(t, account.Options{}, "id,city,accountsync.line", "ada,Rome,2"), policy, accounts...)
	equal(t, partial.Missing, []Miss(nil))
	equal(t, partial.Count(Disable), 0)
	equal(t, len(partial.Orphans), 2)

	whole := planUnder(t, index(t, account.Options{}, "id,city", "ada,Rome"), policy, accounts...)
	equal(t, whole.Missing, append(known, Miss{AccountID: "3", NativeIdentity: "cyd", Since: today}))
}

// What a plan hands on is in order, in wall-clock time, and must not keep the
// page alive that its accounts were read from.
func TestMissingHoldsCopies(t *testing.T) {
	t.Parallel()
	page := []byte("9zoe8yan3ada2bob1cyd")
	view := unsafeString(page)
	var accounts []*account.Account
	for i := 0; i < len(view); i += 4 {
		accounts = append(accounts, &account.Account{ID: view[i : i+1], NativeIdentity: view[i+1 : i+4], Disabled: i > 0})
	}
	now := time.Now()
	ours := missing(Miss{AccountID: "3", Since: now, Disabled: true}, Miss{AccountID: "2", Since: now, Disabled: true})
	p := planUnder(t, index(t, account.Options{}, "id,city", "bob,Rome", "ada,"), Policy{Removal: RemovalDisable, Now: now, Missing: ours}, accounts...)
	clear(page)
	now = now.Round(0)
	equal(t, p.Missing, []Miss{{AccountID: "1", NativeIdentity: "cyd", Since: now}, {AccountID: "8", NativeIdentity: "yan", Since: now}, {AccountID: "9", NativeIdentity: "zoe", Since: now}})
	equal(t, p.Returned, []Miss{{"2", "bob", now, true}, {"3", "ada", now, true}})
	equal(t, p.Orphans, []Orphan{{Key: "cyd", AccountID: "1", Reason: "disabled"}, {Key: "yan", AccountID: "8", Reason: "disabled"}})
	if p.Missing[0].Since != now {
		t.Error("a date holds a reading of the monotonic clock")
	}
}

// Dates that nobody can compare would delete accounts.
func TestStartNeedsTimes(t *testing.T) {
	t.Parallel()
	ix := index(t, account.Options{}, "id", "ada")
	for name, p := range map[string]Policy{
		"staged without a grace":       {Removal: RemovalDisableThenDelete, Now: today},
		"staged without a time":        {Removal: RemovalDisableThenDelete, Grace: day},
		"dates without a time to hold": {Missing: missing(Miss{AccountID: "1", Since: today})},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Start took it", name)
				}
			}()
			Start(ix, p)
		}()
	}
}
