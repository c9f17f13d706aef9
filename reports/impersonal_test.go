package reports

import (
	"testing"

	"accountsync/account"
	"accountsync/diff"
)

func TestImpersonal(t *testing.T) {
	t.Parallel()
	op := (&testOp{Key: "ada.c", Native: "ADAC", Account: "2c9180835d2e5168015d32f890ca1581",
		Changes: []diff.Field{{Attribute: "city", Before: account.StringValue("Łódź"), After: account.StringValue("New York")},
			{Attribute: "room", After: account.StringValue("7")}, {Attribute: "note"}},
		Live: []account.Attribute{{Name: "groups", Value: account.ListValue([]string{"Payroll", "Payroll Admins"})}}}).record(0)
	for _, tc := range []struct{ name, text, want string }{
		{"nothing to hide", "the task ended ERROR: no such group", "the task ended ERROR: no such group"},
		{"empty", "", ""},
		{"a value before and after", "city Łódź cannot become New York", "city *** cannot become ***"},
		{"other letters", "łódź, NEW YORK, Adac", "***, ***, ***"},
		{"key and native identity", `"ada.c" is ADAC`, `"***" is ***`},
		{"what is carried over, the longer first", "in Payroll Admins and Payroll", "in *** and ***"},
		{"a short value as a word only", "room 7 of 17, 7th floor", "room *** of 17, 7th floor"},
		{"a mail address of anybody", "ask help@sub.example.com, or <x+y@example.org>.", "ask ***, or <***>."},
		{"dates", "born 1990-01-31, 31.01.1990 or 1/31/1990", "born ***, *** or ***"},
		{"no dates", "10.0.0.1 answers 404 at 2026-11-23T02:00:00Z to v2024.1", "10.0.0.1 answers 404 at 2026-11-23T02:00:00Z to v2024.1"},
		{"the account's id", "PUT /v3/accounts/2c9180835d2e5168015d32f890ca1581: 400", "PUT /v3/accounts/2c9180835d2e5168015d32f890ca1581: 400"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := Impersonal(tc.text, op); got != tc.want {
				t.Errorf("Impersonal(%q) = %q, want %q", tc.text, got, tc.want)
			}
		})
	}
}
