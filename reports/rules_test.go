package reports

import (
	"cmp"
	"testing"

	"accountsync/diff"

	"pgregory.net/rapid"
)

// The rule that the page shows for a key, as --exclude and in a file, leaves
// out the operations of that key.
func TestRulesOfThePageCanBeTyped(t *testing.T) {
	t.Parallel()
	key := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ *?\[\]a@#\\\t\n=,!^-]{1,8}`)).Filter(func(key string) bool { return key != "" }) // an account without one has no operation
	rapid.Check(t, func(t *rapid.T) {
		key := key.Draw(t, "key")
		rule := "key=" + cmp.Or(keyPattern(key), key)
		file := func(string) ([]byte, error) { return []byte("# why\n" + rule + "\n"), nil }
		for _, value := range []string{rule, "@FILE"} {
			s, err := diff.ParseSelection(nil, []string{value}, file)
			if err != nil {
				t.Fatalf("%q of %q: %v", rule, key, err)
			}
			chosen, err := s.Selector()
			if err != nil {
				t.Fatal(err)
			}
			if chosen.Excludes(&diff.Change{Op: diff.Put, Key: key}) == "" {
				t.Fatalf("%q as %s does not match %q", rule, value, key)
			}
		}
	})
}
