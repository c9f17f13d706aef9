package diff

import (
	"os"
	"testing"

	"accountsync/account"

	"golang.org/x/sync/errgroup"
)

// A lean plan is the plan without the fields of its creates, which are read
// again as they were.
func TestLean(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		opt  account.Options
		rows []string
		live []*account.Account
	}{
		{"plain", account.Options{}, []string{header, "zoe,Zoe,,5,x;y", "bob,Bob,,,", "ada,Ada,Rome,,", "bad,,,many,"},
			[]*account.Account{live("1", "ada", `{"city":"Paris"}`), live("2", "old", `{}`)}},
		{"merged", account.Options{MergeRows: true}, []string{header, "zoe,Zoe,,5,x", "bob,,,,", "zoe,Zoe,,05,y", "zoe,Zoe,,5,x"}, nil},
		{"another key", account.Options{Key: "number"}, []string{"number,id,city", "7,ada,", "8,bob,Bonn", "9,Bob,", "10,,", "11,cyd,"},
			[]*account.Account{live("1", "ADA", `{"number":5}`)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ix := index(t, tt.opt, tt.rows...)
			full := planUnder(t, ix, Policy{Removal: RemovalDelete, Now: today}, tt.live...)
			lean := planUnder(t, ix, Policy{Removal: RemovalDelete, Now: today, Lean: true}, tt.live...)
			for i := range lean.Changes {
				c := &lean.Changes[i]
				if c.Op == Create && c.Fields != nil {
					t.Errorf("%s holds its fields", c.Key)
				}
				fields, err := lean.Fields(c)
				if err != nil {
					t.Fatal(err)
				}
				c.Fields = fields
			}
			equal(t, lean.Changes, full.Changes)
			equal(t, lean.Rejected, full.Rejected)
			fields, err := full.Fields(&full.Changes[0])
			if err != nil {
				t.Fatal(err)
			}
			equal(t, fields, full.Changes[0].Fields)
		})
	}
}

// Many workers ask for the fields of their creates at once.
func TestFieldsSideBySide(t *testing.T) {
	t.Parallel()
	p := planUnder(t, index(t, account.Options{}, header, "ada,Ada,,1,a;b", "bob,Bob,,2,b", "cyd,Cyd,,3,c"), Policy{Lean: true})
	var g errgroup.Group
	got := make([][]Field, 60)
	for i := range got {
		g.Go(func() (err error) {
			got[i], err = p.Fields(&p.Changes[i%3])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		equal(t, got[i], got[i%3])
		equal(t, got[i][0].After, account.StringValue(p.Changes[i%3].Key))
	}
}

// What is sent is what was planned: a file that changed in between is an error.
func TestFieldsOfAChangedFile(t *testing.T) {
	t.Parallel()
	tab := table(t, account.Options{}, header, "ada,Ada,Paris,1,", "bob,Bob,,2,")
	ix := fill(t, NewIndex(tab))
	p, full := planUnder(t, ix, Policy{Lean: true}), planUnder(t, ix, Policy{})
	if err := os.WriteFile(tab.Path(), []byte(header+"\nada,Ada,Pavia,1,\nbob,Bob,,2,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if fields, err := p.Fields(&p.Changes[0]); err == nil {
		t.Errorf("got %v", fields)
	}
	if fields, err := full.Fields(&full.Changes[0]); err != nil || len(fields) != 4 {
		t.Errorf("a plan that holds its fields reads the file again: %v, %v", fields, err)
	}
}

// A plan without rows has the fields its changes carry.
func TestFieldsWithoutRows(t *testing.T) {
	t.Parallel()
	p := NewPlan([]Change{{Op: Create, Key: "ada"}, {Op: Create, Key: "bob", Fields: []Field{{"id", "", `"bob"`}}}}, 0)
	for i := range p.Changes {
		fields, err := p.Fields(&p.Changes[i])
		if err != nil {
			t.Fatal(err)
		}
		equal(t, fields, p.Changes[i].Fields)
	}
}
