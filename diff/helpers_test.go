package diff

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"accountsync/account"
	"accountsync/csvfile"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// tester is what a test and a rapid check have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// schema is the source of nearly every test.
var schema = account.Schema{
	IdentityAttribute: "id",
	DisplayAttribute:  "name",
	Attributes: []account.SchemaAttribute{
		{Name: "id", Type: account.TypeString},
		{Name: "name", Type: account.TypeString},
		{Name: "city", Type: account.TypeString},
		{Name: "number", Type: account.TypeLong},
		{Name: "groups", Type: account.TypeString, Multi: true},
	},
}

func openTable(t tester, path string, schema account.Schema, opt csvfile.Options) *csvfile.Table {
	t.Helper()
	f, err := csvfile.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	table, err := f.Bind(account.Source{ID: "s1", Name: "HR"}, schema)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// fill reads the whole table into the index.
func fill(t tester, ix *Index) *Index {
	t.Helper()
	for record, err := range ix.table.Records() {
		switch {
		case err != nil:
			t.Fatal(err)
		case record.Row != nil:
			ix.Add(record.Row)
		default:
			ix.Reject(*record.Rejected)
		}
	}
	if err := ix.Seal(); err != nil {
		t.Fatal(err)
	}
	return ix
}

// rowOf reads the row of a change again, whole also where it was joined from
// several records.
func rowOf(p *planned, c *Change) (account.Row, error) {
	hasher := p.ix.hash.fork()
	for _, i := range p.ix.slots.find(hasher.key(c.Key)) {
		if p.ix.offset(i) == c.Offset {
			return p.ix.row(i)
		}
	}
	return account.Row{}, errors.New("no row asks for it")
}

// index is the sealed index of a file with these lines.
func index(t *testing.T, opt csvfile.Options, lines ...string) *Index {
	t.Helper()
	return fill(t, NewIndex(table(t, opt, lines...)))
}

func table(t *testing.T, opt csvfile.Options, lines ...string) *csvfile.Table {
	t.Helper()
	return tableOf(t, schema, opt, lines...)
}

func tableOf(t *testing.T, schema account.Schema, opt csvfile.Options, lines ...string) *csvfile.Table {
	t.Helper()
	path := filepath.Join(t.TempDir(), "desired.csv")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := openTable(t, path, schema, opt)
	t.Cleanup(func() { tab.Close() })
	return tab
}

// live is an account whose attributes are its id and those of a JSON object,
// in alphabetical order.
func live(id, native, object string) *account.Account {
	a := &account.Account{ID: id, Name: native, NativeIdentity: native, SourceID: "s1"}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		panic(err)
	}
	if native != "" {
		a.Attributes = []account.Attribute{{Name: "id", Value: account.StringValue(native)}}
	}
	for _, name := range []string{"city", "groups", "idNowDescription", "name", "number"} {
		if raw, ok := members[name]; ok {
			a.Attributes = append(a.Attributes, account.Attribute{Name: name, Value: account.Value(raw)})
		}
	}
	return a
}

// today is when every test runs.
var today = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// plan diffs the accounts against the index and checks the books.
func plan(t tester, ix *Index, removal Removal, accounts ...*account.Account) *planned {
	t.Helper()
	return planUnder(t, ix, Policy{Removal: removal, Now: today}, accounts...)
}

// planUnder is plan with a whole policy.
func planUnder(t tester, ix *Index, policy Policy, accounts ...*account.Account) *planned {
	t.Helper()
	d, c := collect(ix, policy)
	for _, a := range accounts {
		if err := d.Account(a); err != nil {
			t.Fatal(err)
		}
	}
	return c.end(t, d)
}

// brief is a plan in as many words as tests care about.
type brief struct {
	Changes  []string // op key account attribute:before>after; "later" after a create, "withheld" where impossible
	Kept     []string // keys
	Rejected []string // line key: reason
	Orphans  []string // key account: reason
}

func summary(t tester, p *planned) brief {
	t.Helper()
	var b brief
	for _, c := range p.Changes {
		words := []string{string(c.Op), c.Key}
		if c.AccountID != "" {
			words = append(words, c.AccountID)
		}
		for _, f := range c.Fields {
			words = append(words, f.Attribute+":"+string(f.Before)+">"+string(f.After))
		}
		if c.AfterCreate {
			words = append(words, "later")
		}
		if c.Impossible != "" {
			words = append(words, "withheld")
		}
		b.Changes = append(b.Changes, strings.Join(words, " "))
	}
	for row, err := range p.KeptRows() {
		if err != nil {
			t.Fatal(err)
		}
		b.Kept = append(b.Kept, row.Key)
	}
	for _, r := range p.Rejected {
		b.Rejected = append(b.Rejected, strings.TrimSpace(strings.Join([]string{strconv.Itoa(r.Line), r.Key}, " "))+": "+r.Reason)
	}
	for _, o := range p.Orphans {
		words := strings.TrimSpace(o.Key + " " + o.AccountID)
		if o.Reason != "" {
			words += ": " + o.Reason
		}
		b.Orphans = append(b.Orphans, words)
	}
	return b
}

// equal fails the test with a diff.
func equal(t tester, got, want any, opts ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(want, got, opts...); d != "" {
		t.Fatalf("want (-), got (+):\n%s", d)
	}
}

// unsafeString is a view into b, as the strings of a page are.
func unsafeString(b []byte) string { return unsafe.String(&b[0], len(b)) }

var cmpFate = []cmp.Option{cmp.AllowUnexported(fate{}, kind{}), cmpopts.EquateEmpty()}
