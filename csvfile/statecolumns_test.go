package csvfile

import (
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

func TestStatesAreRead(t *testing.T) {
	t.Parallel()
	const header = "account.locked,id,Off,name,account.identityId,account.manuallyCorrelated\n"
	opt := Options{Map: map[string]string{"Off": account.DisabledColumn}}
	for row, want := range map[string]struct {
		states  account.States
		invalid string
	}{
		",1,,Ada,,":              {account.States{Correlated: true}, ""},
		"false,1,true,Ada,x9,":   {account.States{Locked: account.False, Disabled: account.True, Correlated: true, IdentityID: "x9"}, ""},
		"FALSE,1,False,,,tRUE":   {account.States{Locked: account.False, Disabled: account.False, Correlated: true, ManuallyCorrelated: account.True}, ""},
		",1,yes,,,":              {account.States{Disabled: account.Unreadable, Correlated: true}, `column "Off" is neither true nor false`},
		"0,1,,, x9,true ":        {account.States{Locked: account.Unreadable, Correlated: true, IdentityID: " x9", ManuallyCorrelated: account.Unreadable}, `column "account.locked" is neither true nor false; column "account.manuallyCorrelated" is neither true nor false; column "account.identityId" begins or ends with white space`},
		"true,1,,,,":             {account.States{Locked: account.True, Correlated: true}, `column "account.locked" is true, and the API can unlock an account but not lock it: write false, or leave the cell empty`},
		"true,1,no,,\"x\ny\",no": {account.States{Locked: account.True, Disabled: account.Unreadable, Correlated: true, IdentityID: "x\ny", ManuallyCorrelated: account.Unreadable}, `column "Off" is neither true nor false; column "account.manuallyCorrelated" is neither true nor false; column "account.locked" is true, and the API can unlock an account but not lock it: write false, or leave the cell empty; column "account.identityId" holds a control character`},
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
		if d := cmp.Diff([]string{account.DisabledColumn, account.LockedColumn, account.IdentityIDColumn, account.ManuallyCorrelatedColumn}, tab.StateColumns()); d != "" {
			t.Error(d)
		}
	}
}

// Without a column, or under --ignore, nothing is wanted of a state.
func TestStatesWithoutColumns(t *testing.T) {
	t.Parallel()
	for _, tab := range []*Table{
		table(t, "id,name\n1,Ada\n", Options{}),
		table(t, "id,account.identityId,account.locked\n1,x9,true\n", Options{Ignore: []string{account.IdentityIDColumn, account.LockedColumn}}),
	} {
		rows, _ := readAll(t, tab)
		if rows[0].States != (account.States{}) || rows[0].Invalid != "" || tab.StateColumns() != nil {
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
	if len(rejected) != 1 || rejected[0].Reason != `column "account.identityId" is not valid UTF-8: use --encoding windows-1252, or save the file as UTF-8` {
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

func TestWriterWritesStates(t *testing.T) {
	t.Parallel()
	schema := account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{{Name: "name"}}}
	got := export(t, schema, Options{States: true},
		&account.Account{NativeIdentity: "1", Disabled: true, IdentityID: "x9", ManuallyCorrelated: true, Attributes: []account.Attribute{{Name: "name", Value: `"Ada"`}}},
		&account.Account{NativeIdentity: "2", Locked: true})
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
		{"id,Off", Options{Map: map[string]string{"Off": account.DisabledColumn}}, true},
		{"id,account.locked", Options{Map: map[string]string{"account.locked": "name"}}, false},
		{"id,account.locked", Options{Ignore: []string{account.LockedColumn}}, false},
	} {
		tab := table(t, tt.header+"\n", tt.opt)
		if got := tab.HasStates(); got != tt.want || got != (tab.StateColumns() != nil) {
			t.Errorf("%s %+v: %t, columns %q", tt.header, tt.opt, got, tab.StateColumns())
		}
	}
}

// Every state's column is reserved: no attribute can take its name.
func TestStateColumnsAreReserved(t *testing.T) {
	t.Parallel()
	for _, name := range account.StateColumns {
		if !isReserved(name) {
			t.Errorf("%q is not reserved", name)
		}
	}
}
