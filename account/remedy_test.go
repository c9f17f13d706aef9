package account

import (
	"strings"
	"testing"
)

func TestRemedies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typ        Type
		text, want string
	}{
		{TypeBoolean, "Yes", "write true for yes and false for no"},
		{TypeBoolean, "0", "write true for 1 and false for 0"},
		{TypeBoolean, "N", "write true for y and false for n"},
		{TypeBoolean, "X", "false for an empty cell"},
		{TypeBoolean, "maybe", ""},
		{TypeLong, "40%", "without the percent sign"},
		{TypeLong, "4,5 %", "without the percent sign"},
		{TypeInt, "$7", "without the currency"},
		{TypeInt, "-7.00 €", "without the currency"},
		{TypeInt, "USD 7", "without the currency"},
		{TypeLong, "1.23E+05", "all digits"},
		{TypeLong, "1,234,567", "without anything between them"},
		{TypeLong, "1\u00a0234", "without anything between them"},
		{TypeLong, "7.0", "a whole number"},
		{TypeLong, "forty", ""},
		{TypeLong, "%", ""},
		{TypeDate, "1", ""},
		{"", "yes", ""},
	} {
		got := tt.typ.Remedy(tt.text)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s %q: %q, want %q", tt.typ, tt.text, got, tt.want)
		}
	}
}
