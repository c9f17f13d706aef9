package account

import (
	"testing"
)

func TestStatesMet(t *testing.T) {
	t.Parallel()
	a := &Account{Disabled: true, IdentityID: "x9", ManuallyCorrelated: true}
	for _, tt := range []struct {
		want States
		met  bool
	}{
		{States{}, true},
		{States{Disabled: True, Locked: False, ManuallyCorrelated: True, Correlated: true, IdentityID: "x9"}, true},
		{States{IdentityID: "nobody asked"}, true},
		{States{Disabled: False}, false},
		{States{Locked: True}, false},
		{States{ManuallyCorrelated: False}, false},
		{States{Disabled: Unreadable}, false},
		{States{Locked: Unreadable}, false},
		{States{Correlated: true}, false},
		{States{Correlated: true, IdentityID: "X9"}, false},
	} {
		if tt.want.Met(a) != tt.met {
			t.Errorf("%+v: met is %t", tt.want, !tt.met)
		}
	}
}

func TestAccountState(t *testing.T) {
	t.Parallel()
	a := &Account{Locked: true, IdentityID: `x"9`}
	for name, want := range map[string]Value{DisabledColumn: "false", LockedColumn: "true", IdentityIDColumn: `"x\"9"`, ManuallyCorrelatedColumn: "false"} {
		if got, ok := a.State(name); got != want || !ok || !IsStateColumn(name) {
			t.Errorf("%s = %s, %t; want %s", name, got, ok, want)
		}
	}
	if got, ok := (&Account{}).State(IdentityIDColumn); got != "" || !ok {
		t.Errorf("no identity = %q, %t", got, ok)
	}
	a.Attributes = []Attribute{{"city", `"Rome"`}, {LockedColumn, `"shadowed"`}}
	if a.Held("city") != `"Rome"` || a.Held(LockedColumn) != "true" || a.Held("none") != "" {
		t.Errorf("held: %s, %s, %s", a.Held("city"), a.Held(LockedColumn), a.Held("none"))
	}
	for _, name := range []string{"account.name", "id", "", "sourceId"} {
		if _, ok := a.State(name); ok || IsStateColumn(name) {
			t.Errorf("%q is a state", name)
		}
	}
}
