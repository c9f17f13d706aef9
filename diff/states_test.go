package diff

import (
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

const stateHeader = "id,city,account.disabled,account.locked,account.identityId,account.manuallyCorrelated"

// of is an account that lives in Rome, in the states whose letters are given:
// disabled, locked, manually correlated; and of an identity, if there is one.
func of(id, native, states, identity string) *account.Account {
	a := live(id, native, `{"city":"Rome"}`)
	a.Disabled, a.Locked, a.ManuallyCorrelated = strings.Contains(states, "d"), strings.Contains(states, "l"), strings.Contains(states, "m")
	a.IdentityID = identity
	return a
}

func TestStates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		rows  []string
		live  *account.Account
		want  brief
		state int // rows that change without a put
	}{
		{name: "in every state it should be in", rows: []string{"ada,Rome,true,true,x9,true"}, live: of("1", "ada", "dlm", "x9"), want: brief{Kept: []string{"ada"}}},
		{name: "in letters of any case", rows: []string{"ada,Rome,FALSE,False,,fALSE"}, live: of("1", "ada", "", ""), want: brief{Kept: []string{"ada"}}},
		{name: "an empty cell leaves a flag alone", rows: []string{"ada,Rome,,,x9,"}, live: of("1", "ada", "dlm", "x9"), want: brief{Kept: []string{"ada"}}},
		{name: "disabled", rows: []string{"ada,Rome,true,,x9,"}, live: of("1", "ada", "", "x9"), state: 1,
			want: brief{Changes: []string{"disable ada 1 account.disabled:false>true"}}},
		{name: "enabled", rows: []string{"ada,Rome,false,,x9,"}, live: of("1", "ada", "d", "x9"), state: 1,
			want: brief{Changes: []string{"enable ada 1 account.disabled:true>false"}}},
		{name: "unlocked", rows: []string{"ada,Rome,,false,x9,"}, live: of("1", "ada", "l", "x9"), state: 1,
			want: brief{Changes: []string{"unlock ada 1 account.locked:true>false"}}},
		{name: "correlated", rows: []string{"ada,Rome,,,x9,"}, live: of("1", "ada", "", ""), state: 1,
			want: brief{Changes: []string{`patch ada 1 account.identityId:>"x9"`}}},
		{name: "moved, and not by hand", rows: []string{"ada,Rome,,,x9,false"}, live: of("1", "ada", "", "x8"), state: 1,
			want: brief{Changes: []string{`patch ada 1 account.identityId:"x8">"x9" account.manuallyCorrelated:false>false`}}},
		{name: "uncorrelated", rows: []string{"ada,Rome,,,,"}, live: of("1", "ada", "m", "x8"), state: 1,
			want: brief{Changes: []string{`patch ada 1 account.identityId:"x8">null`}}},
		{name: "no longer by hand", rows: []string{"ada,Rome,,,x9,false"}, live: of("1", "ada", "m", "x9"), state: 1,
			want: brief{Changes: []string{"patch ada 1 account.manuallyCorrelated:true>false"}}},
		{name: "all at once", rows: []string{"ada,Oslo,true,false,x9,true"}, live: of("1", "ada", "l", "x8"),
			want: brief{Changes: []string{
				`put ada 1 city:"Rome">"Oslo"`,
				`patch ada 1 account.identityId:"x8">"x9" account.manuallyCorrelated:false>true`,
				"unlock ada 1 account.locked:true>false",
				"disable ada 1 account.disabled:false>true"}}},

		{name: "a lock cannot be set", rows: []string{"ada,Rome,,true,x9,"}, live: of("1", "ada", "", "x9"),
			want: brief{Rejected: []string{`2 ada: column "account.locked" is true, and the API can unlock an account but not lock it: write false, or leave the cell empty`}}},
		{name: "what is no flag never passes for equal", rows: []string{"ada,Rome,yes,,x9,"}, live: of("1", "ada", "d", "x9"),
			want: brief{Rejected: []string{`2 ada: column "account.disabled" is neither true nor false`}}},
		{name: "an invalid row changes no state", rows: []string{"ada,Rome,,yes,,"}, live: of("1", "ada", "", "x9"),
			want: brief{Rejected: []string{`2 ada: column "account.locked" is neither true nor false`}}},

		{name: "created and nothing else", rows: []string{"ada,Rome,false,false,,false"},
			want: brief{Changes: []string{`create ada id:>"ada" city:>"Rome"`}}},
		{name: "created, then correlated and disabled", rows: []string{"ada,Rome,true,,x9,false"},
			want: brief{Changes: []string{`create ada id:>"ada" city:>"Rome"`, `patch ada account.identityId:>"x9" account.manuallyCorrelated:false>false later`,
				"disable ada account.disabled:false>true later"}}},
		{name: "not created when it cannot be locked", rows: []string{"ada,Rome,true,true,x9,"},
			want: brief{Rejected: []string{`2 ada: column "account.locked" is true, and the API can unlock an account but not lock it: write false, or leave the cell empty`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ix := index(t, csvfile.Options{}, append([]string{stateHeader}, tt.rows...)...)
			var accounts []*account.Account
			if tt.live != nil {
				accounts = append(accounts, tt.live)
			}
			p := plan(t, ix, RemovalDelete, accounts...)
			equal(t, summary(t, p), tt.want)
			equal(t, p.StateOnly, tt.state)
		})
	}
}

// Without columns states are nobody's business.
func TestStatesWithoutColumns(t *testing.T) {
	t.Parallel()
	p := plan(t, index(t, csvfile.Options{}, "id,city", "ada,Rome"), RemovalDelete, of("1", "ada", "dlm", "x9"))
	equal(t, summary(t, p), brief{Kept: []string{"ada"}})
}

// What a run needs to send a change of state, check it and take it back.
func TestStateChangesHoldWhatARunNeeds(t *testing.T) {
	t.Parallel()
	ix := index(t, csvfile.Options{}, stateHeader, "ada,Rome,true,,x9,", "new,Oslo,true,,,")
	a := of("1", "ada", "", "x8")
	p := plan(t, ix, RemovalReport, a)
	equal(t, p.Changes, []Change{
		{Op: Create, Key: "new", Native: "new", Line: 3, Offset: 105, Fields: []Field{{"id", "", `"new"`}, {"city", "", `"Oslo"`}}},
		{Op: Patch, Key: "ada", Native: "ada", Name: "ada", AccountID: "1", Line: 2, Offset: 86, Fields: []Field{{"account.identityId", `"x8"`, `"x9"`}},
			Fingerprint: Fingerprint(a), IdentityID: "x8"},
		{Op: Disable, Key: "ada", Native: "ada", Name: "ada", AccountID: "1", Line: 2, Offset: 86, Fields: []Field{{"account.disabled", "false", "true"}},
			Fingerprint: Fingerprint(a), IdentityID: "x8"},
		{Op: Disable, Key: "new", Native: "new", Line: 3, Offset: 105, AfterCreate: true, Fields: []Field{{"account.disabled", "false", "true"}}},
	})
	equal(t, p.Removals(), 0)
	for i := range p.Changes {
		row, err := rowOf(p, &p.Changes[i])
		if err != nil || row.Key != p.Changes[i].Key || row.States.Disabled != account.True {
			t.Errorf("%+v, %v", row, err)
		}
	}
}

// What follows a create goes where the create goes.
func TestNothingFollowsACreateThatIsRefused(t *testing.T) {
	t.Parallel()
	opt := csvfile.Options{Key: "number"}
	p := plan(t, index(t, opt, "number,id,account.disabled", "7,ada,true", "8,bob,true", "9,Bob,true", "10,,true", "11,cyd,true"),
		RemovalReport, live("1", "ADA", `{"number":5}`))
	equal(t, summary(t, p).Changes, []string{`create 11 id:>"cyd" number:>"11"`, "disable 11 account.disabled:false>true later"})
	equal(t, len(p.Rejected), 4)
}

// An account that an earlier run disabled is enabled with its row, unless the
// row wants it disabled: then the row is why it is.
func TestReturnWithStates(t *testing.T) {
	t.Parallel()
	ours := missing(Absence{AccountID: "1", NativeIdentity: "ada", Since: days(-20), DisableSent: days(-20)})
	back := []Absence{{AccountID: "1", NativeIdentity: "ada", Since: today, DisableSent: days(-20)}}
	const reason = "its row is back: an earlier run disabled it"
	for _, tt := range []struct {
		cell, reason string
		want         brief
		returned     []Absence
	}{
		{"", reason, brief{Changes: []string{"enable ada 1"}}, back},
		{"false", reason, brief{Changes: []string{"enable ada 1 account.disabled:true>false"}}, back},
		{"true", "", brief{Kept: []string{"ada"}}, nil},
	} {
		ix := index(t, csvfile.Options{}, "id,account.disabled", "ada,"+tt.cell)
		p := planUnder(t, ix, Policy{Removal: RemovalDelete, Now: today, Absences: ours}, of("1", "ada", "d", ""))
		equal(t, summary(t, p), tt.want)
		equal(t, p.Returned, tt.returned, cmpFate...)
		if tt.reason != "" {
			equal(t, p.Changes[0].Reason, tt.reason)
		}
	}
}

func TestRowsOfOneKeyWantTheSameStates(t *testing.T) {
	t.Parallel()
	opt := csvfile.Options{MergeRows: true}
	p := plan(t, index(t, opt, "id,groups,account.disabled,account.identityId", "ada,a,true,x9", "ada,b,TRUE,x9"), RemovalReport, of("1", "ada", "d", "x9"))
	equal(t, summary(t, p).Changes, []string{`put ada 1 groups:>["a","b"]`})
	for column, cells := range map[string][2]string{
		"account.disabled": {"true,,,", "false,,,"}, "account.locked": {",false,,", ",,,"},
		"account.identityId": {",,x8,", ",,x9,"}, "account.manuallyCorrelated": {",,,true", ",,,false"},
	} {
		p := plan(t, index(t, opt, stateHeader, "ada,Rome,"+cells[0], "ada,Rome,"+cells[1]), RemovalReport)
		equal(t, summary(t, p), brief{Rejected: []string{
			"2 ada: duplicate key: also on line 3; they cannot be joined: lines 2 and 3 differ in " + column,
			"3 ada: duplicate key: also on line 2; they cannot be joined: lines 2 and 3 differ in " + column}})
	}
}

// A state that changes in the file after it was read is noticed, by whoever
// reads the row again.
func TestStatesOfAChangedFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ before, after string }{ // of the same size
		{"ada,Rome,true,,x9,\n", "ada,Rome,false,,x9,"},
		{"ada,Rome,true,,x9,\n", "ada,Rome,true,,x8,\n"},
	} {
		tab := table(t, csvfile.Options{}, stateHeader, strings.TrimSuffix(tt.before, "\n"))
		ix := fill(t, NewIndex(tab))
		asked, kept := plan(t, ix, RemovalReport, of("1", "ada", "", "")), plan(t, ix, RemovalReport, of("1", "ada", "d", "x9"))
		overwrite(t, tab.Path(), stateHeader+"\n"+tt.after)
		if _, err := rowOf(asked, &asked.Changes[0]); err == nil || !strings.Contains(err.Error(), "changed while accountsync was running") {
			t.Errorf("%s: %v", tt.after, err)
		}
		for _, err := range kept.KeptRows() {
			if err == nil || !strings.Contains(err.Error(), "changed while accountsync was running") {
				t.Errorf("%s: kept, with error %v", tt.after, err)
			}
		}
	}
}

func TestUnmetStates(t *testing.T) {
	t.Parallel()
	a := of("1", "ada", "dm", "x9")
	met := []Field{{"account.disabled", "false", "true"}, {"account.locked", "true", "false"}, {"account.identityId", "", `"x9"`}, {"account.manuallyCorrelated", "false", "true"}}
	equal(t, Unmet(schema, append(met, Field{"city", "", `"Rome"`}), a), []Field(nil))
	unmet := []Field{{"account.disabled", "true", "false"}, {"account.locked", "", "true"}, {"account.identityId", `"x9"`, account.Null}, {"account.manuallyCorrelated", "", "false"}}
	equal(t, Unmet(schema, unmet, a), unmet)
	a.IdentityID = ""
	equal(t, Unmet(schema, unmet[2:3], a), []Field(nil))
}

func TestPatchOps(t *testing.T) {
	t.Parallel()
	equal(t, PatchOps([]Field{
		{"city", `"Rome"`, `"Oslo"`}, {"a/b~c", "", `["x","y"]`}, {"name", `"Ada"`, account.Null},
		{"account.identityId", `"x8"`, `"x9"`}, {"account.manuallyCorrelated", "true", "false"},
	}), []account.PatchOp{
		{Op: "add", Path: "/attributes/city", Value: `"Oslo"`}, {Op: "add", Path: "/attributes/a~1b~0c", Value: `["x","y"]`}, {Op: "remove", Path: "/attributes/name"},
		{Op: "replace", Path: "/identityId", Value: `"x9"`}, {Op: "replace", Path: "/manuallyCorrelated", Value: "false"},
	})
	equal(t, PatchOps([]Field{{"account.identityId", `"x8"`, account.Null}}), []account.PatchOp{{Op: "remove", Path: "/identityId"}})
}
