package csvfile

import (
	"fmt"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/internal/text"

	"github.com/google/go-cmp/cmp"
)

// Each column is what it is to the source; flags make something known of what
// is unknown, and typed they make the header fit, each attribute once.
func TestMatch(t *testing.T) {
	t.Parallel()
	source := account.Source{ID: "s1", Name: "HR"}
	schema := account.Schema{IdentityAttribute: "employeeId", Attributes: []account.SchemaAttribute{{Name: "employeeId"}, {Name: "city"}, {Name: "mail"}, {Name: "badge", Type: account.TypeLong}}}
	for _, c := range []struct {
		header, want string
		opt          Options
	}{
		{"employeeId,city,badge", "key attribute attribute", Options{}},
		{"nativeIdentity,city", "key attribute", Options{}},
		{"Employee ID,City,E-Mail", "unknown:--map 'Employee ID=employeeId' unknown:--map City=city unknown:--map E-Mail=mail", Options{}},
		{"EMPLOYEE_ID,citty,ciity", "unknown:--map EMPLOYEE_ID=employeeId unknown:--map citty=city unknown:--ignore ciity", Options{}},
		{"employeeId,city ,city", "key unknown:--ignore 'city ' attribute", Options{}},
		{" employeeId, city,Mail", "unknown:--trim unknown:--trim unknown:--map Mail=mail", Options{}},
		{"employeeId,mail,Mail", "key attribute unknown:--ignore Mail", Options{}},
		{"employeeId,sourceId,account.disabled,junk,", "key source state ignored unnamed", Options{Ignore: []string{"junk"}}},
		{"employeeId,town", "key second:--ignore town", Options{Map: map[string]string{"town": "employeeId"}}},
		{"employeeId,account.identityId,account.identity.email", "key state second:--ignore account.identity.email", Options{}},
		{"mail,employeeId", "key attribute", Options{Key: "mail"}},
		{"=id,employeeId=x,city", "unknown:--ignore =id unknown:--map employeeId=x=employeeId attribute", Options{}},
	} {
		f := open(t, c.header+"\n", c.opt)
		var got, flags []string
		for _, m := range f.Match(source, schema) {
			one := m.Is
			if m.Flag != nil {
				one += ":" + text.ShellLine(m.Flag...)
				flags = append(flags, m.Flag...)
			}
			got = append(got, one)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.header, diff)
		}
		if err := f.Reread(flags...); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Bind(source, schema); err != nil {
			t.Errorf("%s with %q: %v", c.header, flags, err)
		}
	}
}

// A header of unknown names without a key does not have it ignored.
func TestNoKeyIsNotIgnored(t *testing.T) {
	t.Parallel()
	f := open(t, "Personalnummer,city\n", Options{})
	_, err := f.Bind(account.Source{Name: "HR"}, account.Schema{IdentityAttribute: "employeeId", Attributes: []account.SchemaAttribute{{Name: "employeeId"}, {Name: "city"}}})
	want := "name the column that holds the key with --map COLUMN=employeeId; this shows the columns with examples: accountsync columns --source HR --file " + text.ShellWord(f.Path())
	if e, ok := err.(*FileError); !ok || e.Hint != want {
		t.Errorf("%s\nwant the hint %s", fmt.Sprintf("%+v", err), want)
	}
}

func open(t *testing.T, content string, opt Options) *File {
	t.Helper()
	f, err := Open(writeFile(t, content), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
