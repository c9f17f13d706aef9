package diff

import (
	"testing"
	"time"

	"accountsync/account"
	"accountsync/csvfile"
)

// days is the time so many days before (negative) or after today.
func days(n int) time.Time { return today.Add(time.Duration(n) * day) }

func missing(misses ...Absence) map[string]Absence {
	m := map[string]Absence{}
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
func gone(t *testing.T, p Policy, a *account.Account) *planned {
	t.Helper()
	p.Now = today
	return planUnder(t, index(t, csvfile.Options{}, "id,city", "ada,Rome"), p, live("1", "ada", `{"city":"Rome"}`), a)
}

func TestRemovalRules(t *testing.T) {
	t.Parallel()
	staged := Policy{Removal: RemovalDisableThenDelete, Grace: 14 * day}
	const never = 1000 // nights
	// known is what earlier runs know: since when it is missing, when its disable was sent, since when it is seen disabled.
	known := func(since, sent, seen int) Absence {
		m := Absence{AccountID: "2", NativeIdentity: "bob", Since: days(since)}
		if sent != never {
			m.DisableSent = days(sent)
		}
		if seen != never {
			m.SeenDisabledSince = days(seen)
		}
		return m
	}
	unanswered := known(-1, -1, never)
	unanswered.Unanswered = true
	dated := func(m Absence, seen time.Time) Absence { m.SeenDisabledSince = seen; return m }
	for _, tt := range []struct {
		name     string
		policy   Policy
		missing  Absence
		disabled bool
		change   string
		reason   string  // of the change, or of the orphan where there is no change
		next     Absence // what the next run is told
	}{
		{name: "report", policy: Policy{Removal: RemovalReport}},
		{name: "report keeps what is known", policy: Policy{Removal: RemovalReport}, missing: known(-3, -3, never), next: known(-3, -3, never)},
		{name: "no policy", policy: Policy{}},
		{name: "delete", policy: Policy{Removal: RemovalDelete}, change: "delete bob 2", reason: "not in the CSV", next: known(0, never, never)},
		{name: "delete, long missing", policy: Policy{Removal: RemovalDelete}, missing: known(-3, never, never), disabled: true,
			change: "delete bob 2", reason: "not in the CSV", next: known(-3, never, 0)},

		{name: "disable", policy: Policy{Removal: RemovalDisable}, change: "disable bob 2", reason: "not in the CSV", next: known(0, never, never)},
		{name: "disable what is disabled", policy: Policy{Removal: RemovalDisable}, disabled: true, reason: "disabled", next: known(0, never, 0)},
		{name: "disable never deletes", policy: Policy{Removal: RemovalDisable}, missing: known(-5000, -5000, -4999), disabled: true,
			reason: "disabled", next: known(-5000, -5000, -4999)},
		{name: "disable once, also where the account does not show it", policy: Policy{Removal: RemovalDisable}, missing: known(-1, -1, never),
			reason: "an earlier run sent its disable at 2026-11-22, and no look has shown it disabled", next: known(-1, -1, never)},
		{name: "disable again what was not sent", policy: Policy{Removal: RemovalDisable}, missing: known(-1, never, never),
			change: "disable bob 2", reason: "not in the CSV", next: known(-1, never, never)},
		{name: "disable again what somebody enabled", policy: Policy{Removal: RemovalDisable}, missing: known(-9, -9, -8),
			change: "disable bob 2", reason: "not in the CSV; it was disabled and is enabled again", next: known(-9, never, never)},

		{name: "the first night", policy: staged, change: "disable bob 2", reason: "not in the CSV", next: known(0, never, never)},
		{name: "the first night, disabled by others", policy: staged, disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", next: known(0, never, 0)},
		{name: "missing for long, disabled by others since", policy: staged, missing: known(-40, never, never), disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", next: known(-40, never, 0)},
		{name: "the first night that shows it", policy: staged, missing: known(-30, -30, never), disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", next: known(-30, -30, 0)},
		{name: "the second night", policy: staged, missing: known(-1, -1, -1), disabled: true,
			reason: "disabled, to be deleted after 2026-12-06", next: known(-1, -1, -1)},
		{name: "a disable that never showed is never followed by a delete", policy: staged, missing: known(-400, -400, never),
			reason: "an earlier run sent its disable at 2025-10-19, and no look has shown it disabled", next: known(-400, -400, never)},
		{name: "a disable that was refused, failed or was withheld is sent again", policy: staged, missing: known(-400, never, never),
			change: "disable bob 2", reason: "not in the CSV", next: known(-400, never, never)},
		{name: "a disable without an answer is sent again", policy: staged, missing: unanswered,
			change: "disable bob 2", reason: "not in the CSV", next: unanswered},
		{name: "a disable without an answer that shows", policy: staged, missing: unanswered, disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", next: dated(unanswered, today)},
		{name: "enabled again when its grace is over", policy: staged, missing: known(-40, -40, -39),
			change: "disable bob 2", reason: "not in the CSV; it was disabled and is enabled again", next: known(-40, never, never)},
		{name: "the grace is over to the second", policy: staged, missing: known(-20, -20, -14), disabled: true,
			change: "delete bob 2", reason: "not in the CSV, and it is disabled since 2026-11-09", next: known(-20, -20, -14)},
		{name: "the grace is long over", policy: staged, missing: known(-40, never, -40), disabled: true,
			change: "delete bob 2", reason: "not in the CSV, and it is disabled since 2026-10-14", next: known(-40, never, -40)},
		{name: "a nanosecond of grace is left", policy: staged, disabled: true, missing: dated(known(-20, -20, never), days(-14).Add(1)),
			reason: "disabled, to be deleted after 2026-11-23", next: dated(known(-20, -20, never), days(-14).Add(1))},
		{name: "a clock that was set back", policy: staged, missing: known(100, never, 100), disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", next: known(0, never, 0)},
		{name: "a date nobody set", policy: staged, missing: Absence{AccountID: "2"}, disabled: true,
			reason: "disabled, to be deleted after 2026-12-07", next: known(0, never, 0)},
		{name: "a grace of hours is told to the second", policy: Policy{Removal: RemovalDisableThenDelete, Grace: 36 * time.Hour}, disabled: true,
			reason: "disabled, to be deleted after 2026-11-24T14:00:00Z", next: known(0, never, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := live("2", "bob", `{}`)
			a.Disabled = tt.disabled
			if tt.missing != (Absence{}) {
				tt.policy.Absences = missing(tt.missing)
			}
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

			var dates []Absence
			if tt.next != (Absence{}) {
				dates = []Absence{tt.next}
			}
			equal(t, p.Absences, dates, cmpFate...)
			equal(t, p.Absences != nil, true)
		})
	}
}

// Accounts that are found enabled again are counted, to be said.
func TestEnabledAgain(t *testing.T) {
	t.Parallel()
	policy := Policy{Removal: RemovalDisableThenDelete, Grace: day, Absences: missing(Absence{AccountID: "2", Since: days(-9), DisableSent: days(-9), SeenDisabledSince: days(-8)})}
	equal(t, gone(t, policy, live("2", "bob", `{}`)).EnabledAgain, 1)
	equal(t, gone(t, policy, disabled(live("2", "bob", `{}`))).EnabledAgain, 0)
}

// Where two clocks tell different times, what is due is due by the one behind
// and what begins begins by the one ahead; and nothing is deleted as long as
// they differ too much.
func TestTwoClocks(t *testing.T) {
	t.Parallel()
	policy := Policy{Removal: RemovalDisableThenDelete, Grace: 14 * day, Now: today, Latest: days(30),
		Absences: missing(Absence{AccountID: "2", Since: days(-13), SeenDisabledSince: days(-13)})}
	ix := index(t, csvfile.Options{}, "id,city", "ada,Rome")
	accounts := []*account.Account{disabled(live("2", "bob", `{}`)), disabled(live("3", "cyd", `{}`))}
	p := planUnder(t, ix, policy, accounts...)
	equal(t, p.Removals(), 0)
	equal(t, p.Absences[1], Absence{AccountID: "3", NativeIdentity: "cyd", Since: days(30), SeenDisabledSince: days(30)})

	policy.Grace, policy.ClockDoubt = 13*day, "the clocks differ"
	p = planUnder(t, ix, policy, accounts...)
	equal(t, p.Count(Delete), 1)
	equal(t, p.Changes[1].Impossible, "the clocks differ")
	policy.Removal = RemovalDelete // which depends on no days
	p = planUnder(t, ix, policy, accounts...)
	equal(t, p.Changes[1].Impossible+p.Changes[2].Impossible, "")
}

// What a plan hands on is what the next run needs: an account goes through its
// stages night after night.
func TestStages(t *testing.T) {
	t.Parallel()
	ix := index(t, csvfile.Options{}, "id,city", "ada,Rome")
	bob := live("2", "bob", `{}`)
	policy := Policy{Removal: RemovalDisableThenDelete, Grace: 3 * day}
	var nights []string
	for night := range 5 {
		policy.Now = today.Add(time.Duration(night) * day)
		p := planUnder(t, ix, policy, bob)
		policy.Absences = missing(p.Absences...)
		for _, c := range p.Changes {
			if nights = append(nights, string(c.Op)); c.Op == Disable {
				bob = disabled(bob.Clone())
				m := policy.Absences["2"]
				m.DisableSent = policy.Now
				policy.Absences["2"] = m
			}
		}
		nights = append(nights, "|")
	}
	// Seen disabled on the second night, so that three days end with the fifth.
	equal(t, nights, []string{"create", "disable", "|", "create", "|", "create", "|", "create", "|", "create", "delete", "|"})
}

// Nobody knows what a file leaves out on purpose while rows are rejected, nor
// from a failed.csv: no date begins, and those that have begun stay.
func TestDatesAreNotBegunWhileHeld(t *testing.T) {
	t.Parallel()
	policy := Policy{Removal: RemovalDisable, Now: today, Absences: missing(Absence{AccountID: "2", Since: days(-2), DisableSent: days(-2)})}
	accounts := []*account.Account{disabled(live("2", "bob", `{}`)), live("3", "cyd", `{}`)}
	known := []Absence{{AccountID: "2", NativeIdentity: "bob", Since: days(-2), DisableSent: days(-2)}}

	held := planUnder(t, index(t, csvfile.Options{}, "id,city", ",Rome"), policy, accounts...)
	equal(t, held.Absences, known)
	equal(t, held.Count(Disable), 1)

	partial := planUnder(t, index(t, csvfile.Options{}, "id,city,accountsync.line", "ada,Rome,2"), policy, accounts...)
	equal(t, partial.Absences, []Absence(nil))
	equal(t, partial.Count(Disable), 0)
	equal(t, len(partial.Orphans), 2)

	whole := planUnder(t, index(t, csvfile.Options{}, "id,city", "ada,Rome"), policy, accounts...)
	known[0].SeenDisabledSince = today
	equal(t, whole.Absences, append(known, Absence{AccountID: "3", NativeIdentity: "cyd", Since: today}))
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
	ours := missing(Absence{AccountID: "3", Since: now, DisableSent: now.Round(0)}, Absence{AccountID: "2", Since: now, DisableSent: now.Round(0)})
	p := planUnder(t, index(t, csvfile.Options{}, "id,city", "bob,Rome", "ada,"), Policy{Removal: RemovalDisable, Now: now, Absences: ours}, accounts...)
	clear(page)
	now = now.Round(0)
	equal(t, p.Absences, []Absence{{AccountID: "1", NativeIdentity: "cyd", Since: now, SeenDisabledSince: now},
		{AccountID: "8", NativeIdentity: "yan", Since: now, SeenDisabledSince: now}, {AccountID: "9", NativeIdentity: "zoe", Since: now}})
	equal(t, p.Returned, []Absence{{AccountID: "2", NativeIdentity: "bob", Since: now, DisableSent: now}, {AccountID: "3", NativeIdentity: "ada", Since: now, DisableSent: now}})
	equal(t, p.Orphans, []Orphan{{Key: "cyd", AccountID: "1", Reason: "disabled"}, {Key: "yan", AccountID: "8", Reason: "disabled"}})
	if p.Absences[0].Since != now {
		t.Error("a date holds a reading of the monotonic clock")
	}
}

// Dates that nobody can compare would delete accounts.
func TestStartNeedsTimes(t *testing.T) {
	t.Parallel()
	ix := index(t, csvfile.Options{}, "id", "ada")
	for name, p := range map[string]Policy{
		"staged without a grace":       {Removal: RemovalDisableThenDelete, Now: today},
		"staged without a time":        {Removal: RemovalDisableThenDelete, Grace: day},
		"dates without a time to hold": {Absences: missing(Absence{AccountID: "1", Since: today})},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Start took it", name)
				}
			}()
			Start(ix, p, &collector{})
		}()
	}
}
