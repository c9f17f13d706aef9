package diff

import (
	"time"

	"accountsync/account"
)

// Policy says what becomes of live accounts that no row asks for, and by which
// operations the others are changed. The zero Policy leaves the former alone and
// reports them.
type Policy struct {
	// UpdateWith is the operation that changes attributes: Put, which "" stands
	// for, or Patch, which touches only those that differ.
	UpdateWith Op

	// Direct says that the source is no flat file, so that the API neither
	// changes attributes of its accounts nor deletes them, and only records what
	// it creates. What cannot be done is planned as impossible.
	Direct            bool
	AllowDirectCreate bool // create the records all the same

	// Undeletable says that the API documents DELETE for other file sources only.
	Undeletable bool

	// Authoritative says that identities come from the source's accounts: one
	// whose account is given to another can be lost.
	Authoritative    bool
	AllowRecorrelate bool // change whose accounts they are all the same

	// AllowLookalikes lets exactly so many rows create accounts whose keys only
	// look like others; nil lets none.
	AllowLookalikes *int

	Removal Removal
	Grace   time.Duration // of RemovalDisableThenDelete: how long an account is seen disabled before it is deleted
	// Now is the time of the run, by the more cautious clock where there are
	// several: what is due is due by the one furthest behind. What begins begins
	// by the one furthest ahead, Latest, which is Now unless it is later.
	Now, Latest time.Time
	// ClockDoubt says why no removal that depends on days may be made, "" when
	// the clocks agree.
	ClockDoubt string

	// Missing is what earlier runs know of the source's accounts, by account
	// id: what Plan.Absences and Plan.Returned of the last one came to.
	Absences map[string]Absence
	Protect  *Protection // accounts that are never taken away
	Select   *Selector   // which changes are to be sent
}

// Absence is a live account that no row asks for, as one run hands it on to the
// next. A time after Policy.Now counts as Now.
type Absence struct {
	AccountID      string    `json:"account"`
	NativeIdentity string    `json:"native_identity"`
	Since          time.Time `json:"since"` // when it was first missing
	// DisableSent is when a run of ours sent a disable that the API took: what
	// we intended, not what is. On a flat-file source it may only open a task for
	// a person. Zero: none was sent, or it is known to have failed. Whoever sends
	// the disable sets it.
	DisableSent time.Time `json:"disable_sent,omitzero"`
	// Unanswered says that nobody knows whether the API took that disable.
	Unanswered bool `json:"unanswered,omitempty"`
	// SeenDisabledSince is the first look of ours that showed the account
	// disabled, where none since has shown it enabled: when its grace began.
	SeenDisabledSince time.Time `json:"seen_disabled_since,omitzero"`
}

// checked panics where the lack of a time would delete accounts or lose dates.
func (p Policy) checked() Policy {
	if p.UpdateWith == "" {
		p.UpdateWith = Put
	}
	if _, err := ParseUpdateWith(string(p.UpdateWith)); err != nil {
		panic("diff: " + err.Error())
	}
	dated := p.Removal == RemovalDisableThenDelete || len(p.Absences) > 0
	if dated && p.Now.IsZero() || p.Removal == RemovalDisableThenDelete && p.Grace <= 0 {
		panic("diff: a Policy with dates needs the time of the run, and disable-then-delete a grace")
	}
	p.Now, p.Latest = p.Now.Round(0), p.Latest.Round(0) // dates of other runs are wall clock too
	if p.Latest.Before(p.Now) {
		p.Latest = p.Now
	}
	return p
}

// removes reports whether the policy takes missing accounts away.
func (p *Policy) removes() bool {
	switch p.Removal {
	case RemovalDisable, RemovalDelete, RemovalDisableThenDelete:
		return true
	}
	return false
}

// observe is the record of a missing account, with what it shows now; known
// says that there was a record before, and again that an account which was seen
// disabled is enabled.
func (p *Policy) observe(a *account.Account) (m Absence, known, again bool) {
	m, known = p.Absences[a.ID]
	if m.Since.IsZero() || m.Since.After(p.Now) {
		m.Since = p.Latest
	}
	seen := &m.SeenDisabledSince
	switch {
	case a.Disabled && (seen.IsZero() || seen.After(p.Now)):
		*seen = p.Latest
	case !a.Disabled && !seen.IsZero():
		again = true
		m.DisableSent, m.Unanswered, *seen = time.Time{}, false, time.Time{}
	}
	m.AccountID, m.NativeIdentity = a.ID, a.NativeIdentity
	return m, known, again
}

// disabledBefore reports whether an account is disabled, and was by an earlier run.
func (p *Policy) disabledBefore(a *account.Account) bool {
	return a.Disabled && !p.Absences[a.ID].DisableSent.IsZero()
}

// staged reports whether accounts are deleted once they have been disabled for
// the time of grace.
func (p *Policy) staged() bool { return p.Removal == RemovalDisableThenDelete }

// verdict is what becomes of a missing account that may be taken away: the
// operation, or "" for none, and why.
func (p *Policy) verdict(m Absence, again bool) (op Op, reason string) {
	disabled := !m.SeenDisabledSince.IsZero()
	due := m.SeenDisabledSince.Add(p.Grace)
	switch {
	case p.Removal == RemovalDelete:
		return Delete, "not in the CSV"
	case again:
		return Disable, "not in the CSV; it was disabled and is enabled again"
	case m.neverShown():
		return "", "an earlier run sent its disable at " + p.date(m.DisableSent) + ", and no look has shown it disabled"
	case !disabled:
		return Disable, "not in the CSV"
	case p.staged() && !p.Now.Before(due):
		return Delete, "not in the CSV, and it is disabled since " + p.date(m.SeenDisabledSince)
	case p.staged():
		return "", "disabled, to be deleted after " + p.date(due)
	}
	return "", "disabled"
}

// neverShown reports whether a disable was sent and taken, and no look has shown it.
func (m Absence) neverShown() bool {
	return m.SeenDisabledSince.IsZero() && !m.DisableSent.IsZero() && !m.Unanswered
}

// date is a time in UTC, as exact as the grace is.
func (p *Policy) date(t time.Time) string {
	if p.Grace%day == 0 {
		return t.UTC().Format(time.DateOnly)
	}
	return t.UTC().Format(time.RFC3339)
}
