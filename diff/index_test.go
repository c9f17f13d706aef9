package diff

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"

	"pgregory.net/rapid"
)

// Two keys fold to one exactly when strings.EqualFold takes them for one.
func TestFold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"jdoe", "JDoe", true},
		{"ÄRGER", "ärger", true},
		{"k", "\u212A", true}, // KELVIN SIGN
		{"ſ", "S", true},
		{"ß", "ss", false},
		{"σ", "ς", true},
		{"a", "á", false},
		{"", "a", false},
	} {
		equal(t, fold(tt.a) == fold(tt.b), tt.same)
	}
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.SliceOfN(rapid.SampledFrom([]rune("aAbkK\u212AsSſßσςΣéÉıIİi")), 0, 3)
		a, b := string(runes.Draw(t, "a")), string(runes.Draw(t, "b"))
		if (fold(a) == fold(b)) != strings.EqualFold(a, b) {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		rows []string
		want []string
	}{
		{
			name: "three rows",
			rows: []string{"ada", "ada", "bob", "ada"},
			want: []string{
				"2 ada: duplicate key: also on lines 3 and 5",
				"3 ada: duplicate key: also on lines 2 and 5",
				"5 ada: duplicate key: also on lines 2 and 3",
			},
		},
		{
			name: "letter case",
			rows: []string{"ada", "Ada", "ada"},
			want: []string{
				`2 ada: duplicate key: also on lines 3 and 4, with "Ada" on line 3: the API takes keys that differ only in letter case for one`,
				`3 Ada: duplicate key: also on lines 2 and 4, with "ada" on line 2: the API takes keys that differ only in letter case for one`,
				`4 ada: duplicate key: also on lines 2 and 3, with "Ada" on line 3: the API takes keys that differ only in letter case for one`,
			},
		},
		{
			name: "two keys, each twice",
			rows: []string{"ada", "bob", "bob", "ada"},
			want: []string{
				"2 ada: duplicate key: also on line 5",
				"3 bob: duplicate key: also on line 4",
				"4 bob: duplicate key: also on line 3",
				"5 ada: duplicate key: also on line 2",
			},
		},
		{
			name: "more than anyone wants to read",
			rows: []string{"x", "x", "x", "x", "x", "x", "x", "x"},
			want: []string{
				"2 x: duplicate key: also on lines 3, 4, 5, 6, 7 and 2 more",
				"3 x: duplicate key: also on lines 2, 4, 5, 6, 7 and 2 more",
				"4 x: duplicate key: also on lines 2, 3, 5, 6, 7 and 2 more",
				"5 x: duplicate key: also on lines 2, 3, 4, 6, 7 and 2 more",
				"6 x: duplicate key: also on lines 2, 3, 4, 5, 7 and 2 more",
				"7 x: duplicate key: also on lines 2, 3, 4, 5, 6 and 2 more",
				"8 x: duplicate key: also on lines 2, 3, 4, 5, 6 and 2 more",
				"9 x: duplicate key: also on lines 2, 3, 4, 5, 6 and 2 more",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, index(t, csvfile.Options{}, append([]string{"id"}, tt.rows...)...), RemovalDelete)
			equal(t, summary(t, p).Rejected, tt.want)
		})
	}
}

func TestMergeRows(t *testing.T) {
	t.Parallel()
	opt := csvfile.Options{MergeRows: true}
	for _, tt := range []struct {
		name   string
		rows   []string
		live   []*account.Account
		want   brief
		counts [2]int // rows, kept
	}{
		{
			name:   "kept, created and put",
			rows:   []string{"ada,Ada,a", "bob,Bob,x", "ada,Ada,b;a", "cyd,Cyd,g", "bob,Bob,y", "cyd,Cyd,\"\"\"h;i\"\"\""},
			live:   []*account.Account{live("1", "ada", `{"name":"Ada","groups":["b","a"]}`), live("3", "cyd", `{"name":"Cyd","groups":["g"]}`)},
			want:   brief{Kept: []string{"ada"}, Changes: []string{`create bob id:>"bob" name:>"Bob" groups:>["x","y"]`, `put cyd 3 groups:["g"]>["g","h;i"]`}},
			counts: [2]int{3, 1},
		},
		{
			name: "what differs elsewhere cannot be joined",
			rows: []string{"ada,Ada,a", "bob,,", "ada,Eve,b", "ada,Ada,c"},
			live: []*account.Account{live("1", "ada", `{"name":"Ada"}`)},
			want: brief{Changes: []string{`create bob id:>"bob"`}, Rejected: []string{
				"2 ada: duplicate key: also on lines 4 and 5; they cannot be joined: lines 2 and 4 differ in name, which holds one value only",
				"4 ada: duplicate key: also on lines 2 and 5; they cannot be joined: lines 2 and 4 differ in name, which holds one value only",
				"5 ada: duplicate key: also on lines 2 and 4; they cannot be joined: lines 2 and 4 differ in name, which holds one value only",
			}},
			counts: [2]int{4, 0},
		},
		{
			name: "keys must be spelled alike",
			rows: []string{"ada,Ada,a", "ADA,Ada,b"},
			want: brief{Rejected: []string{
				`2 ada: duplicate key: also on line 3, with "ADA" on line 3: the API takes keys that differ only in letter case for one; rows can only be joined when their keys are spelled alike`,
				`3 ADA: duplicate key: also on line 2, with "ada" on line 2: the API takes keys that differ only in letter case for one; rows can only be joined when their keys are spelled alike`,
			}},
			counts: [2]int{2, 0},
		},
		{
			name: "a joined row that is rejected for its account is rejected line by line",
			rows: []string{"ada,Ada,a", "ada,Ada,b", "bob,,"},
			live: []*account.Account{live("1", "ada", `{}`), live("2", "ada", `{}`), live("3", "bob", `{}`)},
			want: brief{Kept: []string{"bob"}, Rejected: []string{
				"2 ada: several live accounts have this key: 2 and one listed before; none of them is touched",
				"3 ada: several live accounts have this key: 2 and one listed before; none of them is touched",
			}},
			counts: [2]int{3, 1},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, index(t, opt, append([]string{"id,name,groups"}, tt.rows...)...), RemovalDelete, tt.live...)
			equal(t, summary(t, p), tt.want)
			equal(t, [2]int{p.Rows, p.Kept}, tt.counts)
		})
	}
}

func TestMergeRowsInvalid(t *testing.T) {
	t.Parallel()
	opt := csvfile.Options{MergeRows: true}
	p := plan(t, index(t, opt, "id,number,groups", "ada,many,a", "ada,many,b", "bob,lots,", "bob,lots,x"), RemovalDelete,
		live("1", "ada", `{"number":"many","groups":["a","b"]}`))
	equal(t, summary(t, p), brief{Kept: []string{"ada"}, Rejected: []string{
		`4 bob: column "number" is not a LONG: digits only, with an optional sign`,
		`5 bob: column "number" is not a LONG: digits only, with an optional sign`,
	}})
}

// The row of a change can be read again whole, and every record of it found.
func TestPlanRow(t *testing.T) {
	t.Parallel()
	p := plan(t, index(t, csvfile.Options{MergeRows: true}, "id,city,groups", "ada,Rome,a", "bob,,", "ada,Rome,b"), RemovalDelete,
		live("2", "bob", `{"city":"Bonn"}`), live("3", "cyd", `{}`))
	var got []account.Row
	for i := range p.Changes[:2] {
		row, err := rowOf(p, &p.Changes[i])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	equal(t, got, []account.Row{
		{Line: 2, Offset: 15, Key: "ada", Cells: []string{"Rome", "a;b"}},
		{Line: 3, Offset: 26, Key: "bob", Cells: []string{"", ""}},
	})
	equal(t, p.Changes[0].Joined, []int64{32})
}

// Keys whose hashes collide are told apart: here all of them collide.
func TestCollidingKeys(t *testing.T) {
	t.Parallel()
	for _, mask := range []uint64{0, 1, 1 << 63} {
		ix := NewIndex(table(t, csvfile.Options{}, "id,city", "ada,Paris", "bob,Bonn", "cyd,", "ada,Rome", "dan,Oslo", "eve,"))
		ix.hash.keyMask = mask
		p := plan(t, fill(t, ix), RemovalDelete,
			live("1", "ada", `{}`), live("2", "bob", `{"city":"Bonn"}`), live("3", "dan", `{"city":"Rome"}`),
			live("4", "nobody", `{}`), live("5", "EVE", `{}`))
		equal(t, summary(t, p), brief{
			Kept:    []string{"bob"},
			Changes: []string{`create cyd id:>"cyd"`, `put dan 3 city:"Rome">"Oslo"`, "delete nobody 4"},
			Rejected: []string{
				"2 ada: duplicate key: also on line 5",
				"5 ada: duplicate key: also on line 2",
				`7 eve: key "eve" differs only in letter case from account 5, which has "EVE": the API takes both for one; write it as the account has it`,
			},
		})
	}
}

// A file that is written to while it is used is noticed before anything is
// made of what it holds now, also when its size and time stamp say nothing.
func TestChangedFile(t *testing.T) {
	t.Parallel()
	for _, change := range []string{"id,city\nada,Rome\nbob,Bonn\n", "id,city\nadb,Oslo\nbob,Bonn\n", "id,city\nADA,Oslo\nbob,Bonn\n", "id,city\neve,Oslo\nada,Oslo\nbob,Bonn\n", "id,city\nada,Oslo,x\n", "id,city\n"} {
		tab := table(t, csvfile.Options{}, "id,city", "ada,Oslo", "bob,Bonn")
		ix := fill(t, NewIndex(tab))
		overwrite(t, tab.Path(), change)
		if err := Start(ix, Policy{Removal: RemovalDelete}, &collector{}).Account(live("1", "ada", `{}`)); err == nil {
			t.Errorf("%q: Account took a row that is not the one it was", change)
		}
		if _, err := Start(ix, Policy{Removal: RemovalDelete}, &collector{}).End(); err == nil {
			t.Errorf("%q: End took a row that is not the one it was", change)
		}
	}
}

// Also rows of one key are held against what they were.
func TestChangedDuplicates(t *testing.T) {
	t.Parallel()
	tab := table(t, csvfile.Options{}, "id,city", "ada,Oslo", "ada,Bonn")
	ix := NewIndex(tab)
	for line, offset := range []int64{8, 17} {
		ix.Add(&account.Row{Line: line + 2, Offset: offset, Key: "ada", Cells: []string{"Oslo"}})
	}
	overwrite(t, tab.Path(), "id,city\nada,Oslo\nada,Bonn\n")
	if err := ix.Seal(); err != nil {
		t.Fatal(err)
	}
	overwrite(t, tab.Path(), "id,city\nbob,Oslo\nbob,Bonn\n")
	if _, err := ix.record(1); err == nil {
		t.Error("a row was taken for one with another key")
	}
}

// overwrite writes a file and leaves its time stamp as it was. What a table
// keeps of the bytes it read last, which is as the row was, is let go.
func overwrite(t *testing.T, path, text string) {
	t.Helper()
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	runtime.GC() // empties the pool of readers
	runtime.GC()
}

// Every entry is found by its hash, at any size, and next to nothing else is
// looked at.
func TestSlots(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8, 255, 1000, 5000} {
		s := newSlots(n)
		hash := func(i int) uint64 { return uint64(i+1) * 0x9E3779B97F4A7C15 }
		for i := range n {
			s.add(hash(i), entry(i))
		}
		looks := 0
		for i := range n {
			found := false
			for _, e := range s.find(hash(i)) {
				looks++
				found = found || e == entry(i)
			}
			if !found {
				t.Fatalf("%d slots: %d is not found", n, i)
			}
		}
		if looks > n+n/2 {
			t.Errorf("%d slots: %d looks", n, looks)
		}
		for range s.find(0) {
			break
		}
	}
}

func TestBitset(t *testing.T) {
	t.Parallel()
	var b bitset
	b.clear(700)
	for _, i := range []entry{0, 63, 64, 700} {
		equal(t, b.has(i), false)
		b.set(i)
		equal(t, b.has(i), true)
	}
	equal(t, b.count(), 4)
	b.clear(64)
	equal(t, b.has(64), false)
	equal(t, b.count(), 3)
}
