// Command csvdiff holds one CSV file against another with the packages that a
// sync uses, and prints how many rows only the first has (create), how many
// both have but not alike (put), and how many only the second has (delete):
//
//	csvdiff DESIRED.csv LIVE.csv
//
// The rows of the second are made into live accounts, as a listing gives them.
package main

import (
	"fmt"
	"os"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
)

var (
	source = account.Source{ID: "bench", Name: "bench", Type: "DelimitedFile", ConnectionType: "file"}
	schema = account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{
		{Name: "id"}, {Name: "name"}, {Name: "givenName"}, {Name: "familyName"}, {Name: "mail"}, {Name: "department"},
		{Name: "title"}, {Name: "city"}, {Name: "badge", Type: account.TypeLong}, {Name: "active", Type: account.TypeBoolean},
		{Name: "hired", Type: account.TypeDate}, {Name: "groups", Multi: true},
	}}
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: csvdiff DESIRED.csv LIVE.csv")
		os.Exit(64)
	}
	plan, err := compare(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "csvdiff:", err)
		os.Exit(1)
	}
	fmt.Println("create", plan.Count(diff.Create), "put", plan.Count(diff.Put), "delete", plan.Count(diff.Delete))
}

func compare(desired, live string) (*diff.Plan, error) {
	index, err := read(desired)
	if err != nil {
		return nil, err
	}
	d := diff.Start(index, diff.Policy{Removal: diff.RemovalDelete}, nowhere{})
	if err := list(live, d); err != nil {
		return nil, err
	}
	plan, err := d.End()
	if err != nil {
		return nil, err
	}
	return plan, plan.Balance()
}

// nowhere is a sink that keeps nothing: the diff counts.
type nowhere struct{}

func (nowhere) Change(*diff.Change) error       { return nil }
func (nowhere) Rejected(account.Rejected) error { return nil }
func (nowhere) Orphan(diff.Orphan) error        { return nil }
func (nowhere) Absence(diff.Absence) error      { return nil }
func (nowhere) Withdraw([]string) error         { return nil }
func (nowhere) DropAbsences() error             { return nil }

// read indexes a file. It leaves it open: the index reads rows again.
func read(path string) (*diff.Index, error) {
	table, err := open(path)
	if err != nil {
		return nil, err
	}
	index := diff.NewIndex(table)
	err = ahead(table, copyRow, func(row *account.Row) error {
		index.Add(row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return index, index.Seal()
}

// list takes a file through the diff.
func list(path string, d *diff.Diff) error {
	table, err := open(path)
	if err != nil {
		return err
	}
	defer table.Close()
	return ahead(table, newAccounts(table).fill, d.Account)
}

func open(path string) (*csvfile.Table, error) {
	f, err := csvfile.Open(path, csvfile.Options{})
	if err != nil {
		return nil, err
	}
	return f.Bind(source, schema)
}
