package diff

import (
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

// An account that an earlier run disabled and whose row is back is enabled, not created.
func TestReturn(t *testing.T) {
	t.Parallel()
	ours := missing(Absence{AccountID: "1", NativeIdentity: "ada", Since: days(-20), DisableSent: days(-20), SeenDisabledSince: days(-19)})
	returned := []Absence{{AccountID: "1", NativeIdentity: "ada", Since: today, DisableSent: days(-20)}}
	ada := `{"name":"Ada","city":"Paris"}`
	for _, tt := range []struct {
		name     string
		missing  map[string]Absence
		rows     []string
		live     []*account.Account
		want     brief
		state    int // rows whose state changes and nothing else
		returned []Absence
	}{
		{
			name: "enabled", missing: ours, returned: returned, state: 1,
			rows: []string{header, "ada,Ada,Paris,,"}, live: []*account.Account{disabled(live("1", "ada", ada))},
			want: brief{Changes: []string{"enable ada 1"}},
		},
		{
			name: "put and enabled", missing: ours, returned: returned,
			rows: []string{header, "ada,Ada,Rome,,"}, live: []*account.Account{disabled(live("1", "ada", ada))},
			want: brief{Changes: []string{`put ada 1 city:"Paris">"Rome"`, "enable ada 1"}},
		},
		{
			name: "disabled by others stays disabled", missing: missing(Absence{AccountID: "1", Since: days(-20), SeenDisabledSince: days(-20)}),
			rows: []string{header, "ada,Ada,Paris,,"}, live: []*account.Account{disabled(live("1", "ada", ada))},
			want: brief{Kept: []string{"ada"}},
		},
		{
			name: "disabled by others, of which nothing is known",
			rows: []string{header, "ada,Ada,Rome,,"}, live: []*account.Account{disabled(live("1", "ada", ada))},
			want: brief{Changes: []string{`put ada 1 city:"Paris">"Rome"`}},
		},
		{
			name: "enabled by others", missing: ours,
			rows: []string{header, "ada,Ada,Paris,,"}, live: []*account.Account{live("1", "ada", ada)},
			want: brief{Kept: []string{"ada"}},
		},
		{
			name: "an invalid row that changes nothing enables", missing: ours, returned: returned, state: 1,
			rows: []string{header, "ada,,,many,"}, live: []*account.Account{disabled(live("1", "ada", `{"number":"many"}`))},
			want: brief{Changes: []string{"enable ada 1"}},
		},
		{
			name: "an invalid row enables nothing, and that is remembered", missing: ours, returned: returned,
			rows: []string{header, "ada,,,many,"}, live: []*account.Account{disabled(live("1", "ada", ada))},
			want: brief{Rejected: []string{`2 ada: column "number" is not a LONG: digits only, with an optional sign`}},
		},
		{
			name: "so is a duplicate", missing: ours, returned: returned,
			rows: []string{header, "ada,,,,", "ada,,,,"}, live: []*account.Account{disabled(live("1", "ada", ada))},
			want: brief{Rejected: []string{"2 ada: duplicate key: also on line 3", "3 ada: duplicate key: also on line 2"}},
		},
		{
			name: "and a row whose account is there twice", missing: ours, returned: returned,
			rows: []string{header, "ada,Ada,Rome,,"},
			live: []*account.Account{disabled(live("1", "ada", ada)), live("2", "ada", ada)},
			want: brief{Rejected: []string{"2 ada: several live accounts have this key: 2 and one listed before; none of them is touched"}},
		},
		{
			name: "also where only the state would change", missing: ours, returned: returned,
			rows: []string{header, "ada,Ada,Paris,,"},
			live: []*account.Account{disabled(live("1", "ada", ada)), live("2", "ada", `{}`)},
			want: brief{Rejected: []string{"2 ada: several live accounts have this key: 2 and one listed before; none of them is touched"}},
		},
		{
			name: "or it comes second", missing: ours, returned: returned,
			rows: []string{header, "ada,Ada,Paris,,"},
			live: []*account.Account{live("2", "ada", ada), disabled(live("1", "ada", ada))},
			want: brief{Rejected: []string{"2 ada: several live accounts have this key: 1 and one listed before; none of them is touched"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, removal := range []Removal{RemovalReport, RemovalDisable, RemovalDelete} {
				p := planUnder(t, index(t, csvfile.Options{}, tt.rows...), Policy{Removal: removal, Now: today, Absences: tt.missing}, tt.live...)
				equal(t, summary(t, p), tt.want)
				equal(t, p.StateOnly, tt.state)
				equal(t, p.Returned, tt.returned, cmpFate...)
				equal(t, p.Absences, []Absence{})
				equal(t, p.Removals(), 0)
			}
		})
	}
}

// The enable carries all that a run needs to send it, check it and take it back.
func TestReturnChange(t *testing.T) {
	t.Parallel()
	ix := index(t, csvfile.Options{MergeRows: true}, header, "ada,,,,b", "ada,,,,a")
	a := disabled(live("1", "ada", `{"groups":["a","b"]}`))
	policy := Policy{Now: today, Absences: missing(Absence{AccountID: "1", DisableSent: days(-1), Since: days(-1)})}
	p := planUnder(t, ix, policy, a)
	c := p.Changes[0]
	equal(t, c, Change{Op: Enable, Key: "ada", Native: "ada", AccountID: "1", Line: 2, Offset: 27, Joined: []int64{36},
		Reason: "its row is back: an earlier run disabled it", Name: "ada", Fingerprint: Fingerprint(a)})
	row, err := rowOf(p, &c)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, row.Cells, []string{"", "", "", "b;a"})
}

// A row that could not be read keeps what is known of its account, and so does
// an account whose key is not there for a night.
func TestRecordsOutliveBadNights(t *testing.T) {
	t.Parallel()
	known := missing(Absence{AccountID: "1", Since: days(-20), DisableSent: days(-20), SeenDisabledSince: days(-19)})
	ix := NewIndex(table(t, csvfile.Options{}, "id,city", "ada,Rome"))
	ix.Reject(account.Rejected{Line: 2, Key: "ada", Reason: "no", Offset: -1})
	if err := ix.Seal(); err != nil {
		t.Fatal(err)
	}
	p := planUnder(t, ix, Policy{Removal: RemovalDelete, Now: today, Absences: known}, disabled(live("1", "Ada", `{}`)))
	equal(t, p.Untouched, 1)
	equal(t, p.Returned, []Absence{{AccountID: "1", NativeIdentity: "Ada", Since: today, DisableSent: days(-20)}})

	keyed := index(t, csvfile.Options{Key: "number"}, "number,id,city", "7,bob,Rome")
	p = planUnder(t, keyed, Policy{Removal: RemovalDelete, Now: today, Absences: known}, &account.Account{ID: "1", NativeIdentity: "ada"})
	equal(t, p.Absences, []Absence{{AccountID: "1", NativeIdentity: "ada", Since: days(-20)}}) // enabled by now
}
