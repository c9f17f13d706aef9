package account

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatesAreRead(t *testing.T) {
	t.Parallel()
	const header = "account.locked,id,Off,name,account.identityId,account.manuallyCorrelated\n"
	opt := Options{Map: map[string]string{"Off": DisabledColumn}}
	for row, want := range map[string]struct {
		states  States
		invalid string
	}{
		",1,,Ada,,":              {States{Correlated: true}, ""},
		"false,1,true,Ada,x9,":   {States{Locked: False, Disabled: True, Correlated: true, IdentityID: "x9"}, ""},
		"FALSE,1,False,,,tRUE":   {States{Locked: False, Disabled: False, Correlated: true, ManuallyCorrelated: True}, ""},
		",1,yes,,,":              {States{Disabled: Unreadable, Correlated: true}, `column "Off" is neither true nor false`},
		"0,1,,, x9,true ":        {States{Locked: Unreadable, Correlated: true, IdentityID: " x9", ManuallyCorrelated: Unreadable}, `column "account.locked" is neither true nor false; column "account.manuallyCorrelated" is neither true nor false; column "account.identityId" begins or ends with white space`},
		"true,1,,,,":             {States{Locked: True, Correlated: true}, `column "account.locked" is true, and the API can unlock an account but not lock it: write false, or leave the cell empty`},
		"true,1,no,,\"x\ny\",no": {States{Locked: True, Disabled: Unreadable, Correlated: true, IdentityID: "x\ny", ManuallyCorrelated: Unreadable}, `column "Off" is neither true nor false; column "account.manuallyCorrelated" is neither true nor false; column "account.locked" is true, and the API can unlock an account but not lock it: write false, or leave the cell empty; column "account.identityId" holds a control character`},
	} {
		tab := table(t, header+row+"\n", opt)
		rows, rejected := readAll(t, tab)
		if len(rejected) != 0 || len(rows) != 1 {
			t.Fatalf("%q: %v", row, rejected)
		}
		if d := cmp.Diff(want.states, rows[0].States) + cmp.Diff(want.invalid, rows[0].Invalid); d != "" {
			t.Errorf("%q: %s", row, d)
		}
		again, err := tab.RowAt(rows[0].Offset)
		if d := cmp.Diff(rows[0], again); err != nil || d != "" {
			t.Errorf("RowAt of %q: %v %s", row, err, d)
		}
		if d := cmp.Diff([]string{DisabledColumn, LockedColumn, IdentityIDColumn, ManuallyCorrelatedColumn}, tab.StateColumns()); d != "" {
			t.Error(d)
		}
	}
}

// Without a column, or under --ignore, nothing is wanted of a state.
func TestStatesWithoutColumns(t *testing.T) {
	t.Parallel()
	for _, tab := range []*Table{
		table(t, "id,name\n1,Ada\n", Options{}),
		table(t, "id,account.identityId,account.locked\n1,x9,true\n", Options{Ignore: []string{IdentityIDColumn, LockedColumn}}),
	} {
		rows, _ := readAll(t, tab)
		if rows[0].States != (States{}) || rows[0].Invalid != "" || tab.StateColumns() != nil {
			t.Errorf("%+v, columns %q", rows[0], tab.StateColumns())
		}
	}
}

func TestWrongStateStandsBesideWrongType(t *testing.T) {
	t.Parallel()
	rows, _ := readAll(t, table(t, "id,badge,account.disabled\n1,many,yes\n", Options{}))
	want := `column "badge" is not a LONG: digits only, with an optional sign; column "account.disabled" is neither true nor false`
	if rows[0].Invalid != want {
		t.Error(rows[0].Invalid)
	}
}

func TestDamagedIdentityIsRejected(t *testing.T) {
	t.Parallel()
	_, rejected := readAll(t, table(t, "id,account.identityId\n1,Zo\xeb\n", Options{}))
	if len(rejected) != 1 || rejected[0].Reason != `column "account.identityId" is not valid UTF-8: save the file as UTF-8` {
		t.Error(rejected)
	}
}

func TestStatesOfAFailedCSVAreUnquoted(t *testing.T) {
	t.Parallel()
	rows, _ := readAll(t, table(t, "id,account.identityId,accountsync.line\n1,'=x,7\n", Options{}))
	if rows[0].States.IdentityID != "=x" {
		t.Error(rows[0].States.IdentityID)
	}
}

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
		if got, ok := a.State(name); got != want || !ok || !IsStateColumn(name) || !isReserved(name) {
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

func TestWriterWritesStates(t *testing.T) {
	t.Parallel()
	schema := Schema{IdentityAttribute: "id", Attributes: []SchemaAttribute{{Name: "name"}}}
	got := export(t, schema, Options{States: true},
		&Account{NativeIdentity: "1", Disabled: true, IdentityID: "x9", ManuallyCorrelated: true, Attributes: []Attribute{{"name", `"Ada"`}}},
		&Account{NativeIdentity: "2", Locked: true})
	want := "id,name,account.disabled,account.locked,account.identityId,account.manuallyCorrelated\n" +
		"1,Ada,true,false,x9,true\n2,,false,true,,false\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Whether a file has states is known before its columns are bound.
func TestHasStates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header string
		opt    Options
		want   bool
	}{
		{"id,name", Options{}, false},
		{"id,account.locked", Options{}, true},
		{"id,Off", Options{Map: map[string]string{"Off": DisabledColumn}}, true},
		{"id,account.locked", Options{Map: map[string]string{"account.locked": "name"}}, false},
		{"id,account.locked", Options{Ignore: []string{LockedColumn}}, false},
	} {
		tab := table(t, tt.header+"\n", tt.opt)
		if got := tab.HasStates(); got != tt.want || got != (tab.StateColumns() != nil) {
			t.Errorf("%s %+v: %t, columns %q", tt.header, tt.opt, got, tab.StateColumns())
		}
	}
}
