package diff

import (
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

// typedSchema has a column of every type, single- and multi-valued.
var typedSchema = account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{
	{Name: "id", Type: account.TypeString},
	{Name: "text", Type: account.TypeString},
	{Name: "long", Type: account.TypeLong},
	{Name: "yes", Type: account.TypeBoolean},
	{Name: "day", Type: account.TypeDate},
	{Name: "list", Type: account.TypeString, Multi: true},
	{Name: "longs", Type: account.TypeLong, Multi: true},
}}

func typedColumns() []account.Column {
	var columns []account.Column
	for _, a := range typedSchema.Attributes[1:] {
		columns = append(columns, account.Column{Header: a.Name, Attribute: a.Name, Type: a.Type, Multi: a.Multi, Separator: ";"})
	}
	return columns
}

// typedLive is an account with a JSON value, or none, for each column.
func typedLive(values string) *account.Account {
	a := &account.Account{ID: "1", NativeIdentity: "ada"}
	for i, v := range strings.Split(values, " ") {
		if v != "-" {
			a.Attributes = append(a.Attributes, account.Attribute{Name: typedSchema.Attributes[i+1].Name, Value: account.Value(v)})
		}
	}
	return a
}

// Rows and accounts that mean the same have one hash, so that nothing has to
// be read to see it; those that don't have not.
func TestHash(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cells, live string
		same        bool
	}{
		{"x|7|true|2026-01-31|a;b|1;2", `"x" "7" "true" "2026-01-31" ["a","b"] ["1","2"]`, true},
		{"x|+07|TRUE|2026-01-31T08:00:00+01:00|b;a;a|02;1;2", `"x" 7 true "2026-01-31T07:00:00Z" ["a","b","a"] [1,2]`, true},
		{"|||||", `- - - - - -`, true},
		{"|||||", `null "" null "" [] [null,""]`, true},
		{"x||||a|", `"x" - - - "a" -`, true},
		{"x|||||", `"\u0078" - - - - -`, true},
		{"a|||||", `- - - - ["a"] -`, false},
		{"||||a;b|", `- - - - ["ab"] -`, false},
		{"||||a|1", `- - - - ["a","1"] -`, false},
		{"x|||||", `["x","x"] - - - - -`, false},
		{"x|||||", `"X" - - - - -`, false},
		{"|12345678901234567890||||", `- 12345678901234567000 - - - -`, false},
	} {
		h := newHasher(typedColumns())
		for range 2 { // the second time knows where the attributes are
			row, live := h.row(&account.Row{Key: "ada", Cells: strings.Split(tt.cells, "|")}), h.account("ada", typedLive(tt.live))
			if (row == live) != tt.same {
				t.Errorf("%s and %s: same hash: %v, want %v", tt.cells, tt.live, row == live, tt.same)
			}
		}
		ada, capital := account.Row{Key: "ada", Cells: strings.Split(tt.cells, "|")}, account.Row{Key: "Ada", Cells: strings.Split(tt.cells, "|")}
		if h.row(&ada) == h.row(&capital) {
			t.Error("the row hash ignores letter case of the key")
		}
	}
}

// An account that is as its row wants it costs no allocation (but for what it
// takes to parse a DATE).
func TestEqualAllocatesNothing(t *testing.T) {
	for _, columns := range [][2]string{{}, {",account.disabled,account.locked,account.identityId,account.manuallyCorrelated", ",true,,x9,false"}} {
		rows := []string{"id,text,long,yes,day,list,longs" + columns[0], "ada,Ängström,12345678901234567890,true,,a;b,1;2" + columns[1]}
		ada := typedLive(`"Ängström" 12345678901234567890 "true" - ["b","a"] ["1","2"]`)
		ada.Disabled, ada.IdentityID = true, "x9"
		d, _ := collect(fill(t, NewIndex(tableOf(t, typedSchema, csvfile.Options{}, rows...))), Policy{Removal: RemovalDelete})
		allocs := testing.AllocsPerRun(100, func() {
			d.seen.clear(0)
			if err := d.Account(ada); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 || !d.kept.has(0) || len(d.duplicates) > 0 {
			t.Errorf("%v allocations, kept %v", allocs, d.kept.has(0))
		}
	}
}
