package diff

import (
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	tab := table(t, csvfile.Options{}, header, "ada,,Rome,12345678901234567890,b;a")
	row := account.Row{Key: "ada", Cells: []string{"", "Rome", "12345678901234567890", "b;a"}}
	for _, tt := range []struct {
		name string
		live *account.Account
		want []Field
	}{
		{"equal", live("1", "ada", `{"city":"Rome","number":12345678901234567890,"groups":["a","b"]}`), nil},
		{"in column order, with what is missing and what goes", live("1", "ada", `{"name":"Ada","city":null,"number":"1","groups":["a"]}`), []Field{
			{"name", `"Ada"`, account.Null},
			{"city", `null`, `"Rome"`},
			{"number", `"1"`, `"12345678901234567890"`},
			{"groups", `["a"]`, `["b","a"]`},
		}},
		{"no attributes at all", &account.Account{ID: "1", NativeIdentity: "ada"}, []Field{
			{"city", "", `"Rome"`},
			{"number", "", `"12345678901234567890"`},
			{"groups", "", `["b","a"]`},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			equal(t, compare(tab.Columns(), row, tt.live), tt.want)
		})
	}
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	identity := account.Attribute{Name: "id", Value: `"ada"`}
	held := []account.Attribute{
		{Name: "city", Value: `"Paris"`}, {Name: "id", Value: `"ada"`}, {Name: "idNowDescription", Value: `"f00d"`},
		{Name: "number", Value: "12345678901234567890"}, {Name: "unmanaged", Value: `{"a": 1.10}`},
	}
	for _, tt := range []struct {
		name   string
		live   []account.Attribute
		fields []Field
		want   []account.Attribute
	}{
		{"everything else is carried over as it is, in its order", held,
			[]Field{{"city", `"Paris"`, `"Rome"`}, {"groups", "", `["x"]`}},
			[]account.Attribute{
				{Name: "city", Value: `"Rome"`}, {Name: "id", Value: `"ada"`}, {Name: "idNowDescription", Value: `"f00d"`},
				{Name: "number", Value: "12345678901234567890"}, {Name: "unmanaged", Value: `{"a": 1.10}`}, {Name: "groups", Value: `["x"]`},
			}},
		{"what is cleared is sent as null", held[:2], []Field{{"city", `"Paris"`, account.Null}},
			[]account.Attribute{{Name: "city", Value: "null"}, {Name: "id", Value: `"ada"`}}},
		{"the identity is there also when the account lacks it", nil, []Field{{"city", "", `"Rome"`}},
			[]account.Attribute{{Name: "city", Value: `"Rome"`}, {Name: "id", Value: `"ada"`}}},
		{"or holds nothing in its place", []account.Attribute{{Name: "id", Value: "null"}}, nil,
			[]account.Attribute{{Name: "id", Value: `"ada"`}}},
		{"but what it holds stays as it is spelled there", []account.Attribute{{Name: "id", Value: `"ADA"`}}, nil,
			[]account.Attribute{{Name: "id", Value: `"ADA"`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := account.CloneAttributes(tt.live)
			equal(t, Overlay(tt.live, tt.fields, identity), tt.want)
			equal(t, tt.live, before)
		})
	}
}

// A number of 20 digits keeps them all on its way from the listing into a PUT.
func TestTwentyDigits(t *testing.T) {
	t.Parallel()
	ada := live("1", "ada", `{"number":12345678901234567890,"city":"Paris"}`)
	p := plan(t, index(t, csvfile.Options{}, "id,city,number", "ada,Rome,12345678901234567890"), RemovalReport, ada)
	body := Overlay(ada.Attributes, p.Changes[0].Fields, account.Attribute{Name: "id", Value: `"ada"`})
	equal(t, body, []account.Attribute{
		{Name: "id", Value: `"ada"`}, {Name: "city", Value: `"Rome"`}, {Name: "number", Value: "12345678901234567890"},
	})
	if n := len(p.Changes[0].Fields); n != 1 {
		t.Errorf("%d fields differ, want 1", n)
	}
}
