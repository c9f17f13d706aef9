package sync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"accountsync/account"
)

// batchSize is how many accounts are looked at together, where their native
// identities fit into one query.
const batchSize = 150

// lookTries is how often a question is asked, each time with another witness.
const lookTries = 3

// looker asks for accounts of one source by their native identities. That an
// account is not there is believed only when the witnesses came with the answer:
// accounts known to be there that were asked for in the same query.
type looker struct {
	api       ReadAPI
	source    string // its id
	witnesses *witnesses
	// quick leaves it at one answer that bears its witness: nothing is decided by
	// what it does not show.
	quick bool
	// expected says that accounts which are there are asked for: that none of them
	// comes would be odd.
	expected bool
}

// lookFailed is the error of a look. It does not repeat what the API said of the
// query, which names accounts and ends up in logs.
func lookFailed(what string, err error) error {
	if code := status(err); code != 0 && !void(err) {
		return &lookError{fmt.Sprintf("looking up %s: the list could not be read (HTTP %d)", what, code), err}
	}
	return fmt.Errorf("looking up %s: %w", what, err)
}

// lookError is an error in other words.
type lookError struct {
	text string
	err  error
}

func (e *lookError) Error() string { return e.text }
func (e *lookError) Unwrap() error { return e.err }

// look is what the answers to such questions show. Its accounts are copies.
type look struct {
	byID     map[string]*account.Account
	byNative map[string][]*account.Account // by folded native identity
	// proven are folded native identities of which every account is proven to be
	// shown, with the witness that proves it.
	proven map[string]string
	// empty says that the source showed no account that could bear witness.
	empty bool
}

// fold is the form of a native identity in which the API compares it.
func fold(native string) string { return strings.ToLower(native) }

// named are the accounts of the native identity, in whatever letter case.
func (s *look) named(native string) []*account.Account { return s.byNative[fold(native)] }

// provesAbsent reports whether it is proven that no account has the native identity.
func (s *look) provesAbsent(native string) bool {
	return s.proven[fold(native)] != "" && s.named(native) == nil
}

// provesGone reports whether it is proven that the account of the operation is
// not there. Another account may have its native identity.
func (s *look) provesGone(op *operation) bool {
	return s.proven[fold(op.Native)] != "" && s.byID[op.AccountID()] == nil
}

// missing are those of the native identities that no account shown so far has.
func (s *look) missing(natives []string) []string {
	return slices.DeleteFunc(slices.Clone(natives), func(n string) bool { return s.named(n) != nil })
}

func (s *look) add(a *account.Account) {
	key := fold(a.NativeIdentity)
	s.byNative[key] = append(slices.DeleteFunc(s.byNative[key], func(b *account.Account) bool { return b.ID == a.ID }), a)
	s.byID[a.ID] = a
}

// look asks for the accounts of native identities, in as many queries as it takes.
func (l *looker) look(ctx context.Context, natives []string) (*look, error) {
	seen := &look{byID: map[string]*account.Account{}, byNative: map[string][]*account.Account{}, proven: map[string]string{}}
	for len(natives) > 0 {
		asked, err := l.ask(ctx, natives, seen)
		if err != nil {
			return nil, err
		}
		natives = natives[asked:]
	}
	return seen, nil
}

// ask asks for the first of the native identities, as many as fit into one
// query beside a witness, and again with another witness as long as the answer
// proves nothing. It gives how many it asked for. An answer may have been cut
// short: where some came and others did not, the others are asked for without
// them, and where nobody but the witnesses came, now and then once more beside
// one of those.
func (l *looker) ask(ctx context.Context, natives []string, seen *look) (asked int, err error) {
	var tried []string
	for range lookTries {
		witnesses, err := l.pick(ctx, natives, tried)
		if err != nil {
			return 0, err
		}
		if asked == 0 {
			asked = l.fits(witnesses, natives)
		}
		came, lost, err := l.answer(ctx, natives[:asked], witnesses, seen)
		if err != nil {
			return 0, err
		}
		missing := seen.missing(natives[:asked])
		if came != "" && len(witnesses) == 2 && len(missing) == asked && !l.quick && (l.expected || l.witnesses.doubt()) {
			if came, lost, err = l.answer(ctx, natives[:asked], witnesses[:1], seen); err != nil {
				return 0, err
			}
			if missing = seen.missing(natives[:asked]); len(missing) < asked {
				came = "" // one of the two answers was cut
				l.witnesses.setCut()
			}
		}
		some := !l.quick && len(missing) > 0 && len(missing) < asked
		for _, native := range natives[:asked] {
			if came != "" && !(some && seen.named(native) == nil) {
				seen.proven[fold(native)] = came
			}
		}
		for came != "" && some && len(missing) > 0 {
			more, err := l.ask(ctx, missing, seen)
			if err != nil {
				return 0, err
			}
			missing = missing[more:]
		}
		seen.empty = seen.empty || came == "" && len(witnesses) == 0 && len(missing) > 0
		if came != "" || len(witnesses) == 0 || len(missing) == 0 {
			return asked, nil
		}
		l.witnesses.lose(lost) // they may be gone themselves
		tried = append(tried, lost...)
	}
	return asked, nil
}

// pick picks two witnesses that are not asked for anyhow, one or none where the
// source has no more. Where the run does not know two, a page of the source gives some.
func (l *looker) pick(ctx context.Context, natives, tried []string) ([]string, error) {
	out := make(map[string]bool, len(natives)+len(tried))
	for _, native := range slices.Concat(natives, tried) {
		out[fold(native)] = true
	}
	if picked, enough := l.witnesses.pick(out); enough {
		return picked, nil
	}
	page, err := l.api.Accounts(ctx, account.Query{SourceID: l.source, Limit: pageSize, Count: true})
	if err != nil {
		return nil, err
	}
	for a, err := range page.Accounts {
		if err != nil {
			return nil, err
		}
		l.witnesses.add(a.NativeIdentity)
	}
	picked, _ := l.witnesses.pick(out)
	l.witnesses.setAll()
	return picked, nil
}

// fits is how many of the native identities fit into one query beside the witnesses.
func (l *looker) fits(witnesses, natives []string) int {
	return max(1, len(l.api.Batch(l.source, slices.Concat(witnesses, natives))[0])-len(witnesses))
}

// between are native identities between two witnesses, so that at least one of
// those is lost where the list of names is cut, at whichever end. One witness
// stands at the end.
func between(witnesses, natives []string) []string {
	if len(witnesses) == 0 {
		return natives
	}
	return slices.Concat(witnesses[1:], natives, witnesses[:1])
}

// answer asks once and gives a witness, if the answer proves that what it does
// not show is not there: it shows the witnesses, and as many accounts as it says
// there are, none of them twice. Where the source has no other account, one that
// was asked for and came is the witness. Lost are the witnesses that did not
// come or, where the answer proves nothing else either, all of them.
func (l *looker) answer(ctx context.Context, natives, witnesses []string, seen *look) (came string, lost []string, err error) {
	query := account.Query{SourceID: l.source, NativeIdentities: between(witnesses, natives), Limit: l.witnesses.limit(len(natives) + len(witnesses)), Count: true}
	page, err := l.api.Accounts(ctx, query)
	if err != nil {
		return "", nil, err
	}
	var accounts []*account.Account
	for a, err := range page.Accounts {
		if err != nil {
			return "", nil, err // and nothing of it is to be believed
		}
		accounts = append(accounts, a.Clone())
	}
	ids, names := map[string]bool{}, map[string]bool{}
	for _, a := range accounts {
		ids[a.ID], names[a.NativeIdentity] = true, true
		seen.add(a)
	}
	lost = slices.DeleteFunc(slices.Clone(witnesses), func(name string) bool { return names[name] })
	switch {
	case len(lost) > 0:
	case page.Total != len(accounts) || len(ids) != len(accounts):
		lost = witnesses
	case len(witnesses) > 0:
		came = witnesses[0]
	case len(accounts) > 0:
		came = accounts[len(accounts)-1].NativeIdentity
	}
	return came, lost, nil
}

// witnesses are native identities of accounts known to be there. Two looks may
// be under way at once, so whoever touches them holds the lock.
type witnesses struct {
	lock  chan struct{} // holds one token while nobody does
	names []string
	seen  int // how many were offered
	asked int // how many questions were asked
	// all says that a page has shown that there are no more, or none that is needed.
	all bool
	// nobody is how often nobody but the witnesses came; cut says that an answer was cut short.
	nobody int
	cut    bool
}

// maxWitnesses is how many witnesses are kept.
const maxWitnesses = 256

func newWitnesses() *witnesses {
	w := &witnesses{lock: make(chan struct{}, 1), asked: rand.N(pageSize)}
	w.lock <- struct{}{}
	return w
}

// limit is a limit for a question that so many accounts answer at most. It is
// another one each time, and begins with another one each run, so that what a
// gateway has kept is no answer to it.
func (w *witnesses) limit(least int) int {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.asked++
	return pageSize - w.asked%max(1, pageSize-least)
}

// add takes a witness. When there are enough, it takes the place of an older
// one now and then, so that those of a long listing are spread over all of it.
func (w *witnesses) add(native string) {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.seen++
	switch {
	case native == "":
	case len(w.names) < maxWitnesses:
		if !slices.Contains(w.names, native) {
			w.names = append(w.names, strings.Clone(native))
		}
	case w.seen%(w.seen/maxWitnesses) == 0:
		w.names[(w.seen/(w.seen/maxWitnesses))%maxWitnesses] = strings.Clone(native)
	}
}

// drop forgets a witness that is about to be removed.
func (w *witnesses) drop(native string) {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.names = slices.DeleteFunc(w.names, func(n string) bool { return n == native })
}

// lose forgets witnesses that did not come. Where their answer was cut they are
// there all the same: a page will show.
func (w *witnesses) lose(natives []string) {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.names = slices.DeleteFunc(w.names, func(n string) bool { return slices.Contains(natives, n) })
	w.all = false
}

// setAll notes that a page has shown what witnesses there are.
func (w *witnesses) setAll() {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.all = true
}

// doubt reports whether an answer with nobody but the witnesses is to be checked:
// the first and each eighth, and all of them once one was cut short.
func (w *witnesses) doubt() bool {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.nobody++
	return w.cut || w.nobody%8 == 1
}

// setCut notes that answers are cut short.
func (w *witnesses) setCut() {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.cut = true
}

// pick gives two witnesses that are none of these, folded, or as many
// as there are, and whether a page of the source would not show more of them.
func (w *witnesses) pick(but map[string]bool) (picked []string, enough bool) {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	for _, i := range rand.Perm(len(w.names)) { // so that no run asks what another one has asked
		if name := w.names[i]; !but[fold(name)] && (len(picked) == 0 || fold(picked[0]) != fold(name)) {
			picked = append(picked, name)
		}
		if len(picked) == 2 {
			return picked, true
		}
	}
	return picked, len(picked) == 1 && w.all
}
