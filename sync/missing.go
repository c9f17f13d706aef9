package sync

import (
	"slices"

	"accountsync/diff"
)

// Missing is what the next run must know of the accounts that no row asks for,
// after what this run did to them; ok is false when it says nothing.
func (r *Run) Missing() (missing []diff.Miss, ok bool) {
	if !r.result.Listing.Proven || r.Blocked() {
		return nil, false // no date begins, and none is forgotten, on the word of half a list or an idle night
	}
	byAccount := map[string]*Operation{}
	for _, op := range r.result.Operations {
		if op.Removal() || op.Op == diff.Enable {
			byAccount[op.Account] = op
		}
	}
	missing = slices.Clone(r.missing)
	for i := range missing {
		if op := byAccount[missing[i].AccountID]; op != nil && op.Op == diff.Disable && (op.State == Verified || op.State == Accepted) {
			missing[i].Disabled = true
		}
	}
	return slices.DeleteFunc(missing, func(m diff.Miss) bool {
		op := byAccount[m.AccountID]
		return op != nil && op.Op != diff.Disable && op.State == Verified
	}), r.dated
}
