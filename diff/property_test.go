package diff

import (
	"encoding/csv"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountsync/account"

	"pgregory.net/rapid"
)

// The oracle decides by maps over what was generated, knows neither hashes nor
// files, and shares no code with the diff.
//
// wanted is a row as it was generated: its texts by attribute.
type wanted struct {
	line   int
	key    string
	texts  map[string][]string
	wrong  bool // its number is none
	joined []int
}

var (
	keys      = []string{"ada", "Ada", "bob", "BOB", "cyd", "dan", "eve", "ſam", "sam"}
	words     = []string{"x", "y", "Paris", "a;b", "é", `"q"`, "two\nlines", "=1", " ", "null", "[]"}
	numbers   = []string{"0", "7", "007", "+7", "-7", "12345678901234567890", "12345678901234567891", "many"}
	attribute = []string{"name", "city", "number", "groups"}
)

func drawWanted(t *rapid.T, line int) wanted {
	w := wanted{line: line, key: rapid.SampledFrom(keys).Draw(t, "key"), texts: map[string][]string{}}
	for _, name := range attribute {
		if n := drawTexts(t, name); len(n) > 0 {
			w.texts[name] = n
		}
	}
	w.wrong = slices.Contains(w.texts["number"], "many")
	return w
}

// drawTexts draws what an attribute holds: mostly one of very few values, so
// that rows and accounts are often equal.
func drawTexts(t *rapid.T, name string) []string {
	switch name {
	case "groups":
		return rapid.SliceOfN(rapid.SampledFrom(words[:5]), 0, 3).Draw(t, name)
	case "number":
		return rapid.SliceOfN(rapid.SampledFrom(numbers), 0, 1).Draw(t, name)
	}
	return rapid.SliceOfN(rapid.SampledFrom(words), 0, 1).Draw(t, name)
}

// cell is how a file spells the texts.
func cell(name string, texts []string) string {
	if name != "groups" {
		return strings.Join(texts, "")
	}
	quoted := make([]string, len(texts))
	for i, text := range texts {
		if quoted[i] = text; strings.Contains(text, ";") {
			quoted[i] = `"` + text + `"`
		}
	}
	return strings.Join(quoted, ";")
}

func drawLive(t *rapid.T, id string) *account.Account {
	a := &account.Account{ID: id, NativeIdentity: rapid.SampledFrom(append(keys, "", "fay", "gus")).Draw(t, "native")}
	if rapid.IntRange(0, 9).Draw(t, "null attributes") == 0 {
		return a
	}
	a.Attributes = []account.Attribute{
		{Name: "id", Value: account.StringValue(a.NativeIdentity)},
		{Name: account.IDNowDescription, Value: `"f00d"`},
		{Name: "unmanaged", Value: "1.10"},
	}
	for _, name := range attribute {
		if v := drawValue(t, name); v != "" {
			a.Attributes = append(a.Attributes, account.Attribute{Name: name, Value: v})
		}
	}
	at := rapid.IntRange(0, len(a.Attributes)).Draw(t, "first")
	a.Attributes = slices.Concat(a.Attributes[at:], a.Attributes[:at])
	return a
}

// drawValue draws a value as the API may word it, "" for a missing one.
func drawValue(t *rapid.T, name string) account.Value {
	texts := drawTexts(t, name)
	switch {
	case len(texts) == 0:
		return rapid.SampledFrom([]account.Value{"", "null", `""`, "[]", "[null]"}).Draw(t, "nothing")
	case name == "groups":
		return account.ListValue(texts)
	case name == "number" && (texts[0] == "7" || len(texts[0]) > 10) && rapid.Bool().Draw(t, "JSON number"):
		return account.Value(texts[0])
	}
	return account.StringValue(texts[0])
}

// same says whether two lists of texts mean the same value of the attribute.
func same(name string, a, b []string) bool {
	normal := func(texts []string) []string {
		out := slices.Clone(texts)
		for i, text := range out {
			if n, ok := new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10); ok && name == "number" {
				out[i] = n.String()
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(normal(a), normal(b))
}

// fate is what the oracle expects of everything.
type fate struct {
	kept, created, put []string // keys
	removed            []string // account ids: deletes, or orphans
	orphans            []string // account ids: orphans whatever is asked for
	rejected           []int    // lines
	fields             map[string][]string
}

func foretell(rows []wanted, accounts []*account.Account, merge bool) fate {
	f := fate{fields: map[string][]string{}}
	groups, order := map[string][]wanted{}, []string{}
	for _, w := range rows {
		k := foldSlowly(w.key)
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], w)
	}
	holders := map[string][]*account.Account{}
	for _, a := range accounts {
		k := foldSlowly(a.NativeIdentity)
		switch {
		case k == "":
			f.orphans = append(f.orphans, a.ID)
		case groups[k] == nil:
			f.removed = append(f.removed, a.ID)
		default:
			holders[k] = append(holders[k], a)
		}
	}
	for _, k := range order {
		f.row(groups[k], holders[k], merge)
	}
	slices.Sort(f.rejected)
	return f
}

func foldSlowly(key string) string { return strings.ReplaceAll(strings.ToLower(key), "ſ", "s") }

// row foretells what becomes of the rows of one key, whose accounts are these.
func (f *fate) row(group []wanted, accounts []*account.Account, merge bool) {
	w, ok := joinSlowly(group, merge)
	reject := func() { f.rejected = append(append(f.rejected, w.line), w.joined...) }
	switch {
	case !ok:
		reject()
	case len(accounts) == 0 && w.wrong, len(accounts) > 1:
		reject()
	case len(accounts) == 0:
		f.created = append(f.created, w.key)
	case accounts[0].NativeIdentity != w.key:
		reject()
	default:
		f.pair(w, accounts[0], reject)
	}
}

func (f *fate) pair(w wanted, a *account.Account, reject func()) {
	var fields []string
	for _, name := range attribute {
		if !same(name, w.texts[name], a.Attribute(name).AppendTexts(nil)) {
			fields = append(fields, name)
		}
	}
	switch {
	case fields == nil:
		f.kept = append(f.kept, w.key)
	case w.wrong:
		reject()
	default:
		f.put = append(f.put, w.key)
		f.fields[w.key] = fields
	}
}

// joinSlowly joins the rows of one key, or says that they cannot be.
func joinSlowly(group []wanted, merge bool) (wanted, bool) {
	w, ok := group[0], true
	texts := map[string][]string{}
	for name, list := range w.texts {
		texts[name] = list
	}
	for _, more := range group[1:] {
		w.joined = append(w.joined, more.line)
		ok = ok && merge && more.key == w.key
		for _, name := range attribute {
			if name != "groups" && !same(name, w.texts[name], more.texts[name]) {
				ok = false
			}
		}
		texts["groups"] = slices.Concat(texts["groups"], more.texts["groups"])
	}
	w.texts = texts
	return w, ok
}

func writeRows(t *rapid.T, path string, rows []wanted) {
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := csv.NewWriter(file)
	_ = w.Write(append([]string{"id"}, attribute...))
	for _, row := range rows {
		record := []string{row.key}
		for _, name := range attribute {
			record = append(record, cell(name, row.texts[name]))
		}
		_ = w.Write(record)
	}
	if w.Flush(); w.Error() != nil {
		t.Fatal(w.Error())
	}
}

// told is the plan in the oracle's words.
func told(t *rapid.T, p *Plan) fate {
	f := fate{fields: map[string][]string{}}
	f.kept = summary(t, p).Kept
	for _, c := range p.Changes {
		switch c.Op {
		case Create:
			f.created = append(f.created, c.Key)
		case Put:
			f.put = append(f.put, c.Key)
			for _, field := range c.Fields {
				f.fields[c.Key] = append(f.fields[c.Key], field.Attribute)
			}
		case Delete:
			f.removed = append(f.removed, c.AccountID)
		}
	}
	for _, o := range p.Orphans {
		f.orphans = append(f.orphans, o.AccountID)
	}
	for _, r := range p.Rejected {
		f.rejected = append(f.rejected, r.Line)
	}
	return f
}

func (f *fate) sort() *fate {
	for _, list := range [][]string{f.kept, f.created, f.put, f.removed, f.orphans} {
		slices.Sort(list)
	}
	return f
}

// apply does to the accounts what the plan says, as the API would.
func apply(p *Plan, accounts []*account.Account) []*account.Account {
	changes := map[string]*Change{} // by account id
	var after []*account.Account
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Op != Create {
			changes[c.AccountID] = c
			continue
		}
		a := &account.Account{ID: "new " + c.Key, NativeIdentity: c.Key}
		for _, f := range c.Fields {
			a.Attributes = append(a.Attributes, account.Attribute{Name: f.Attribute, Value: f.After})
		}
		after = append(after, a)
	}
	for _, a := range accounts {
		switch c := changes[a.ID]; {
		case c == nil:
			after = append(after, a)
		case c.Op == Put:
			b := a.Clone()
			b.Attributes = Overlay(c.Live, c.Fields, account.Attribute{Name: "id", Value: account.StringValue(a.NativeIdentity)})
			after = append(after, b)
		}
	}
	return after
}

// A plan is what a naive diff by maps comes to; once it is applied nothing is
// left to do, and what nobody manages is still there.
func TestPlanProperty(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desired.csv")
	rapid.Check(t, func(t *rapid.T) {
		var rows []wanted
		line := 2
		for range rapid.IntRange(0, 8).Draw(t, "rows") {
			rows = append(rows, drawWanted(t, line))
			line += 1 + newlines(rows[len(rows)-1])
		}
		var accounts []*account.Account
		for i := range rapid.IntRange(0, 8).Draw(t, "accounts") {
			accounts = append(accounts, drawLive(t, string(rune('a'+i))))
		}
		merge := rapid.Bool().Draw(t, "merge")
		writeRows(t, path, rows)
		table := openTable(t, path, schema, account.Options{MergeRows: merge})
		defer table.Close()
		ix := NewIndex(table)
		ix.hash.keyMask = rapid.SampledFrom([]uint64{^uint64(0), 3}).Draw(t, "mask")
		fill(t, ix)

		p := plan(t, ix, RemovalDelete, accounts...)
		got, want := told(t, p), foretell(rows, accounts, merge)
		equal(t, *got.sort(), *want.sort(), cmpFate...)

		after := apply(p, accounts)
		again := plan(t, ix, RemovalDelete, after...)
		equal(t, summary(t, again).Changes, []string(nil))
		equal(t, again.Kept, p.Kept+p.Count(Create, Put))
		for _, a := range after {
			before := slices.IndexFunc(accounts, func(b *account.Account) bool { return b.ID == a.ID })
			for _, name := range []string{"unmanaged", account.IDNowDescription} {
				if before >= 0 {
					equal(t, a.Attribute(name), accounts[before].Attribute(name))
				}
			}
		}
	})
}

func newlines(w wanted) int {
	n := 0
	for _, texts := range w.texts {
		n += strings.Count(strings.Join(texts, ""), "\n")
	}
	return n
}
