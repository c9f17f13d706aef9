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
func ExampleTable_Read() {
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
	err = table.Read(func(row *account.Row, rejected *account.Rejected) error {
		if rejected != nil {
			fmt.Printf("line %d: %s\n", rejected.Line, rejected.Reason)
			return nil
		}
		fmt.Printf("line %d: %s\n", row.Line, row.Key)
		return nil
	})
	fmt.Println(err)
	// Output:
	// line 2: ada
	// line 3: the key (column "id") is empty
	// <nil>
}
