package sync

import (
	"fmt"
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// PlanSchema names the shape of a saved plan.
const PlanSchema = "accountsync/plan/v1"

// Plan is the head of a saved plan: everything but its operations, which are
// streamed behind it.
type Plan struct {
	Schema        string             `json:"schema"`
	Run           string             `json:"run"`     // the run that planned
	Command       string             `json:"command"` // plan or undo
	Undoes        string             `json:"undoes,omitempty"`
	Version       string             `json:"version"`
	Created       time.Time          `json:"created"`
	Expires       time.Time          `json:"expires"`
	Tenant        string             `json:"tenant"`
	API           string             `json:"api"`
	Source        account.Source     `json:"source"`
	AccountSchema account.Schema     `json:"account_schema"`
	Removal       diff.Removal       `json:"removal"`
	Input         Input              `json:"input"`
	Options       account.Options    `json:"options"` // how the input was read
	Listing       Listing            `json:"listing"`
	Guards        []diff.Guard       `json:"guards"`
	Orphans       []diff.Orphan      `json:"orphans"`
	Missing       []diff.Miss        `json:"missing"`                 // what the next run needs to know of accounts without a row
	KnownVersion  int64              `json:"known_version,omitempty"` // Known.Version when it was made
	HoldRemovals  string             `json:"hold_removals,omitempty"` // why removals stay withheld
	Totals        Totals             `json:"totals"`
	Notes         []string           `json:"notes,omitempty"`
	Rejected      []account.Rejected `json:"rejected"`
}

// Save gives the head of the plan to be saved.
func (r *Run) Save(head *Result, expires time.Duration) *Plan {
	s := r.result
	return &Plan{
		Schema: PlanSchema, Run: head.Run, Command: head.Command, Undoes: r.settings.Undoes, Version: head.Version,
		Created: head.Started, Expires: head.Started.Add(expires), Tenant: head.Tenant, API: head.API,
		Source: r.source, AccountSchema: r.schema, Removal: r.settings.Policy.Removal, Orphans: s.Orphans, Missing: r.missing, KnownVersion: r.settings.Known.Version, Input: s.Input, Options: r.settings.Options, Listing: s.Listing,
		Guards: s.Guards, HoldRemovals: r.hold, Totals: s.Totals, Notes: s.Notes, Rejected: s.Rejected,
	}
}

// Check says why the plan must not be applied by this run, nil when it may.
func (p *Plan) Check(now time.Time, tenant string, source account.Source) error {
	switch {
	case p.Tenant != tenant:
		return fmt.Errorf("%w: it was made for tenant %s, this is %s", ErrStale, p.Tenant, tenant)
	case p.Source.ID != source.ID:
		return fmt.Errorf("%w: it was made for source %s, this is %s", ErrStale, p.Source.ID, source.ID)
	case now.After(p.Expires):
		return fmt.Errorf("%w: it expired at %s", ErrStale, p.Expires.Format(time.RFC3339))
	case now.Before(p.Created.Add(-time.Hour)):
		return fmt.Errorf("%w: it was made at %s, in the future: check the clock", ErrStale, p.Created.Format(time.RFC3339))
	}
	return nil
}

// Load is the plan as the beginning of a run: its operations withheld, its
// guards judged again with what is allowed now.
func (p *Plan) Load(operations []*Operation, s Settings) *Run {
	source := &Source{Source: p.Source, Input: p.Input, Listing: p.Listing, Totals: p.Totals, Notes: p.Notes,
		Rejected: p.Rejected, Orphans: p.Orphans, Operations: operations}
	source.Guards = diff.Rejudge(p.Guards, s.Allow)
	s.Known.Version = p.KnownVersion
	r := Continue(source, p.AccountSchema, s)
	r.hold, r.missing, r.dated = p.HoldRemovals, p.Missing, p.Missing != nil
	r.withholdGuarded()
	return r
}
