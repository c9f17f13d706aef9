package accounts

import (
	"testing"

	"accountsync/account"
)

// FuzzAttributes: whatever JSON holds, its attributes are read or refused, and
// what is read has texts only.
func FuzzAttributes(f *testing.F) {
	for _, text := range []string{`{}`, `[]`, `{"id":"1"}`, `[{"attributes":{"a":["x",1,true,null]}},{"b":{}}]`, `{"a":"x","a":"y"}`, "\ufeff{}", `{"a":[[1]]}`, `{`, `7`, `{"attributes":"x"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sets, err := parseJSON(text, "in.json")
		if err == nil && len(sets) == 0 {
			t.Error("neither attributes nor an error")
		}
		for _, s := range sets {
			for _, v := range s.values {
				if v.name == account.IDNowDescription {
					t.Error("idNowDescription is ISC's own")
				}
			}
		}
	})
}
