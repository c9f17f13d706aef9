package diff

import (
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

// What a source does not allow is planned, with its reason, and what it allows
// is planned beside it.
func TestPossible(t *testing.T) {
	t.Parallel()
	ada := of("1", "ada", "l", "x8")
	all := "ada,Oslo,true,false,x9,"
	for _, tt := range []struct {
		name    string
		policy  Policy
		row     string
		want    []string
		because string // part of the reason why something is impossible
	}{
		{name: "put and patch of a flat file", row: all, want: []string{
			`put ada 1 city:"Rome">"Oslo"`, `patch ada 1 account.identityId:"x8">"x9"`, "unlock ada 1 account.locked:true>false", "disable ada 1 account.disabled:false>true"}},
		{name: "one patch of a flat file", row: all, policy: Policy{UpdateWith: Patch}, want: []string{
			`patch ada 1 city:"Rome">"Oslo" account.identityId:"x8">"x9"`, "unlock ada 1 account.locked:true>false", "disable ada 1 account.disabled:false>true"}},
		{name: "a patch that clears", row: "ada,,,,x8,", policy: Policy{UpdateWith: Patch}, want: []string{`patch ada 1 city:"Rome">null`}},
		{name: "attributes of a direct source", row: all, policy: Policy{Direct: true}, because: "change them on the target system", want: []string{
			`put ada 1 city:"Rome">"Oslo" withheld`, `patch ada 1 account.identityId:"x8">"x9"`, "unlock ada 1 account.locked:true>false", "disable ada 1 account.disabled:false>true"}},
		{name: "not by a patch either", row: all, policy: Policy{Direct: true, UpdateWith: Patch}, because: "change them on the target system", want: []string{
			`patch ada 1 account.identityId:"x8">"x9"`, `patch ada 1 city:"Rome">"Oslo" withheld`, "unlock ada 1 account.locked:true>false", "disable ada 1 account.disabled:false>true"}},
		{name: "an authoritative source", row: all, policy: Policy{Authoritative: true}, because: "--allow-recorrelate", want: []string{
			`put ada 1 city:"Rome">"Oslo"`, `patch ada 1 account.identityId:"x8">"x9" withheld`, "unlock ada 1 account.locked:true>false", "disable ada 1 account.disabled:false>true"}},
		{name: "an authoritative source, patched", row: all, policy: Policy{Authoritative: true, UpdateWith: Patch}, because: "can even be deleted", want: []string{
			`patch ada 1 city:"Rome">"Oslo"`, `patch ada 1 account.identityId:"x8">"x9" withheld`, "unlock ada 1 account.locked:true>false", "disable ada 1 account.disabled:false>true"}},
		{name: "what may be moved", row: "ada,Rome,,,,true", policy: Policy{Authoritative: true, AllowRecorrelate: true}, want: []string{
			`patch ada 1 account.identityId:"x8">null account.manuallyCorrelated:false>true`}},
		{name: "what may not even be set free for the next aggregation", row: "ada,Rome,,,x8,true", policy: Policy{Authoritative: true}, because: "authoritative", want: []string{
			`patch ada 1 account.manuallyCorrelated:false>true withheld`}},

		{name: "a create on a direct source", row: "new,Oslo,true,,x9,", policy: Policy{Direct: true}, because: "--allow-direct-create",
			want: []string{`create new id:>"new" city:>"Oslo" withheld`}},
		{name: "a create that is allowed there", row: "new,Oslo,true,,x9,", policy: Policy{Direct: true, AllowDirectCreate: true},
			want: []string{`create new id:>"new" city:>"Oslo"`, `patch new account.identityId:>"x9" later`, "disable new account.disabled:false>true later"}},
		{name: "a create on an authoritative source", row: "new,Oslo,true,,x9,", policy: Policy{Authoritative: true}, because: "authoritative",
			want: []string{`create new id:>"new" city:>"Oslo"`, `patch new account.identityId:>"x9" later withheld`, "disable new account.disabled:false>true later"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := planUnder(t, index(t, csvfile.Options{}, stateHeader, tt.row), tt.policy, ada)
			equal(t, summary(t, p).Changes, tt.want)
			because := ""
			for _, c := range p.Changes {
				because += c.Impossible
			}
			if !strings.Contains(because, tt.because) || (because == "") != (tt.because == "") {
				t.Errorf("impossible because %q, want %q", because, tt.because)
			}
		})
	}
}

func TestDirectCreateIsWarnedOf(t *testing.T) {
	t.Parallel()
	p := planUnder(t, index(t, csvfile.Options{}, "id", "new"), Policy{Direct: true, AllowDirectCreate: true})
	if !strings.Contains(p.Changes[0].Reason, "the next aggregation takes it away again") {
		t.Errorf("reason %q", p.Changes[0].Reason)
	}
}

func TestRemovalsOfADirectSource(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		policy Policy
		want   []string
	}{
		{Policy{Removal: RemovalDelete}, []string{"delete bob 2 withheld"}},
		{Policy{Removal: RemovalDisable}, []string{"disable bob 2"}},
		{Policy{Removal: RemovalDisableThenDelete, Grace: day}, []string{"disable bob 2"}},
		{Policy{Removal: RemovalDisableThenDelete, Grace: day, Absences: missing(Absence{AccountID: "2", Since: days(-2), DisableSent: days(-2)})}, nil},
	} {
		tt.policy.Direct = true
		p := gone(t, tt.policy, live("2", "bob", `{}`))
		equal(t, summary(t, p).Changes, tt.want)
		equal(t, p.Removals(), len(tt.want))
	}
	seen := Policy{Removal: RemovalDisableThenDelete, Grace: day, Direct: true,
		Absences: missing(Absence{AccountID: "2", Since: days(-2), DisableSent: days(-2), SeenDisabledSince: days(-1)})}
	equal(t, summary(t, gone(t, seen, disabled(live("2", "bob", `{}`)))).Changes, []string{"delete bob 2 withheld"})
}

func TestParseUpdateWith(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Op{"put": Put, "patch": Patch, "": "", "delete": "", "PUT": ""} {
		got, err := ParseUpdateWith(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q = %q, %v", text, got, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Start took delete for a way to change attributes")
		}
	}()
	Start(index(t, csvfile.Options{}, "id", "ada"), Policy{UpdateWith: Delete}, &collector{})
}

// The limits are on accounts, and on what can be sent.
func TestJudgeStates(t *testing.T) {
	t.Parallel()
	limits := func() Limits {
		l, err := ParseLimit("0")
		if err != nil {
			t.Fatal(err)
		}
		return Limits{Removals: l, Updates: l, Creates: l}
	}()
	planned := func(p *planned) map[string]int {
		n := map[string]int{}
		for _, g := range Judge(p.Plan, limits, Allow{}) {
			n[g.Name] = g.Planned
		}
		return n
	}
	rows := []string{stateHeader, "ada,Oslo,true,,x9,", "bob,Rome,true,,,", "cyd,Rome,,,,", "new,Oslo,true,,x9,", "eve,Rome,,false,,", "fay,Rome,,,,"}
	accounts := []*account.Account{of("1", "ada", "", ""), of("2", "bob", "", ""), of("3", "cyd", "d", ""), of("4", "dan", "", ""), of("5", "eve", "l", ""), of("6", "fay", "", "x1")}
	policy := Policy{Removal: RemovalDelete, Now: today, Absences: missing(Absence{AccountID: "3", Since: today, DisableSent: today})}
	flat := planUnder(t, index(t, csvfile.Options{}, rows...), policy, accounts...)
	equal(t, planned(flat), map[string]int{GuardRemovals: 1, GuardUpdates: 4, GuardCreates: 1}) // ada, bob, eve and fay; cyd is only taken back
	equal(t, flat.Cleared, map[string]int{"account.identityId": 1})
	equal(t, flat.Counts(), map[Op]int{Create: 1, Put: 1, Patch: 3, Enable: 1, Disable: 3, Unlock: 1, Delete: 1})

	policy.Direct, policy.Authoritative = true, true
	direct := planUnder(t, index(t, csvfile.Options{}, rows...), policy, accounts...)
	equal(t, planned(direct), map[string]int{GuardRemovals: 0, GuardUpdates: 3, GuardCreates: 0}) // ada and bob disabled, eve unlocked
	equal(t, direct.Cleared, map[string]int{})
	equal(t, direct.Counts(), map[Op]int{Enable: 1, Disable: 2, Unlock: 1})
}
