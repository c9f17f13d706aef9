package csvfile

import (
	"os"
	"path/filepath"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

var (
	people = account.Source{ID: "2c918085", Name: "People"}

	peopleSchema = account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{
		{Name: "id", Type: account.TypeString},
		{Name: "name", Type: account.TypeString},
		{Name: "department", Type: account.TypeString},
		{Name: "groups", Type: account.TypeString, Multi: true},
		{Name: "badge", Type: account.TypeLong},
		{Name: "floor", Type: account.TypeInt},
		{Name: "active", Type: account.TypeBoolean},
		{Name: "hired", Type: account.TypeDate},
	}}
)

// writeFile puts the content into a file of its own and returns its path.
func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bind opens a file of people.
func bind(t testing.TB, path string, opt Options) (*Table, error) {
	t.Helper()
	f, err := Open(path, opt)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { f.Close() })
	return f.Bind(people, peopleSchema)
}

// table is bind for content that must be fine.
func table(t testing.TB, content string, opt Options) *Table {
	t.Helper()
	tab, err := bind(t, writeFile(t, content), opt)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// readAll collects what Read delivers.
func readAll(t testing.TB, tab *Table) (rows []account.Row, rejected []account.Rejected) {
	t.Helper()
	err := tab.read(func(r *account.Row, x *account.Rejected) error {
		if (r == nil) == (x == nil) {
			t.Fatal("Read must deliver a row or a rejected row")
		}
		if x != nil {
			rejected = append(rejected, *x)
			return nil
		}
		c := *r
		c.Cells = append([]string{}, r.Cells...)
		rows = append(rows, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, rejected
}

func TestReadDeliversRowsWithLineAndOffset(t *testing.T) {
	t.Parallel()
	tab := table(t, "name,id,groups\nAda,1,a;b\n\n\"Bob\nB.\",2,\nCy,3,c\n", Options{})
	rows, rejected := readAll(t, tab)
	want := []account.Row{
		{Line: 2, Offset: 15, Key: "1", Cells: []string{"Ada", "a;b"}},
		{Line: 4, Offset: 25, Key: "2", Cells: []string{"Bob\nB.", ""}},
		{Line: 6, Offset: 38, Key: "3", Cells: []string{"Cy", "c"}},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	if len(rejected) != 0 {
		t.Errorf("rejected %v", rejected)
	}
	for _, r := range rows {
		again, err := tab.RowAt(r.Offset)
		if d := cmp.Diff(r, again); err != nil || d != "" {
			t.Errorf("RowAt(%d): %v %s", r.Offset, err, d)
		}
	}
}
