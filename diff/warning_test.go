package diff

import (
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	provisioned := of("1", "ada", "", "x1")
	provisioned.Origin = "PROVISIONED"
	free := of("1", "ada", "", "")
	free.Origin = "PROVISIONED"
	for _, tt := range []struct {
		name string
		row  string
		live *account.Account
		want []string // operation and its warnings
	}{
		{"moved by hand", "ada,Rome,,,x9,", of("1", "ada", "", "x1"), []string{"patch"}},
		{"provisioned by ISC", "ada,Rome,,,x9,", provisioned, []string{"patch provisioned-by-isc"}},
		{"it was nobody's", "ada,Rome,,,x9,", free, []string{"patch"}},
		{"other changes of it", "ada,Oslo,true,,x1,", provisioned, []string{"put", "disable"}},
		{"given to nobody", "ada,Rome,,,,", provisioned, []string{"patch provisioned-by-isc"}},
		{"only the identity was edited", "ada,Rome,,,x9,false", of("1", "ada", "", "x1"), []string{"patch may-be-moved-back"}},
		{"both", "ada,Rome,,,x9,false", provisioned, []string{"patch provisioned-by-isc may-be-moved-back"}},
		{"correlated by hand, and said so", "ada,Rome,,,x9,true", of("1", "ada", "", "x1"), []string{"patch"}},
		{"a new account", "new,Rome,,,x9,false", of("1", "new2", "", "x1"), []string{"create", "patch may-be-moved-back", "delete delete-not-documented"}},
		{"taken away", "ada,Rome,,,,", of("2", "bob", "", "x1"), []string{"create", "delete delete-not-documented"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := planUnder(t, index(t, csvfile.Options{}, stateHeader, tt.row), Policy{Removal: RemovalDelete, Undeletable: true}, tt.live)
			var got []string
			for _, c := range p.Changes {
				text := string(c.Op)
				for _, w := range c.Warnings {
					text += " " + string(w)
				}
				got = append(got, text)
			}
			equal(t, got, tt.want)
		})
	}
}
