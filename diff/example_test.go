package diff_test

import (
	"fmt"
	"os"
	"path/filepath"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
)

// printer is a sink that prints the changes it is handed.
type printer struct{}

func (printer) Change(c *diff.Change) error       { fmt.Println(c.Op, c.Key); return nil }
func (printer) Rejected(r account.Rejected) error { fmt.Println("rejected", r.Key); return nil }
func (printer) Orphan(o diff.Orphan) error        { return nil }
func (printer) Absence(diff.Absence) error        { return nil }
func (printer) Withdraw([]string) error           { return nil }
func (printer) DropAbsences() error               { return nil }

// Rows of a file and live accounts become changes, which guards judge.
func Example() {
	path := filepath.Join(os.TempDir(), "diff-example.csv")
	defer os.Remove(path)
	if err := os.WriteFile(path, []byte("id,city\nada,Rome\nbob,Oslo\n"), 0o600); err != nil {
		panic(err)
	}
	file, err := csvfile.Open(path, csvfile.Options{})
	if err != nil {
		panic(err)
	}
	defer file.Close()
	schema := account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{{Name: "id"}, {Name: "city"}}}
	table, err := file.Bind(account.Source{ID: "2c91"}, schema)
	if err != nil {
		panic(err)
	}
	index := diff.NewIndex(table)
	for record, err := range table.Records() {
		if err != nil {
			panic(err)
		}
		index.Add(record.Row) // none is rejected
	}
	if err := index.Seal(); err != nil {
		panic(err)
	}
	d := diff.Start(index, diff.Policy{Removal: diff.RemovalDelete}, printer{})
	for _, live := range []*account.Account{
		{ID: "1", NativeIdentity: "ada", Attributes: []account.Attribute{{Name: "id", Value: account.StringValue("ada")}, {Name: "city", Value: account.StringValue("Bonn")}}},
		{ID: "2", NativeIdentity: "cyd", Attributes: []account.Attribute{{Name: "id", Value: account.StringValue("cyd")}, {Name: "city", Value: account.StringValue("Lima")}}},
	} {
		if err := d.Account(live); err != nil {
			panic(err)
		}
	}
	plan, err := d.End()
	if err != nil {
		panic(err)
	}
	fmt.Println(plan.Count(diff.Create), "create,", plan.Removals(), "removal of", plan.Live, "accounts")
	// Output:
	// put ada
	// delete cyd
	// create bob
	// 1 create, 1 removal of 2 accounts
}
