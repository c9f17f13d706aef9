package csvfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/account"
)

// Rows that name many identities and few, some again long after, some none, some several.
func TestFindIdentities(t *testing.T) {
	t.Parallel()
	const n = 60_000
	name := func(i int) string {
		switch {
		case i%10 == 0:
			return "often"
		case i%1000 == 1:
			return ""
		case i >= 50_000:
			return fmt.Sprint(i-50_000) + "@x"
		}
		return fmt.Sprint(i) + "@x"
	}
	var b strings.Builder
	b.WriteString("id,account.identity.email\n")
	for i := range n {
		fmt.Fprintf(&b, "k%d,%s\n", i, name(i))
	}
	path := filepath.Join(t.TempDir(), "in.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := file.Bind(account.Source{ID: "s", Name: "S"}, account.Schema{IdentityAttribute: "id"})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	err = table.FindIdentities(func(texts []string) ([][]account.Identity, error) {
		found := make([][]account.Identity, len(texts))
		for i, text := range texts {
			asked++
			switch {
			case strings.HasPrefix(text, "7"): // none
			case strings.HasPrefix(text, "8"):
				found[i] = []account.Identity{{ID: "a"}, {ID: "b"}}
			default:
				found[i] = []account.Identity{{ID: "id-" + text}}
			}
		}
		return found, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if asked < 40_000 || asked > 56_000 {
		t.Errorf("%d texts were asked for", asked)
	}
	at, offsets := 0, map[int]int64{}
	check := func(i int, s account.States) {
		want := "id-" + name(i)
		if name(i) == "" {
			want = ""
		}
		if !s.Correlated || s.IdentityID != want {
			t.Fatalf("row %d: %+v, want %q", i, s, want)
		}
	}
	err = table.read(func(row *account.Row, bad *account.Rejected) error {
		i := at
		at++
		switch first := strings.TrimSuffix(name(i), "@x"); {
		case strings.HasPrefix(first, "7"):
			if bad == nil || bad.Key != fmt.Sprintf("k%d", i) || !strings.Contains(bad.Reason, "no identity has this email") {
				t.Fatalf("row %d: %+v", i, bad)
			}
		case strings.HasPrefix(first, "8"):
			if bad == nil || !strings.Contains(bad.Reason, "several identities have this email") {
				t.Fatalf("row %d: %+v", i, bad)
			}
		default:
			check(i, row.States)
			if i%997 == 0 {
				offsets[i] = row.Offset
			}
		}
		return nil
	})
	if err != nil || at != n {
		t.Fatal(err, at)
	}
	for i, offset := range offsets {
		row, err := table.RowAt(offset)
		if err != nil {
			t.Fatal(err)
		}
		check(i, row.States)
	}
}
