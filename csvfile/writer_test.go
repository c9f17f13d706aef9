package csvfile

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/internal/malformed"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

func export(t interface{ Fatal(...any) }, schema account.Schema, opt Options, accounts ...*account.Account) string {
	var b strings.Builder
	w := NewWriter(&b, people, schema, opt)
	for _, a := range accounts {
		if err := w.Write(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriterGolden(t *testing.T) {
	t.Parallel()
	got := export(t, peopleSchema, Options{},
		&account.Account{NativeIdentity: "1", Attributes: []account.Attribute{
			{Name: "name", Value: `"Zo\u00eb, \"Z\""`}, {Name: "groups", Value: `["a;b","\"c\"","d"]`}, {Name: "badge", Value: "12345678901234567890"}, {Name: "active", Value: "true"},
			{Name: account.IDNowDescription, Value: `"7f3a"`}, {Name: "id", Value: `"not the native identity"`}}},
		&account.Account{NativeIdentity: "=2"},
		&account.Account{NativeIdentity: "3", Attributes: []account.Attribute{
			{Name: "name", Value: `"two\r\nlines"`}, {Name: "department", Value: `["x","y"]`}, {Name: "groups", Value: `"single"`}, {Name: "hired", Value: `{"at":"2026"}`}, {Name: "floor", Value: "null"}}},
		&account.Account{NativeIdentity: "4", Attributes: []account.Attribute{{Name: "name", Value: `"=HYPERLINK(1)"`}, {Name: "groups", Value: `[]`}, {Name: "department", Value: `" x "`}}},
	)
	golden := filepath.Join("testdata", "export.csv")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}

func TestWriterWithoutAccountsWritesTheHeader(t *testing.T) {
	t.Parallel()
	if got := export(t, peopleSchema, Options{Delimiter: ';'}); got != "id;name;department;groups;badge;floor;active;hired\n" {
		t.Error(got)
	}
}

// What is no attribute to the reader must not become a column.
func TestWriterLeavesOutWhatCannotBeAColumn(t *testing.T) {
	t.Parallel()
	schema := account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{{Name: "name"}, {Name: "sourceId"}, {Name: "account.disabled"},
		{Name: "accountsync.line"}, {Name: account.IDNowDescription}, {Name: NativeIdentityColumn}, {Name: ""}, {Name: "a\r\nb"}, {Name: "name"}, {Name: "a,b"}}}
	if got := export(t, schema, Options{}); got != "id,name,\"a,b\"\n" {
		t.Error(got)
	}
}

func TestWriterSkipsAccountsWithoutAUsableKey(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	w := NewWriter(&b, people, peopleSchema)
	for _, key := range []string{"", " 1", "1\n", "\xff", "1\t2"} {
		var skipped *SkippedError
		err := w.Write(&account.Account{ID: "a1", NativeIdentity: key})
		if !errors.As(err, &skipped) || !strings.Contains(err.Error(), `account a1 of source "People"`) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	if err := w.Flush(); err != nil || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("%v %q", err, b.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriterTellsOfAFullDisk(t *testing.T) {
	t.Parallel()
	w := NewWriter(fullDisk{}, people, peopleSchema)
	if err := w.Write(&account.Account{NativeIdentity: "1"}); err != nil {
		t.Fatalf("nothing is written before a flush: %v", err)
	}
	if err := w.Flush(); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Error(err)
	}
}

// Exporting live accounts and reading the file back finds every row equal to
// its account, whatever the account holds.
func TestExportReadBackIsEqual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		opt := Options{
			Separator: rapid.SampledFrom([]string{"", "|", "::"}).Draw(t, "separator"),
			Delimiter: rapid.SampledFrom([]rune{0, ';', '\t', '|'}).Draw(t, "delimiter"),
			States:    rapid.Bool().Draw(t, "states"),
		}
		schema := drawSchema(t)
		live := drawAccounts(t, schema)
		tab, done := openText(t, export(t, schema, opt, live...), schema, opt)
		defer done()
		compareAll(t, tab, live)
		if got := tab.StateColumns(); opt.States != slices.Equal(got, account.StateColumns[:]) {
			t.Fatalf("state columns %q", got)
		}
	})
}

func drawSchema(t *rapid.T) account.Schema {
	s := account.Schema{IdentityAttribute: "id"}
	if rapid.Bool().Draw(t, "identity in schema") {
		s.Attributes = append(s.Attributes, account.SchemaAttribute{Name: "id", Type: account.TypeString})
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "attributes") {
		s.Attributes = append(s.Attributes, account.SchemaAttribute{
			Name:  fmt.Sprintf(`at "%d" é`, i),
			Type:  rapid.SampledFrom([]account.Type{account.TypeString, account.TypeLong, account.TypeInt, account.TypeBoolean, account.TypeDate}).Draw(t, "type"),
			Multi: rapid.Bool().Draw(t, "multi"),
		})
	}
	return s
}

func drawAccounts(t *rapid.T, schema account.Schema) []*account.Account {
	keys := rapid.SliceOfNDistinct(rapid.OneOf(rapid.StringMatching(`[A-Z][0-9]{1,5}`),
		rapid.StringN(1, 10, -1).Filter(func(s string) bool { return keyProblem(s) == "" })), 0, 8, rapid.ID).Draw(t, "keys")
	live := make([]*account.Account, len(keys))
	for i, key := range keys {
		live[i] = &account.Account{NativeIdentity: key, IdentityID: rapid.SampledFrom([]string{"", "2c9180", "=x,\""}).Draw(t, "identity"),
			Disabled: rapid.Bool().Draw(t, "disabled"), Locked: rapid.Bool().Draw(t, "locked"), ManuallyCorrelated: rapid.Bool().Draw(t, "manually")}
		for _, a := range schema.Attributes {
			if rapid.IntRange(0, 9).Draw(t, "present") > 0 {
				live[i].Attributes = append(live[i].Attributes, account.Attribute{Name: a.Name, Value: account.Value(malformed.JSON().Draw(t, a.Name))})
			}
		}
	}
	return live
}

func openText(t *rapid.T, content string, schema account.Schema, opt Options) (tab *Table, done func()) {
	f, err := openStream(strings.NewReader(content), "-", "stdin", opt)
	if err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	if tab, err = f.Bind(people, schema); err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	return tab, func() { f.Close() }
}

func compareAll(t *rapid.T, tab *Table, live []*account.Account) {
	n := 0
	err := tab.read(func(r *account.Row, x *account.Rejected) error {
		if x != nil {
			return fmt.Errorf("rejected: %+v", x)
		}
		a := live[n]
		n++
		if r.Key != a.NativeIdentity || r.Key != tab.KeyOf(a) {
			return fmt.Errorf("line %d has the key %q, want %q", r.Line, r.Key, a.NativeIdentity)
		}
		if !r.States.Met(a) || !r.States.Correlated && r.States != (account.States{}) {
			return fmt.Errorf("line %d wants %+v of %+v", r.Line, r.States, a)
		}
		for i, c := range tab.Columns() {
			if v := a.Attribute(c.Attribute); !c.Equal(r.Cells[i], v) {
				return fmt.Errorf("line %d, column %+v: %q is not equal to %s", r.Line, c, r.Cells[i], v)
			}
		}
		return nil
	})
	if err != nil || n != len(live) {
		t.Fatalf("%d rows of %d, %v", n, len(live), err)
	}
}

func TestWriterLeavesOut(t *testing.T) {
	t.Parallel()
	schema := account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{{Name: "id"}, {Name: "name"}, {Name: "account.manuallyCorrelated"}, {Name: account.IDNowDescription}}}
	w := NewWriter(io.Discard, account.Source{}, schema)
	if got := strings.Join(w.LeftOut(), " "); got != "account.manuallyCorrelated "+account.IDNowDescription {
		t.Errorf("left out: %s", got)
	}
}
