package reports

import "accountsync/sync"

// Result is the plan as a run that has sent nothing. It reads the operations,
// so it can be had once.
func (p *SavedPlan) Result() (*sync.Result, error) {
	s := &sync.Source{Source: p.Source, Input: p.Input, Listing: p.Listing, Guards: p.Guards, Totals: p.Totals,
		Notes: p.Notes, Operations: []*sync.Operation{}, Rejected: p.Rejected, Orphans: p.Orphans}
	for op, err := range p.Operations() {
		if err != nil {
			return nil, err
		}
		s.Operations = append(s.Operations, op)
	}
	return &sync.Result{Schema: sync.ResultSchema, Run: p.Run, Command: p.Command, Version: p.Version, Outcome: sync.Planned,
		Started: p.Created, Finished: p.Created, Tenant: p.Tenant, API: p.API, Sources: []*sync.Source{s}}, nil
}
