package text

import "testing"

// TestQuotedWordsReachTheShellWhole: what is printed can be pasted.
func TestQuotedWordsReachTheShellWhole(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"plain": "plain", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "a;b": "'a;b'", "$HOME": "'$HOME'", "*": "'*'", "~": "'~'",
	} {
		if got := ShellWord(word); got != want {
			t.Errorf("ShellWord(%q) = %s, want %s", word, got, want)
		}
	}
}
