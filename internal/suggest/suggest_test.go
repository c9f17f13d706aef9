package suggest

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"department", "displayName", "mail", "id"}
	for name, want := range map[string]string{
		"departmnt": "department", "DEPARTMENT": "department", "email": "mail", "dispaly_name": "displayName",
		"groups": "", "x": "", "": "", "Abteilung": "",
	} {
		got, isClose := nearest(name, names)
		if got == "" {
			t.Errorf("nothing is nearest to %q", name)
		}
		if !isClose {
			got = ""
		}
		if got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"añb", "anb", 1}, {"abc", "abc", 0}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance of %q and %q is %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestSeveral(t *testing.T) {
	t.Parallel()
	names := []string{"HR", "Human Resources", "HR Contractors", "Finance", "HRX"}
	for name, want := range map[string][]string{
		"hr": {"HR", "HRX", "HR Contractors"}, "Human Resource": {"Human Resources"}, "finanze": {"Finance"}, "Payroll": nil,
	} {
		if got := Several(name, names); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
