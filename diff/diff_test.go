package diff

import (
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

const header = "id,name,city,number,groups"

func TestRules(t *testing.T) {
	t.Parallel()
	ada := `{"name":"Ada","city":"Paris","number":"7","groups":["a","b"],"idNowDescription":"f00d"}`
	for _, tt := range []struct {
		name    string
		removal Removal
		opt     csvfile.Options
		rows    []string
		live    []*account.Account
		want    brief
	}{
		{
			name: "an account that is as its row says is kept",
			rows: []string{header, "ada,Ada,Paris,7,b;a;b"},
			live: []*account.Account{live("1", "ada", ada)},
			want: brief{Kept: []string{"ada"}},
		},
		{
			name: "what differs is put, and only that is named",
			rows: []string{header, "ada,Ada,Rome,7,a;c"},
			live: []*account.Account{live("1", "ada", ada)},
			want: brief{Changes: []string{`put ada 1 city:"Paris">"Rome" groups:["a","b"]>["a","c"]`}},
		},
		{
			name: "an empty cell clears, and null, missing, empty and [] are all empty",
			rows: []string{header, "ada,Ada,,,", "bob,,,,", "cyd,,,,"},
			live: []*account.Account{
				live("1", "ada", ada),
				live("2", "bob", `{"name":null,"city":"","groups":[]}`),
				live("3", "cyd", `{}`),
			},
			want: brief{
				Changes: []string{`put ada 1 city:"Paris">null number:"7">null groups:["a","b"]>null`},
				Kept:    []string{"bob", "cyd"},
			},
		},
		{
			name: "an account whose attributes are null is filled",
			rows: []string{header, "ada,Ada,,,"},
			live: []*account.Account{{ID: "1", NativeIdentity: "ada"}},
			want: brief{Changes: []string{`put ada 1 name:>"Ada"`}},
		},
		{
			name: "attributes without a column are not compared",
			rows: []string{"id,name", "ada,Ada"},
			live: []*account.Account{live("1", "ada", ada)},
			want: brief{Kept: []string{"ada"}},
		},
		{
			name: "a row without an account is a create, in file order until sorted by key",
			rows: []string{header, "zoe,Zoe,,5,x;y", "bob,Bob,,,"},
			want: brief{Changes: []string{`create bob id:>"bob" name:>"Bob"`, `create zoe id:>"zoe" name:>"Zoe" number:>"5" groups:>["x","y"]`}},
		},
		{
			name: "an account without a row is an orphan",
			rows: []string{header, "ada,Ada,Paris,7,a;b"},
			live: []*account.Account{live("1", "ada", ada), live("2", "bob", `{}`)},
			want: brief{Kept: []string{"ada"}, Orphans: []string{"bob 2"}},
		},
		{
			name: "an account without a row is deleted where that is asked for", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,Paris,7,a;b"},
			live: []*account.Account{live("1", "ada", ada), live("2", "bob", `{}`)},
			want: brief{Kept: []string{"ada"}, Changes: []string{"delete bob 2"}},
		},
		{
			name: "a failed.csv justifies no removal", removal: RemovalDelete,
			rows: []string{header + ",accountsync.line", "ada,Ada,Paris,7,a;b,2"},
			live: []*account.Account{live("1", "ada", ada), live("2", "bob", `{}`)},
			want: brief{Kept: []string{"ada"}, Orphans: []string{"bob 2: the file holds only some of the rows"}},
		},
		{
			name: "an account without native identity is never touched", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,Paris,7,a;b"},
			live: []*account.Account{live("1", "ada", ada), live("2", "", `{}`)},
			want: brief{Kept: []string{"ada"}, Orphans: []string{"2: it has no id"}},
		},
		{
			name: "keys that differ only in letter case are nobody's to touch", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,Paris,7,a;b"},
			live: []*account.Account{live("1", "ADA", ada)},
			want: brief{Rejected: []string{`2 ada: key "ada" differs only in letter case from account 1, which has "ADA": the API takes both for one; write it as the account has it`}},
		},
		{
			name: "two accounts of one key, the first of them to be changed", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,Rome,7,a;b"},
			live: []*account.Account{live("1", "ada", ada), live("2", "ada", ada), live("3", "ada", `{}`)},
			want: brief{Rejected: []string{"2 ada: several live accounts have this key: 2, 3 and one listed before; none of them is touched"}},
		},
		{
			name: "two accounts of one key, the first of them as it should be", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,Paris,7,a;b"},
			live: []*account.Account{live("1", "ada", ada), live("2", "ada", `{}`)},
			want: brief{Rejected: []string{"2 ada: several live accounts have this key: 2 and one listed before; none of them is touched"}},
		},
		{
			name: "two accounts of one key but for letter case", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,Rome,7,a;b"},
			live: []*account.Account{live("1", "Ada", ada), live("2", "ada", ada)},
			want: brief{Rejected: []string{"2 ada: several live accounts have this key: 2 and one listed before; none of them is touched"}},
		},
		{
			name: "two accounts of one key that no row has are two removals", removal: RemovalDelete,
			rows: []string{header, "bob,,,,"},
			live: []*account.Account{live("2", "ada", ada), live("1", "ada", ada), live("3", "bob", `{}`)},
			want: brief{Kept: []string{"bob"}, Changes: []string{"delete ada 1", "delete ada 2"}},
		},
		{
			name: "an invalid row is kept where its account has the same", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,,many,", "bob,,,many,", "cyd,,,many,"},
			live: []*account.Account{live("1", "ada", `{"name":"Ada","number":"many"}`), live("2", "bob", `{"number":"5"}`)},
			want: brief{Kept: []string{"ada"}, Rejected: []string{
				`3 bob: column "number" is not a LONG: digits only, with an optional sign`,
				`4 cyd: column "number" is not a LONG: digits only, with an optional sign`,
			}},
		},
		{
			name: "rows that are none are rejected, and removals planned all the same", removal: RemovalDelete,
			rows: []string{header, ",Nobody,,,", "bob,too short", "ada,Ada,Paris,7,a;b"},
			live: []*account.Account{live("1", "ada", ada), live("2", "bob", `{}`)},
			want: brief{Kept: []string{"ada"}, Changes: []string{"delete bob 2"}, Rejected: []string{
				`2: the key (column "id") is empty`,
				`3: the row has 2 cells, the header has 5`,
			}},
		},
		{
			name: "a duplicate key rejects all its rows and protects its account", removal: RemovalDelete,
			rows: []string{header, "ada,Ada,Paris,7,a;b", "bob,,,,", "ada,Ada,Paris,7,a;b"},
			live: []*account.Account{live("1", "ada", ada), live("2", "bob", `{}`), live("3", "ADA", `{}`)},
			want: brief{Kept: []string{"bob"}, Rejected: []string{
				"2 ada: duplicate key: also on line 4",
				"4 ada: duplicate key: also on line 2",
			}},
		},
		{
			name: "a list where the schema has one value is compared as an export writes it",
			rows: []string{header, `ada,"[""x"",""y""]",one,,`, "bob,x,,,", "cyd,x,,,"},
			live: []*account.Account{
				live("1", "ada", `{"name":["x","y"],"city":["one"]}`),
				live("2", "bob", `{"name":["x","y"]}`),
				live("3", "cyd", `{"name":["x","x"]}`),
			},
			want: brief{Kept: []string{"ada"}, Changes: []string{`put bob 2 name:["x","y"]>"x"`, `put cyd 3 name:["x","x"]>"x"`}},
		},
		{
			name: "line ends and spellings of a number make no difference, digits do",
			rows: []string{header, "ada,\"two\r\nlines\",,007,", "bob,,,12345678901234567890,", "cyd,,,12345678901234567890,"},
			live: []*account.Account{
				live("1", "ada", `{"name":"two\nlines","number":7}`),
				live("2", "bob", `{"number":12345678901234567890}`),
				live("3", "cyd", `{"number":12345678901234567000}`),
			},
			want: brief{Kept: []string{"ada", "bob"}, Changes: []string{`put cyd 3 number:12345678901234567000>"12345678901234567890"`}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ix := index(t, tt.opt, tt.rows...)
			p := plan(t, ix, tt.removal, tt.live...)
			equal(t, summary(t, p), tt.want)
			equal(t, p.HoldRemovals != "", len(tt.want.Rejected) > 0)
			again := plan(t, ix, tt.removal, tt.live...)
			equal(t, summary(t, again), tt.want)
		})
	}
}

// With --key another attribute pairs rows and accounts, so that a row may hold
// a native identity that is not its account's.
func TestKeyAttribute(t *testing.T) {
	t.Parallel()
	opt := csvfile.Options{Key: "number"}
	for _, tt := range []struct {
		name string
		rows []string
		live []*account.Account
		want brief
	}{
		{
			name: "paired by the key",
			rows: []string{"number,id,city", "007,ada,Rome"},
			live: []*account.Account{live("1", "ada", `{"number":7,"city":"Paris"}`)},
			want: brief{Changes: []string{`put 7 1 city:"Paris">"Rome"`}},
		},
		{
			name: "the native identity cannot change",
			rows: []string{"number,id,city", "7,lovelace,Paris"},
			live: []*account.Account{live("1", "ada", `{"number":7,"city":"Paris"}`)},
			want: brief{Rejected: []string{"2 7: it would change id, which is what the API knows account 1 by: delete that account and create another one instead"}},
		},
		{
			name: "an account whose attributes are null has no key",
			rows: []string{"number,id,city", "7,ada,"},
			live: []*account.Account{{ID: "1", NativeIdentity: "ada"}},
			want: brief{
				Rejected: []string{"2 7: a live account has its id but another number: creating it would overwrite that account"},
				Orphans:  []string{"ada 1: it has no number"},
			},
		},
		{
			name: "a create never overwrites",
			rows: []string{"number,id,city", "7,ada,", "8,bob,", "9,Bob,", "10,,", "11,cyd,"},
			live: []*account.Account{live("1", "ADA", `{"number":5}`)},
			want: brief{
				Changes: []string{`create 11 id:>"cyd" number:>"11"`, "delete 5 1"},
				Rejected: []string{
					"2 7: a live account has its id but another number: creating it would overwrite that account",
					"3 8: another row that wants an account created has the same id",
					"4 9: another row that wants an account created has the same id",
					"5 10: no account can be created without a value of id",
				},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, index(t, opt, tt.rows...), RemovalDelete, tt.live...)
			equal(t, summary(t, p), tt.want)
		})
	}
}

// What a plan holds must not keep the page alive that its accounts were read from.
func TestChangeHoldsCopies(t *testing.T) {
	t.Parallel()
	page := []byte("1ada\"Paris\"x9ACTIVE2bob\"Bonn\"")
	view := unsafeString(page)
	accounts := []*account.Account{
		{ID: view[0:1], NativeIdentity: view[1:4], IdentityID: view[11:13], IdentityState: view[13:19],
			Attributes: []account.Attribute{{Name: "city", Value: account.Value(view[4:11])}}},
		{ID: view[19:20], NativeIdentity: view[20:23], Attributes: []account.Attribute{{Name: "city", Value: account.Value(view[23:29])}}},
	}
	prints := []string{Fingerprint(accounts[0]), Fingerprint(accounts[1])}
	p := plan(t, index(t, csvfile.Options{}, "id,city", "ada,Rome"), RemovalDelete, accounts...)
	clear(page)
	equal(t, p.Changes, []Change{
		{Op: Put, Key: "ada", Native: "ada", AccountID: "1", Line: 2, Offset: 8, IdentityID: "x9", IdentityState: "ACTIVE", Fingerprint: prints[0],
			Fields: []Field{{"city", `"Paris"`, `"Rome"`}}},
		{Op: Delete, Key: "bob", Native: "bob", AccountID: "2", Offset: -1, Reason: "not in the CSV", Removal: true, Takes: []account.Attribute{{Name: "city", Value: `"Bonn"`}}, Fingerprint: prints[1]},
	})
}

// A row that Read rejects although its key is known protects the account.
func TestRejectedRowProtectsAccount(t *testing.T) {
	t.Parallel()
	ix := NewIndex(table(t, csvfile.Options{}, "id,city", "ada,Rome"))
	ix.Reject(account.Rejected{Line: 2, Key: "ada", Reason: "no", Offset: -1})
	if err := ix.Seal(); err != nil {
		t.Fatal(err)
	}
	p := plan(t, ix, RemovalDelete, live("1", "Ada", `{}`), live("2", "bob", `{}`))
	equal(t, summary(t, p), brief{Changes: []string{"delete bob 2"}, Rejected: []string{"2 ada: no"}})
	equal(t, p.Untouched, 1)
	if !strings.HasPrefix(p.HoldRemovals, "no account is removed while rows are rejected (1 row)") {
		t.Errorf("HoldRemovals = %q", p.HoldRemovals)
	}
}

func TestCleared(t *testing.T) {
	t.Parallel()
	p := plan(t, index(t, csvfile.Options{}, header, "ada,,,,", "bob,Bob,,,x"), RemovalReport,
		live("1", "ada", `{"name":"Ada","city":"Paris","groups":[null]}`),
		live("2", "bob", `{"name":"Bobby","city":"Bonn","groups":["y"]}`))
	equal(t, p.Cleared, map[string]int{"name": 1, "city": 2})
}

func TestStartNeedsSealedIndex(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Start took an index that is still filled")
		}
	}()
	Start(NewIndex(table(t, csvfile.Options{}, "id")), Policy{}, &collector{})
}
