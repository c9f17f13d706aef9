package diff

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

// BenchmarkJoin joins 20,000 records of 500 a key and reads the rows they come
// to once more, as reports do. It must be linear in the records of a key.
func BenchmarkJoin(b *testing.B) {
	for _, perKey := range []int{5, 50, 500} {
		b.Run(fmt.Sprintf("records=%d", perKey), func(b *testing.B) {
			const records = 20_000
			var text strings.Builder
			text.WriteString("id,groups\n")
			for i := range records {
				fmt.Fprintf(&text, "user%d,cn=group-%d\n", i/perKey, i)
			}
			path := filepath.Join(b.TempDir(), "rows.csv")
			if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				f, err := csvfile.Open(path, csvfile.Options{MergeRows: true})
				if err != nil {
					b.Fatal(err)
				}
				table, err := f.Bind(account.Source{ID: "s"}, account.Schema{IdentityAttribute: "id",
					Attributes: []account.SchemaAttribute{{Name: "id"}, {Name: "groups", Multi: true}}})
				if err != nil {
					b.Fatal(err)
				}
				d, c := collect(fill(b, NewIndex(table)), Policy{})
				p := c.end(b, d)
				if len(p.Changes) != records/perKey {
					b.Fatal(len(p.Changes))
				}
				for i := range p.Changes {
					if _, err := rowOf(p, &p.Changes[i]); err != nil {
						b.Fatal(err)
					}
				}
				f.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
		})
	}
}
