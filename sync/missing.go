package sync

import (
	"time"

	"accountsync/diff"
)

// Known is what earlier runs of a source handed on.
type Known struct {
	Missing map[string]diff.Miss // the accounts that no row asks for, by account id
	// Version grows with each run that hands something on.
	Version int64
	// Left is how many accounts the last complete run left; 0 when none is known.
	Left int
}

// Handover is what a run hands on to the next run of its source.
type Handover struct {
	// Version is that of what was known when the run planned. What its listing
	// showed, and what an earlier part of the run did, says nothing where another
	// run has handed something on since.
	Version int64
	// Missing is what the listing showed of the accounts that no row asks for. It
	// replaces what was known, unless it is nil, which says nothing.
	Missing []diff.Miss
	Deeds   []Deed
	// Left is how many accounts the run left; -1 says nothing, and the number
	// known changes by Grown.
	Left, Grown int
}

// Deed is what became of one account, of which a handover tells in any case.
type Deed struct {
	diff.Miss
	// Forget says that the account was deleted or enabled: nothing is to be known of it.
	Forget bool
	// Earlier says that an earlier part of the run did it.
	Earlier bool
}

// Handover is what the next run must know, however this one ended; complete
// says that it ended without an error. What a listing showed counts only if it
// was proven and no guard said no: no date begins, and none is forgotten, on the
// word of half a list or an idle night. What was done, and what was seen enabled
// again, counts always.
func (r *Run) Handover(now time.Time, complete bool) Handover {
	h := Handover{Version: r.settings.Known.Version, Left: -1}
	byFile := r.result.Input.SHA256 != "" // not single accounts, nor the way back of a run
	believed := byFile && r.result.Listing.Proven && !r.Blocked()
	if believed && r.dated {
		h.Missing = append([]diff.Miss{}, r.missing...)
	}
	for _, m := range r.missing {
		if m.SeenDisabledSince.IsZero() && !r.settings.Policy.Missing[m.AccountID].SeenDisabledSince.IsZero() {
			h.Deeds = append(h.Deeds, Deed{Miss: m})
		}
	}
	left := r.result.Listing.Accounts
	for _, op := range r.result.Operations {
		earlier := !op.sentNow
		n := grown(op)
		left += n
		if !earlier {
			h.Grown += n
		}
		if d, ok := deed(op, now); ok && (byFile || d.Forget) {
			d.Earlier = earlier
			h.Deeds = append(h.Deeds, d)
		}
	}
	if believed && complete {
		h.Left = left
	}
	return h
}

// KnownVersion is that of what was known when the run planned: a resume of it
// must know.
func (r *Run) KnownVersion() int64 { return r.settings.Known.Version }

// grown is by how many accounts an operation has made the source larger.
func grown(op *Operation) int {
	switch {
	case op.Op == diff.Create && op.State == Verified && op.Sent:
		return 1
	case op.Op == diff.Delete && op.Sent && (op.State == Verified || op.State == Accepted || op.Lost):
		return -1
	}
	return 0
}

// deed is what an operation that was sent says of its account; ok is false when
// it says nothing.
func deed(op *Operation, now time.Time) (d Deed, ok bool) {
	d.AccountID, d.NativeIdentity, d.Since = op.Account, op.Native, now
	switch {
	case !op.Sent || op.Account == "":
		return d, false
	case op.Op == diff.Delete || op.Op == diff.Enable:
		d.Forget = true
		return d, op.State == Verified
	case op.Op != diff.Disable || !op.Removal():
		return d, false
	}
	switch {
	case op.State == Verified:
		d.DisableSent, d.SeenDisabledSince = now, now
	case op.State == Accepted:
		d.DisableSent = now
	case op.Lost:
		d.DisableSent, d.Unanswered = now, true
	}
	return d, op.State != Withheld && op.State != Stale
}
