package sync

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"accountsync/diff"
)

// Handover is what a run hands on to the next run of its source.
type Handover struct {
	// AsOf is when the listing was taken that it was learnt from.
	AsOf time.Time
	// Absences are the accounts that no row asks for, by account id: all of them.
	Absences iter.Seq2[diff.Absence, error]
	// Accounts is how many accounts the run left; -1 says nothing.
	Accounts int
}

// HandOver is what the next run must know, however this one ended; complete says
// that it ended without an error. What a listing showed counts only if it was
// proven and no guard blocked the run: no date begins, and none is forgotten, on the
// word of half a list or an idle night. Then what was known before goes on.
// What was done counts always. Known is what is known now, as of a time.
func HandOver(ctx context.Context, rec Reader, known iter.Seq2[diff.Absence, error], knownAsOf, now time.Time, complete bool) (Handover, error) {
	head := rec.Head()
	byFile := head.Input.SHA256 != "" // not single accounts, nor the way back of a run
	believed := byFile && head.Listing.Proven && !head.Blocked()
	h := Handover{AsOf: now, Accounts: -1}
	base, again := known, map[string]bool{}
	if believed && head.Dated && !knownAsOf.After(head.Listed) {
		base = rec.Absences(ctx)
	} else { // what was seen enabled again counts always
		for m, err := range rec.Absences(ctx) {
			if err != nil {
				return h, err
			}
			if m.SeenDisabledSince.IsZero() {
				again[m.AccountID] = true
			}
		}
	}
	done := map[string]diff.Absence{} // of what was done; one whose dates are zero is to be forgotten
	grown := 0
	sent := Filter{Ops: []diff.Op{diff.Delete, diff.Enable, diff.Disable}, States: []State{Verified, Accepted, Failed, Stale}}
	if complete { // else nobody asks how many accounts it left
		sent.Ops = append(sent.Ops, diff.Create)
	}
	for op, err := range rec.Operations(ctx, sent) { // of what is withheld nothing was done
		if err != nil {
			return h, err
		}
		if op.Sent && (op.State == Verified || op.Op == diff.Delete && (op.State == Accepted || op.Ambiguous)) {
			grown += growth(op.Op, 1)
		}
		if m, ok := deed(op, now); ok && (byFile || m.Since.IsZero()) {
			done[m.AccountID] = m
		}
	}
	h.Absences = merged(base, done, again)
	if believed && complete {
		h.Accounts = head.Listing.Accounts + grown
	}
	return h, nil
}

// deed is what an operation that was sent says of its account; not ok when it
// says nothing.
func deed(op *Operation, now time.Time) (m diff.Absence, ok bool) {
	m.AccountID, m.NativeIdentity = op.AccountID(), op.Native
	switch {
	case !op.Sent || m.AccountID == "":
		return m, false
	case op.Op == diff.Delete || op.Op == diff.Enable:
		return m, op.State == Verified
	case op.Op != diff.Disable || !op.Removal():
		return m, false
	}
	m.Since = now
	switch {
	case op.State == Verified:
		m.DisableSent, m.SeenDisabledSince = now, now
	case op.State == Accepted:
		m.DisableSent = now
	case op.Ambiguous:
		m.DisableSent, m.Unanswered = now, true
	default:
		return m, false
	}
	return m, true
}

// merged are absences with what was done laid over them, by account id; those
// seen enabled again start from the beginning.
func merged(base iter.Seq2[diff.Absence, error], done map[string]diff.Absence, again map[string]bool) iter.Seq2[diff.Absence, error] {
	return func(yield func(diff.Absence, error) bool) {
		left := map[string]bool{}
		for id, m := range done {
			left[id] = !m.Since.IsZero()
		}
		for m, err := range base {
			if err != nil {
				yield(m, err)
				return
			}
			if again[m.AccountID] {
				m.SeenDisabledSince = time.Time{}
			}
			if d, ok := done[m.AccountID]; ok {
				left[m.AccountID] = false
				if d.Since.IsZero() {
					continue
				}
				m = laidOver(m, d)
			}
			if !yield(m, nil) {
				return
			}
		}
		var rest []diff.Absence
		for id, is := range left {
			if is {
				rest = append(rest, done[id])
			}
		}
		slices.SortFunc(rest, func(a, b diff.Absence) int { return strings.Compare(a.AccountID, b.AccountID) })
		for _, m := range rest {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// laidOver is an absence with what a run did to the account.
func laidOver(m, d diff.Absence) diff.Absence {
	since := m.Since
	if since.IsZero() || d.Since.Before(since) {
		since = d.Since
	}
	m.Since, m.DisableSent, m.Unanswered = since, d.DisableSent, d.Unanswered
	if m.SeenDisabledSince.IsZero() {
		m.SeenDisabledSince = d.SeenDisabledSince
	}
	return m
}

// Remember is what is known of the accounts without a row when a run begins:
// what earlier runs handed on, and what those did that never ended.
func Remember(ctx context.Context, known iter.Seq2[diff.Absence, error], open []Reader, now time.Time) (map[string]diff.Absence, error) {
	all := map[string]diff.Absence{}
	for m, err := range known {
		if err != nil {
			return nil, err
		}
		all[m.AccountID] = m
	}
	for _, rec := range open {
		for op, err := range rec.Operations(ctx, Filter{Ops: []diff.Op{diff.Disable, diff.Enable, diff.Delete}}) {
			if err != nil {
				return nil, err
			}
			d, ok := deed(op, now)
			switch {
			case !ok:
			case d.Since.IsZero():
				delete(all, d.AccountID)
			default:
				m := all[d.AccountID]
				m.AccountID, m.NativeIdentity = d.AccountID, d.NativeIdentity
				all[d.AccountID] = laidOver(m, d)
			}
		}
	}
	return all, nil
}
