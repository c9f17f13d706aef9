package csvfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

func TestBindErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header string
		opt    Options
		want   string // the error after the path, and the hint
	}{
		"unknown column": {"id,departmnt", Options{},
			`:1: column "departmnt" is not in the schema of source "People"; did you mean "department"? (use --map departmnt=department or --ignore departmnt)` +
				"\nhint: use --map departmnt=department"},
		"several unknown": {"id,departmnt,Cost Centre", Options{},
			`:1: column "departmnt" is not in the schema of source "People"; did you mean "department"? (use --map departmnt=department or --ignore departmnt)` + "\nPATH" +
				`:1: column "Cost Centre" is not in the schema of source "People"; the nearest is "name"` +
				"\nhint: use --map departmnt=department --ignore 'Cost Centre'"},
		"other case": {"id,Department", Options{},
			`:1: column "Department" is not in the schema of source "People"; it is spelled "department" there` +
				"\nhint: use --map Department=department"},
		"white space": {"id, department", Options{},
			`:1: column " department" is not in the schema of source "People"; it is spelled "department" there` +
				"\nhint: use --trim"},
		"reserved in other case": {"id,SourceID", Options{},
			`:1: column "SourceID" is not in the schema of source "People"; it is spelled "sourceId" there` +
				"\nhint: use --map SourceID=sourceId"},
		"mapped to nothing": {"id,Dept", Options{Map: map[string]string{"Dept": "departmnt"}},
			`:1: column "departmnt" is not in the schema of source "People"; did you mean "department"? (use --map Dept=department or --ignore Dept)` +
				"\nhint: use --map Dept=department"},
		"two for one": {"id,department,Dept", Options{Map: map[string]string{"Dept": "department"}},
			`:1: columns "department" and "Dept" are both attribute "department"` + "\nhint: use --ignore Dept, or --ignore department"},
		"two for a state": {"id,account.disabled,Off", Options{Map: map[string]string{"Off": "account.disabled"}},
			`:1: columns "account.disabled" and "Off" are both account.disabled` + "\nhint: use --ignore Off, or --ignore account.disabled"},
		"two for the source": {"id,Src,sourceId", Options{Map: map[string]string{"Src": "sourceId"}},
			`:1: columns "Src" and "sourceId" are both sourceId` + "\nhint: use --ignore sourceId, or --ignore Src"},
		"no key": {"name,department", Options{},
			`:1: no key column: source "People" needs a column "id" (or "nativeIdentity")` + "\nhint: name the column that holds the key with --map COLUMN=id; this shows the columns with examples: accountsync columns --source People --file PATH"},
		"key ignored": {"id,name", Options{Ignore: []string{"id"}}, `:1: no key column: source "People" needs a column "id"`},
		"two keys": {"id,nativeIdentity", Options{},
			`:1: columns "id" and "nativeIdentity" both hold the native identity` + "\nhint: use --ignore nativeIdentity, or --ignore id"},
		"semicolons read as commas": {"id;name", Options{Delimiter: ','}, `:1: the header is one cell: ';' stands between its names, not ','`},
		"named key is missing": {"id,name", Options{Key: "nmae"},
			`:1: --key nmae: no column of that name is an attribute; did you mean "name"?`},
		"named key without identity": {"badge,name", Options{Key: "badge"},
			`:1: --key badge: the file has no column "id" beside it, without which no account can be created`},
		"named key with many values": {"id,groups", Options{Key: "groups"}, `:1: --key groups: the attribute is multi-valued`},
		"named key made multi":       {"id,name", Options{Key: "name", Multi: []string{"name"}}, `:1: --key name: the attribute is multi-valued`},
		"multi of nothing":           {"id,name", Options{Multi: []string{"group"}}, `: --multi group: source "People" has no such attribute; did you mean "groups"?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, tt.header+"\n1,2,3\n")
			_, err := bind(t, path, tt.opt)
			var fe *FileError
			if !errors.As(err, &fe) || fe.Missing() || fe.Hint == "" {
				t.Fatalf("want a *FileError about a bad file with a hint, got %v", err)
			}
			if got := strings.ReplaceAll(err.Error()+"\nhint: "+fe.Hint, path, "PATH"); !strings.HasPrefix(got, "PATH"+tt.want) {
				t.Errorf("got  %s\nwant PATH%s", got, tt.want)
			}
		})
	}
}

func TestSchemaWithoutIdentityAttributeIsRefused(t *testing.T) {
	t.Parallel()
	f, err := Open(writeFile(t, "nativeIdentity,name\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Bind(people, account.Schema{Attributes: peopleSchema.Attributes}); err == nil || !strings.Contains(err.Error(), "names no identityAttribute") {
		t.Error(err)
	}
}

func TestManyUnknownColumnsAreCounted(t *testing.T) {
	t.Parallel()
	header := "id"
	for i := range 50 {
		header += fmt.Sprintf(",column %d", i)
	}
	_, err := bind(t, writeFile(t, header+"\n"), Options{})
	if err == nil || !strings.Contains(err.Error(), "30 more columns are not in the schema") {
		t.Error(err)
	}
}

func TestBindFindsColumns(t *testing.T) {
	t.Parallel()
	type bound struct {
		Key     string
		Columns []string // attribute<header, with + when multi-valued
	}
	for name, tt := range map[string]struct {
		header string
		opt    Options
		want   bound
	}{
		"plain":           {"groups,id,name", Options{}, bound{"id<id", []string{"groups<groups+", "name<name"}}},
		"nativeIdentity":  {"nativeIdentity,name", Options{}, bound{"id<nativeIdentity", []string{"name<name"}}},
		"mapped key":      {"Login,name", Options{Map: map[string]string{"Login": "id"}}, bound{"id<Login", []string{"name<name"}}},
		"mapped, ignored": {"id,Dept,junk", Options{Map: map[string]string{"Dept": "department"}, Ignore: []string{"junk"}}, bound{"id<id", []string{"department<Dept"}}},
		"other case, ignored": {"id,Name,name", Options{Ignore: []string{"Name"}},
			bound{"id<id", []string{"name<name"}}},
		"reserved, ignored": {"id,account.disabled,name", Options{Ignore: []string{"account.disabled"}}, bound{"id<id", []string{"name<name"}}},
		"multi":             {"id,name", Options{Multi: []string{"name"}}, bound{"id<id", []string{"name<name+"}}},
		"key only":          {"id", Options{}, bound{"id<id", nil}},
		"key by attribute":  {"name,id,Badge", Options{Key: "badge", Map: map[string]string{"Badge": "badge"}}, bound{"badge<Badge", []string{"name<name", "id<id"}}},
		"key by header":     {"name,id,Badge", Options{Key: "Badge", Map: map[string]string{"Badge": "badge"}}, bound{"badge<Badge", []string{"name<name", "id<id"}}},
		"key, native":       {"nativeIdentity,badge,name", Options{Key: "badge"}, bound{"badge<badge", []string{"id<nativeIdentity", "name<name"}}},
		"key is the usual":  {"id,name", Options{Key: "id"}, bound{"id<id", []string{"name<name"}}},
		"key is its header": {"Login,name", Options{Key: "Login", Map: map[string]string{"Login": "id"}}, bound{"id<Login", []string{"name<name"}}},
		"sourceId":          {"sourceId,id,name", Options{}, bound{"id<id", []string{"name<name"}}},
		"states": {"account.locked,id,Off,name", Options{Map: map[string]string{"Off": "account.disabled"}},
			bound{"id<id", []string{"name<name"}}},
		"mapped sourceId": {"Src,id,name", Options{Map: map[string]string{"Src": "sourceId"}}, bound{"id<id", []string{"name<name"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := table(t, tt.header+"\n", tt.opt)
			spell := func(c account.Column) string {
				s := c.Attribute + "<" + c.Header
				if c.Multi {
					s += "+"
				}
				return s
			}
			got := bound{Key: spell(tab.Key())}
			for _, c := range tab.Columns() {
				got.Columns = append(got.Columns, spell(c))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(strings.Split(tt.header, ","), tab.Header()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestKeyOf(t *testing.T) {
	t.Parallel()
	live := &account.Account{NativeIdentity: "n1", Attributes: []account.Attribute{{Name: "badge", Value: "7"}, {Name: "name", Value: `"Ada"`}}}
	for _, tt := range []struct {
		header, row string
		opt         Options
		want        string
	}{
		{"id,name", "n1,Ada", Options{}, "n1"},
		{"id,name", "n1,Ada", Options{Key: "name"}, "Ada"},
		{"id,badge", "n1,007", Options{Key: "badge"}, "7"},
	} {
		tab := table(t, tt.header+"\n"+tt.row+"\n", tt.opt)
		rows, _ := readAll(t, tab)
		if tab.KeyOf(live) != tt.want || rows[0].Key != tt.want {
			t.Errorf("%+v: live %q, row %q, want %q", tt.opt, tab.KeyOf(live), rows[0].Key, tt.want)
		}
	}
	if key := table(t, "id,badge\n", Options{Key: "badge"}).KeyOf(&account.Account{NativeIdentity: "n2"}); key != "" {
		t.Errorf("an account without the attribute has the key %q", key)
	}
}

func TestCreateAttributes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header, row string
		opt         Options
		want        []account.Attribute
	}{
		{"name,id,groups,department", "Ada,1,a;b,", Options{},
			[]account.Attribute{{Name: "id", Value: `"1"`}, {Name: "name", Value: `"Ada"`}, {Name: "groups", Value: `["a","b"]`}}},
		{"nativeIdentity,name", "1,Ada", Options{}, []account.Attribute{{Name: "id", Value: `"1"`}, {Name: "name", Value: `"Ada"`}}},
		{"name,badge,id", "Ada,7,1", Options{Key: "badge"}, []account.Attribute{{Name: "id", Value: `"1"`}, {Name: "badge", Value: `"7"`}, {Name: "name", Value: `"Ada"`}}},
	} {
		tab := table(t, tt.header+"\n"+tt.row+"\n", tt.opt)
		rows, _ := readAll(t, tab)
		if d := cmp.Diff(tt.want, tab.CreateAttributes(rows[0])); d != "" {
			t.Errorf("%s: %s", tt.header, d)
		}
	}
}

func TestFailedCSVIsPartialAndUnquoted(t *testing.T) {
	t.Parallel()
	const content = "id,name,department,accountsync.line,accountsync.op,accountsync.state,accountsync.reason\n" +
		"'-1,'=1+1,''@x,7,put,failed,no\n2,'x,=y,8,create,stale,\n"
	tab := table(t, content, Options{})
	rows, rejected := readAll(t, tab)
	if !tab.Partial() || len(rejected) != 0 || len(rows) != 2 {
		t.Fatalf("partial %t, %v, %v", tab.Partial(), rows, rejected)
	}
	if d := cmp.Diff([]string{"=1+1", "'@x"}, rows[0].Cells); d != "" || rows[0].Key != "-1" {
		t.Errorf("key %s %s", rows[0].Key, d)
	}
	if d := cmp.Diff([]string{"'x", "=y"}, rows[1].Cells); d != "" {
		t.Error(d)
	}
	record, err := tab.RecordAt(rows[0].Offset)
	if d := cmp.Diff([]string{"-1", "=1+1", "'@x", "7", "put", "failed", "no"}, record); err != nil || d != "" {
		t.Error(err, d)
	}
	plain := table(t, "id,name\n'-1,'=1+1\n", Options{})
	if rows, _ := readAll(t, plain); plain.Partial() || rows[0].Key != "'-1" || rows[0].Cells[0] != "'=1+1" {
		t.Errorf("apostrophes of a file that is not ours are its own: %+v", rows)
	}
	ignored := table(t, content, Options{Ignore: []string{"accountsync.line", "accountsync.op", "accountsync.state", "accountsync.reason"}})
	if !ignored.Partial() {
		t.Error("a failed.csv stays partial whatever is ignored")
	}
}

func TestIsFailedColumn(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{"accountsync.line": true, "accountsync.reason": true, "accountsync.other": false, "account.disabled": false, "id": false} {
		if isFailedColumn(header) != want {
			t.Errorf("%s: %t", header, !want)
		}
	}
}
