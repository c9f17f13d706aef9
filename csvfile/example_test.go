package csvfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"accountsync/account"
	"accountsync/csvfile"
)

// schema is an account schema of two attributes.
var schema = account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{{Name: "id"}, {Name: "city"}}}

// A record becomes a row, or a rejected row with its line and reason.
func ExampleTable_Records() {
	path := filepath.Join(os.TempDir(), "csvfile-example.csv")
	defer os.Remove(path)
	if err := os.WriteFile(path, []byte("id,city\nada,Rome\n,Oslo\n"), 0o600); err != nil {
		panic(err)
	}
	file, err := csvfile.Open(path, csvfile.Options{})
	if err != nil {
		panic(err)
	}
	defer file.Close()
	table, err := file.Bind(account.Source{ID: "2c91", Name: "HR"}, schema)
	if err != nil {
		panic(err)
	}
	for record, err := range table.Records() {
		switch {
		case err != nil:
			panic(err)
		case record.Row != nil:
			fmt.Printf("line %d: %s\n", record.Row.Line, record.Row.Key)
		default:
			fmt.Printf("line %d: %s\n", record.Rejected.Line, record.Rejected.Reason)
		}
	}
	// Output:
	// line 2: ada
	// line 3: the key (column "id") is empty
}
