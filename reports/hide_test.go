package reports

import (
	"context"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
)

func TestHideSpellings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, value, said, want string }{
		{"as it is", "New York", "no city New York there", "no city *** there"},
		{"another case", "Łódź Süd", "ŁÓDŹ SÜD", "***"},
		{"JSON escapes", `O"Neil\Łódź/x`, `{"city":"O\"Neil\\\u0141\u00f3d\u017a\/x"}`, `{"city":"***"}`},
		{"JSON in JSON", `a"bé c`, `"{\"v\":\"a\\\"b\\u00e9 c\"}"`, `"{\"v\":\"***\"}"`},
		{"two that are one", "team 🚀 one", `team \ud83d\ude80 one`, "***"},
		{"percent", "New York", "GET /x?city=New%20York&n=1", "GET /x?city=***&n=1"},
		{"percent, lower case and UTF-8", "São Paulo", "city eq %22s%c3%a3o%20paulo%22", "city eq %22***%22"},
		{"plus", "New York", "city=new+york", "city=***"},
		{"percent twice", "a b/c d", "u=a%2520b%252Fc%2520d", "u=***"},
		{"value with a percent", "100%25 sure", "100%25 sure", "***"},
		{"value with a backslash", `CORP\nadia`, `user CORP\\nadia, CORP\nadia`, "user ***, ***"},
		{"short as a word", "7", "room 7 of 17, 7th floor %37", "room *** of 17, 7th floor ***"},
		{"broken escapes", "abcd", `%zz \u12 \q % \`, `%zz \u12 \q % \`},
		{"broken UTF-8", "abcd", "\xffabcd\xc3", "\xff***\xc3"},
		{"nothing", "", "text", "text"},
	} {
		if got := hide(tc.said, []string{tc.value}); got != tc.want {
			t.Errorf("%s: %q hidden in %q is %q, want %q", tc.name, tc.value, tc.said, got, tc.want)
		}
	}
	if got := hide("Payroll Admins, Payroll", []string{"Payroll", "Payroll Admins"}); got != "***, ***" {
		t.Errorf("got %q", got)
	}
}

// Whatever a text is made of, what is hidden is nowhere in it, and the rest stays.
func FuzzHide(f *testing.F) {
	f.Add("a %20 \\u00e9", "b c d e")
	f.Add("\xff%", "\\\\u00")
	f.Fuzz(func(t *testing.T, before, value string) {
		hide(before, []string{value}) // does not panic
		if len(value) < 4 || strings.ContainsAny(before+value, `*%\+`) {
			return
		}
		if got := hide(before+" "+value, []string{value}); !strings.HasSuffix(got, masked) {
			t.Errorf("%q is not hidden in %q", value, got)
		}
	})
}

// The identity of an account is masked in every place that says it.
func TestRedactIdentity(t *testing.T) {
	t.Parallel()
	const identity = "2c9180858082150f0180893dbaf44201"
	r := everyState(t)
	op := r.Operations[1]
	op.IdentityID, op.Error = identity, "identity 2C9180858082150F0180893DBAF44201 is protected"
	if before := everyText(t, r); !strings.Contains(before, identity) {
		t.Fatal("the identity is not there to be masked")
	}
	text := strings.ToLower(everyText(t, redacted(t, r, account.IdentityIDColumn)))
	if strings.Contains(text, identity) {
		t.Error("the identity is still there")
	}
	if held, err := Holds(context.Background(), (&fake{Operations: []*testOp{{IdentityID: identity}}}).run(), []string{account.IdentityIDColumn}); err != nil || !held {
		t.Error("a plan would hold the identity")
	}
}

// Characters that act are harmless in every file, and mean the same in JSON.
func TestNothingActs(t *testing.T) {
	t.Parallel()
	const bad = "x\x1b[2J\a\u202ey\u0085z"
	r := everyState(t)
	op := r.Operations[0]
	op.Key, op.Error, op.Changes = bad, bad, []diff.Field{field("city", bad, "é 🚀 ")}
	r.Rejected[0].Reason = bad
	dir := t.TempDir()
	if err := writeAll(dir, r); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ResultJSON, ResultCSV, FailedCSV, SummaryMD, MetricsProm, ReportHTML} {
		file := textOf(t, dir+"/"+name)
		if i := strings.IndexFunc(file, text.Acts); i >= 0 {
			t.Errorf("%s holds %q", name, file[max(0, i-20):min(len(file), i+20)])
		}
	}
	back := operationsOf(t, readBack(t, []byte(textOf(t, dir+"/"+ResultJSON))))[0]
	if back.Key != bad || back.Error != bad || back.Changes[0].Before.AppendTexts(nil)[0] != bad || !strings.Contains(textOf(t, dir+"/"+ResultJSON), "é 🚀 ") {
		t.Errorf("read back as %q, %q, %q", back.Key, back.Error, back.Changes[0].Before.AppendTexts(nil))
	}
}
