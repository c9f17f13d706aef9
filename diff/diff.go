package diff

import (
	"strings"

	"accountsync/account"
)

// Diff holds the live accounts of one listing, one after the other, against an
// Index, and hands what it finds to a Sink. An account costs two bits and, one
// that no row asks for, its key and a hash.
type Diff struct {
	ix     *Index
	hash   hasher
	policy Policy
	sink   Sink
	keyed  bool // another attribute than the native identity is the key

	seen      bitset // rows whose account was listed
	kept      bitset // those that are as they should be
	changed   bitset // those whose changes the sink has
	stateOnly bitset // those whose account is to change without a put

	marks      marks  // of what rows ask for
	removals   counts // of what no row asks for
	orphans    int
	chosen     *Selector          // the changes to be sent
	unused     unused             // entries of Policy.Protect that no account needed so far
	rejects    map[entry]string   // rows rejected because of their account or of another row
	rejected   int                // rows that the sink has as rejected
	apart      int                // of these, how many had been joined into another one
	duplicates map[entry][]string // rows with more than one account: their ids, but for the first
	natives    []uint64           // hashes of the live native identities, where another attribute is the key
	live       int
	wordKeys   bool // a live account has a key of several words
	leftover   int  // accounts left alone because their row is rejected

	held     bool       // a row is rejected
	known    []sighting // missing accounts that an earlier run knows of
	begun    int        // absences that the sink has
	returned []Absence
	again    int // missing accounts that had been seen disabled and are enabled
	unshown  int // missing accounts whose disable was never seen

	alike             lookalikes
	lookalike         int  // rows that would create a look-alike
	lookalikesAllowed bool // and may
	conventions       conventions
	notes             []string
}

// Start begins a diff against a sealed index. A listing that is taken again
// needs another one, and a sink that has forgotten everything.
func Start(ix *Index, p Policy, sink Sink) *Diff {
	if !ix.sealed {
		panic("diff: Start needs a sealed index")
	}
	d := &Diff{ix: ix, hash: ix.hash.fork(), policy: p.checked(), sink: sink, keyed: ix.keyed(), marks: marks{}, removals: newCounts(),
		rejects: map[entry]string{}, duplicates: map[entry][]string{}, held: len(ix.refused) > 0, alike: newLookalikes()}
	d.chosen = d.policy.Select.again()
	d.unused = d.policy.Protect.unused()
	return d
}

// equal takes an account whose row wants it as it is.
func (d *Diff) equal(i entry, a *account.Account) {
	if d.first(i, a) {
		d.seen.set(i)
		d.kept.set(i)
	}
}

// first reports whether the row can be trusted and this is the first account
// that has its key. Otherwise it settles what that means.
func (d *Diff) first(i entry, a *account.Account) bool {
	if d.ix.rejected.has(i) {
		d.leftover++
		return false
	}
	if !d.seen.has(i) {
		return true
	}
	d.leftover++
	d.held = true
	d.duplicates[i] = append(d.duplicates[i], strings.Clone(a.ID))
	return false
}

// note adds a sentence for Plan.Notes.
func (d *Diff) note(sentence string) { d.notes = append(d.notes, sentence) }

// ask hands a change that a row asks for to the sink.
func (d *Diff) ask(i entry, c Change) error {
	if c.Excluded == "" { // what follows a create is left out with it
		c.Excluded = d.chosen.Excludes(&c)
	}
	d.changed.set(i)
	d.marks.change(i, &c)
	return d.sink.Change(&c)
}

// reject rejects a row and leaves its account alone.
func (d *Diff) reject(i entry, reason string) {
	d.rejects[i] = strings.Clone(reason)
	d.leftover++
	d.held = true
}

// renames reports whether the fields give the account another native identity.
func (d *Diff) renames(fields []Field, a *account.Account) bool {
	for _, f := range fields {
		if f.Attribute == d.ix.identity {
			return f.After != account.StringValue(a.NativeIdentity)
		}
	}
	return false
}

// liveChange is a change of a live account, of which it copies what it needs.
func liveChange(op Op, key string, a *account.Account) Change {
	return Change{
		Op:            op,
		Key:           strings.Clone(key),
		Native:        strings.Clone(a.NativeIdentity),
		AccountID:     strings.Clone(a.ID),
		Name:          strings.Clone(a.Name),
		Offset:        -1,
		IdentityID:    strings.Clone(a.IdentityID),
		IdentityName:  strings.Clone(a.IdentityName),
		IdentityState: strings.Clone(a.IdentityState),
		Fingerprint:   Fingerprint(a),
		Modified:      strings.Clone(a.Modified),
	}
}

// Sink takes what a Diff finds, as it finds it and in no order, so that no plan
// is ever held in memory. What it is handed belongs to it. An error of a sink
// ends the diff and is returned as it is.
type Sink interface {
	Change(c *Change) error
	Rejected(r account.Rejected) error
	Orphan(o Orphan) error
	// Absence takes what the next run needs to know of a live account that no
	// row asks for, or that an earlier run disabled and that has a row again.
	Absence(m Absence) error

	// Withdraw takes back every change with one of the keys: several live
	// accounts turned out to have it. It is called once at most.
	Withdraw(keys []string) error
	// DropAbsences takes back every absence so far: rows turned out to be
	// rejected, so that no date begins. It is called once at most.
	DropAbsences() error
}
