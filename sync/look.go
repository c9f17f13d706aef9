package sync

import (
	"context"
	"fmt"
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
// account is not there is believed only when a witness came with the answer: an
// account known to be there that was asked for in the same query.
type looker struct {
	api       ReadAPI
	source    string // its id
	witnesses *witnesses
	// quick leaves it at one answer that bears its witness: nothing is decided by
	// what it does not show.
	quick bool
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
// proves nothing. It gives how many it asked for. Where some came and others did
// not, the others are asked for without them: an answer may have been cut short.
func (l *looker) ask(ctx context.Context, natives []string, seen *look) (asked int, err error) {
	var tried []string
	for range lookTries {
		witness, err := l.witness(ctx, natives, tried)
		if err != nil {
			return 0, err
		}
		if asked == 0 {
			asked = l.fits(witness, natives)
		}
		came, err := l.answer(ctx, natives[:asked], witness, seen)
		if err != nil {
			return 0, err
		}
		missing := slices.DeleteFunc(slices.Clone(natives[:asked]), func(n string) bool { return seen.named(n) != nil })
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
		seen.empty = seen.empty || came == "" && witness == "" && len(missing) > 0
		if came != "" || witness == "" || len(missing) == 0 {
			return asked, nil
		}
		l.witnesses.drop(witness) // it may be gone itself
		tried = append(tried, witness)
	}
	return asked, nil
}

// witness picks a witness that is not asked for anyhow, "" when none is known.
// Where the run knows none yet, a page of the source gives some.
func (l *looker) witness(ctx context.Context, natives, tried []string) (string, error) {
	out := make(map[string]bool, len(natives)+len(tried))
	for _, native := range slices.Concat(natives, tried) {
		out[fold(native)] = true
	}
	if witness := l.witnesses.pick(out); witness != "" {
		return witness, nil
	}
	page, err := l.api.Accounts(ctx, account.Query{SourceID: l.source, Limit: pageSize, Count: true})
	if err != nil {
		return "", err
	}
	for a, err := range page.Accounts {
		if err != nil {
			return "", err
		}
		l.witnesses.add(a.NativeIdentity)
	}
	return l.witnesses.pick(out), nil
}

// fits is how many of the native identities fit into one query beside the witness.
func (l *looker) fits(witness string, natives []string) int {
	if witness == "" {
		return len(l.api.Batch(l.source, natives)[0])
	}
	return max(1, len(l.api.Batch(l.source, slices.Insert(slices.Clone(natives), 0, witness))[0])-1)
}

// answer asks once and gives the witness, if the answer proves that what it does
// not show is not there: it shows the witness, and as many accounts as it says
// there are, none of them twice. Where the source has no other account, one that
// was asked for and came is the witness.
func (l *looker) answer(ctx context.Context, natives []string, witness string, seen *look) (came string, err error) {
	query := account.Query{SourceID: l.source, NativeIdentities: natives, Limit: l.witnesses.limit(len(natives) + 1), Count: true}
	if witness != "" {
		query.NativeIdentities = append(slices.Clone(natives), witness) // the last one: it is lost where the list of names is cut
	}
	page, err := l.api.Accounts(ctx, query)
	if err != nil {
		return "", err
	}
	var accounts []*account.Account
	for a, err := range page.Accounts {
		if err != nil {
			return "", err // and nothing of it is to be believed
		}
		accounts = append(accounts, a.Clone())
	}
	shown := map[string]bool{}
	for _, a := range accounts {
		shown[a.ID] = true
		if witness == "" || a.NativeIdentity == witness {
			came = a.NativeIdentity
		}
		seen.add(a)
	}
	if page.Total != len(accounts) || len(shown) != len(accounts) {
		came = ""
	}
	return came, nil
}

// witnesses are native identities of accounts known to be there. Two looks may
// be under way at once, so whoever touches them holds the lock.
type witnesses struct {
	lock  chan struct{} // holds one token while nobody does
	names []string
	seen  int // how many were offered
	asked int // how many questions were asked
}

// maxWitnesses is how many witnesses are kept.
const maxWitnesses = 256

func newWitnesses() *witnesses {
	w := &witnesses{lock: make(chan struct{}, 1)}
	w.lock <- struct{}{}
	return w
}

// limit is a limit for a question that so many accounts answer at most. It is
// another one each time, so that what a gateway has kept is no answer to it.
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

// drop forgets a witness: it is about to be removed, or may be gone.
func (w *witnesses) drop(native string) {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	w.names = slices.DeleteFunc(w.names, func(n string) bool { return n == native })
}

// pick gives the latest witness that is none of these, folded; "" when there is none.
func (w *witnesses) pick(but map[string]bool) string {
	<-w.lock
	defer func() { w.lock <- struct{}{} }()
	for _, name := range slices.Backward(w.names) {
		if !but[fold(name)] {
			return name
		}
	}
	return ""
}
