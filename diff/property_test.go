package diff

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"

	"pgregory.net/rapid"
)

// apply does to the accounts what the plan says, as the API would; shows says
// whether a disable shows in the account. It returns what the next run is told
// of missing accounts, too.
func apply(t *rapid.T, p *planned, accounts []*account.Account, shows bool) ([]*account.Account, map[string]Absence) {
	after := map[string]*account.Account{}
	for _, a := range accounts {
		after[a.ID] = a.Clone()
	}
	told := missing(slices.Concat(p.Absences, p.Returned)...)
	for i := range p.Changes {
		c := &p.Changes[i]
		a := after[c.AccountID]
		if c.AfterCreate {
			a = after["new "+c.Key]
		}
		if c.Impossible != "" || c.Removal && p.HoldRemovals != "" {
			continue
		}
		switch c.Op {
		case Create:
			after["new "+c.Key] = created(c)
		case Put:
			a.Attributes = Overlay(a.Attributes, c.Fields, account.Attribute{Name: "id", Value: account.StringValue(a.NativeIdentity)})
		case Patch:
			patch(t, a, PatchOps(c.Fields))
		case Unlock:
			a.Locked = false
		case Enable:
			a.Disabled = false
			delete(told, a.ID)
		case Disable:
			if a.Disabled = true; !c.Removal {
				continue
			}
			a.Disabled = shows
			told[a.ID] = Absence{AccountID: a.ID, Since: told[a.ID].Since, DisableSent: today}
		case Delete:
			delete(after, a.ID)
		}
	}
	byID := func(a, b *account.Account) int { return strings.Compare(a.ID, b.ID) }
	return slices.SortedFunc(maps.Values(after), byID), told
}

// patch does to an account what the API does on a JSON Patch.
func patch(t *rapid.T, a *account.Account, ops []account.PatchOp) {
	moved, said := false, false
	for _, op := range ops {
		name, isAttribute := strings.CutPrefix(op.Path, "/attributes/")
		switch {
		case op.Path == "/identityId":
			a.IdentityID, moved = strings.Join(op.Value.AppendTexts(nil), ""), true
		case op.Path == "/manuallyCorrelated" && op.Op == "replace":
			a.ManuallyCorrelated, said = op.Value == "true", true
		case isAttribute && op.Op == "add":
			a.Attributes = set(a.Attributes, account.Attribute{Name: name, Value: op.Value})
		case isAttribute && op.Op == "remove" && !a.Attribute(name).IsEmpty():
			a.Attributes = slices.DeleteFunc(a.Attributes, func(at account.Attribute) bool { return at.Name == name })
		default:
			t.Fatalf("the API would refuse to %s %s", op.Op, op.Path)
		}
	}
	if moved && !said {
		a.ManuallyCorrelated = true
	}
}

func created(c *Change) *account.Account {
	a := &account.Account{ID: "new " + c.Key, NativeIdentity: c.Key}
	for _, f := range c.Fields {
		a.Attributes = append(a.Attributes, account.Attribute{Name: f.Attribute, Value: f.After})
	}
	return a
}

// A plan is what a naive diff by maps comes to; once it is applied nothing is
// left to do, and what nobody manages is still there.
func TestPlanProperty(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desired.csv")
	rapid.Check(t, func(t *rapid.T) {
		var rows []wanted
		line := 2
		for range rapid.IntRange(0, 8).Draw(t, "rows") {
			rows = append(rows, drawWanted(t, line))
			line += 1 + newlines(rows[len(rows)-1])
		}
		var accounts []*account.Account
		for i := range rapid.IntRange(0, 8).Draw(t, "accounts") {
			accounts = append(accounts, drawAccount(t, string(rune('a'+i)), rows))
		}
		w := drawWorld(t, accounts)
		writeRows(t, path, rows, w.columns)
		table := openTable(t, path, schema, csvfile.Options{MergeRows: w.merge})
		defer table.Close()
		ix := NewIndex(table)
		ix.hash.keyMask = rapid.SampledFrom([]uint64{^uint64(0), 3}).Draw(t, "mask")
		fill(t, ix)

		p := planUnder(t, ix, w.policy, accounts...)
		got, want := told(t, p), foretell(rows, accounts, w)
		equal(t, *got.sort(), *want.sort(), cmpFate...)
		checkApplied(t, ix, w, p, accounts)
	})
}

// checkApplied applies a plan and looks what is left to do.
func checkApplied(t *rapid.T, ix *Index, w world, p *planned, accounts []*account.Account) {
	after, told := apply(t, p, accounts, rapid.Bool().Draw(t, "disables show"))
	w.policy.Absences = told
	again := planUnder(t, ix, w.policy, after...)
	for _, c := range again.Changes {
		if c.Impossible == "" && (!c.Removal || p.HoldRemovals == "") {
			t.Fatalf("after all was applied there is a %s of %s %s: %s", c.Op, c.Key, c.AccountID, c.Reason)
		}
	}
	withheld := map[string]bool{} // keys of rows not all of which could be done
	for _, c := range p.Changes {
		if c.Impossible != "" && !c.Removal {
			withheld[c.Key] = true
		}
	}
	equal(t, again.Kept, p.Kept+p.StateOnly+p.Count(Create, Put)-len(withheld))
	for _, a := range after {
		before := slices.IndexFunc(accounts, func(b *account.Account) bool { return b.ID == a.ID })
		for _, name := range []string{"unmanaged", account.IDNowDescription} {
			if before >= 0 {
				equal(t, a.Attribute(name), accounts[before].Attribute(name))
			}
		}
	}
	if w.policy.Removal == RemovalDisableThenDelete && p.HoldRemovals == "" {
		w.policy.Absences = missing(slices.Concat(again.Absences, again.Returned)...)
		w.policy.Now = today.Add(w.policy.Grace)
		checkGraceOver(t, planUnder(t, ix, w.policy, after...), w, after)
	}
}

// checkGraceOver looks that what was seen disabled all the time is deleted,
// unless it is protected or has no key, and that nothing else is.
func checkGraceOver(t *rapid.T, p *planned, w world, accounts []*account.Account) {
	for _, c := range p.sendable() {
		a := accounts[slices.IndexFunc(accounts, func(a *account.Account) bool { return a.ID == c.AccountID })]
		if c.Op != Delete || !a.Disabled {
			t.Fatalf("after its grace there is a %s of %s, disabled: %v", c.Op, a.ID, a.Disabled)
		}
	}
	for _, o := range p.Orphans {
		a := accounts[slices.IndexFunc(accounts, func(a *account.Account) bool { return a.ID == o.AccountID })]
		if a.Disabled && a.NativeIdentity != "" && !w.protects(a) {
			t.Fatalf("%s is left after its grace: %s", a.ID, o.Reason)
		}
	}
}
