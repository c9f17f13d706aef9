package diff

import (
	"slices"
	"testing"

	"accountsync/account"

	"pgregory.net/rapid"
)

// printed is the account of these tests, changed by a test's own hand.
func printed(change func(*account.Account)) *account.Account {
	a := live("1", "ada", `{"name":"Ada","city":"Paris","number":12345678901234567890,"groups":["a","b"],"idNowDescription":"f00d"}`)
	a.IdentityID, a.IdentityState = "x9", "ACTIVE"
	change(a)
	return a
}

func setting(name string, v account.Value) func(*account.Account) {
	return func(a *account.Account) { a.Attributes = set(a.Attributes, account.Attribute{Name: name, Value: v}) }
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	without := func(name string) func(*account.Account) {
		return func(a *account.Account) {
			a.Attributes = slices.DeleteFunc(a.Attributes, func(at account.Attribute) bool { return at.Name == name })
		}
	}
	want := Fingerprint(printed(func(*account.Account) {}))
	for _, tt := range []struct {
		name   string
		change func(*account.Account)
		same   bool
	}{
		{"the order of attributes", func(a *account.Account) { slices.Reverse(a.Attributes) }, true},
		{"the order of a list", setting("groups", `["b","a"]`), true},
		{"what ISC writes by itself", setting("idNowDescription", `"beef"`), true},
		{"what ISC writes by itself, gone", without("idNowDescription"), true},
		{"null for missing", setting("title", "null"), true},
		{"an empty text for missing", setting("title", `""`), true},
		{"an empty list for missing", setting("title", "[]"), true},
		{"a number as text", setting("number", `"12345678901234567890"`), true},
		{"the state of its identity", func(a *account.Account) { a.IdentityState = "INACTIVE" }, true},

		{"another value", setting("city", `"Rome"`), false},
		{"another letter case", setting("city", `"PARIS"`), false},
		{"the last of 20 digits", setting("number", "12345678901234567891"), false},
		{"a value gone", without("city"), false},
		{"a value cleared", setting("city", "null"), false},
		{"a value more", setting("title", `"Countess"`), false},
		{"an element more", setting("groups", `["a","b","c"]`), false},
		{"an element less", setting("groups", `["a"]`), false},
		{"elements run together", setting("groups", `["ab"]`), false},
		{"attributes gone", func(a *account.Account) { a.Attributes = nil }, false},
		{"disabled", func(a *account.Account) { a.Disabled = true }, false},
		{"locked", func(a *account.Account) { a.Locked = true }, false},
		{"correlated by hand", func(a *account.Account) { a.ManuallyCorrelated = true }, false},
		{"correlated to another identity", func(a *account.Account) { a.IdentityID = "x10" }, false},
		{"uncorrelated", func(a *account.Account) { a.IdentityID = "" }, false},
		{"another account", func(a *account.Account) { a.ID = "2" }, false},
		{"another native identity", func(a *account.Account) { a.NativeIdentity = "Ada" }, false},
	} {
		if got := Fingerprint(printed(tt.change)); (got == want) != tt.same {
			t.Errorf("%s: the fingerprint is the same: %v, want %v", tt.name, got == want, tt.same)
		}
	}
}

// The texts of one attribute never pass for the name of the next.
func TestFingerprintKeepsPiecesApart(t *testing.T) {
	t.Parallel()
	of := func(attributes ...account.Attribute) string {
		return Fingerprint(&account.Account{ID: "1", NativeIdentity: "ada", Attributes: attributes})
	}
	a := of(account.Attribute{Name: "a", Value: `["b","c"]`}, account.Attribute{Name: "d", Value: `"e"`})
	b := of(account.Attribute{Name: "a", Value: `["b"]`}, account.Attribute{Name: "c", Value: `["d","e"]`})
	if a == b {
		t.Error("two accounts that hold different attributes have one fingerprint")
	}
}

// It says the same as comparing every attribute does.
func TestFingerprintProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawLive(t, "1"), drawLive(t, "1")
		b.NativeIdentity, b.Disabled = a.NativeIdentity, a.Disabled
		alike := a.Locked == b.Locked && a.ManuallyCorrelated == b.ManuallyCorrelated && a.IdentityID == b.IdentityID
		for _, name := range append([]string{"id", "unmanaged"}, attribute...) {
			alike = alike && same("", a.Attribute(name).AppendTexts(nil), b.Attribute(name).AppendTexts(nil))
		}
		if got := Fingerprint(a) == Fingerprint(b); got != alike {
			t.Fatalf("fingerprints alike: %v, attributes alike: %v\n%+v\n%+v", got, alike, a, b)
		}
	})
}
