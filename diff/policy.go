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

	// Authoritative says that identities come from the source's accounts: one
	// whose account is given to another can be lost.
	Authoritative    bool
	AllowRecorrelate bool // change whose accounts they are all the same

	Removal Removal
	Grace   time.Duration // of RemovalDisableThenDelete: how long an account is missing before it is deleted
	Now     time.Time     // the time of the run

	// Missing is what earlier runs know of the source's accounts, by account
	// id: what Plan.Missing and Plan.Returned of the last one came to.
	Missing map[string]Miss
	Protect *Protection // accounts that are never taken away
}

// Miss is a live account that no row asks for, as one run hands it on to the next.
type Miss struct {
	AccountID      string    `json:"account"`
	NativeIdentity string    `json:"native_identity"`
	Since          time.Time `json:"since"` // since when; a time after Policy.Now counts as Now
	// Disabled says that an earlier run disabled the account, and the API took
	// it. On a flat-file source that may only open a task for a person, so that
	// the account does not show it. Whoever sends the disable sets it.
	Disabled bool `json:"disabled,omitempty"`
}

// checked panics where the lack of a time would delete accounts or lose dates.
func (p Policy) checked() Policy {
	if p.UpdateWith == "" {
		p.UpdateWith = Put
	}
	if _, err := ParseUpdateWith(string(p.UpdateWith)); err != nil {
		panic("diff: " + err.Error())
	}
	dated := p.Removal == RemovalDisableThenDelete || len(p.Missing) > 0
	if dated && p.Now.IsZero() || p.Removal == RemovalDisableThenDelete && p.Grace <= 0 {
		panic("diff: a Policy with dates needs the time of the run, and disable-then-delete a grace")
	}
	p.Now = p.Now.Round(0) // dates of other runs are wall clock too
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

// miss is the record of a missing account; known says that there was one before.
func (p *Policy) miss(a *account.Account) (m Miss, known bool) {
	m, known = p.Missing[a.ID]
	if m.Since.IsZero() || m.Since.After(p.Now) {
		m.Since = p.Now
	}
	m.AccountID, m.NativeIdentity = a.ID, a.NativeIdentity
	return m, known
}

// disabledBefore reports whether an account is disabled, and was by an earlier run.
func (p *Policy) disabledBefore(a *account.Account) bool {
	return a.Disabled && p.Missing[a.ID].Disabled
}

// verdict is what becomes of a missing account that may be taken away: the
// operation, or "" for none, and why.
func (p *Policy) verdict(m Miss, disabled bool) (op Op, reason string) {
	staged := p.Removal == RemovalDisableThenDelete
	due := m.Since.Add(p.Grace)
	switch {
	case p.Removal == RemovalDelete:
		return Delete, "no row has this key"
	case staged && !p.Now.Before(due):
		return Delete, "no row has this key since " + p.date(m.Since)
	case !disabled && !m.Disabled:
		return Disable, "no row has this key"
	case disabled:
		reason = "disabled"
	default:
		reason = "an earlier run has sent its disable"
	}
	if staged {
		reason += ", to be deleted after " + p.date(due)
	}
	return "", reason
}

// date is a time in UTC, as exact as the grace is.
func (p *Policy) date(t time.Time) string {
	if p.Grace%day == 0 {
		return t.UTC().Format(time.DateOnly)
	}
	return t.UTC().Format(time.RFC3339)
}
