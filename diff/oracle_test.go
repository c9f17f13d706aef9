package diff

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

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
	states map[string]string // cells by column
	wrong  bool              // its number is none
	joined []int
}

var (
	keys      = []string{"ada", "Ada", "bob", "BOB", "cyd", "dan", "eve", "ſam", "sam"}
	words     = []string{"x", "y", "Paris", "a;b", "é", `"q"`, "two\nlines", "=1", " ", "null", "[]"}
	numbers   = []string{"0", "7", "007", "+7", "-7", "12345678901234567890", "12345678901234567891", "many"}
	attribute = []string{"name", "city", "number", "groups"}
)

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

// world is what a plan depends on beside rows and accounts.
type world struct {
	merge   bool
	policy  Policy
	protect string // one protected key or name, "" for none
	columns []string
}

// protects says whether an account is protected, for policies that remove.
func (w world) protects(a *account.Account) bool {
	return strings.EqualFold(a.Name, w.protect) && a.Name != "" || strings.EqualFold(a.NativeIdentity, w.protect)
}

func (w world) removes() bool { return w.policy.Removal != "" && w.policy.Removal != RemovalReport }

// fate is what the oracle expects of everything.
type fate struct {
	kept      []string // keys
	changes   []string // as told words them
	orphans   []string // account ids
	stateOnly int
	rejected  []int                // lines
	since     map[string]time.Time // by account id
	seen      map[string]time.Time // disabled, by account id
	returned  []string             // account ids
}

func newFate() fate { return fate{since: map[string]time.Time{}, seen: map[string]time.Time{}} }

// change adds a change; withheld says that it is impossible.
func (f *fate) change(op Op, key, id string, withheld bool, fields ...string) {
	f.changes = append(f.changes, strings.Join(append([]string{string(op), key, id, strconv.FormatBool(withheld)}, fields...), " "))
}

func foretell(rows []wanted, accounts []*account.Account, w world) fate {
	f := newFate()
	groups, order := map[string][]wanted{}, []string{}
	for _, row := range rows {
		k := foldSlowly(row.key)
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], row)
	}
	holders := map[string][]*account.Account{}
	for _, a := range accounts {
		k := foldSlowly(a.NativeIdentity)
		if groups[k] == nil {
			f.noRow(a, w)
			continue
		}
		holders[k] = append(holders[k], a)
		if w.back(a) && w.cell(groups[k][0], account.DisabledColumn) != "true" {
			f.returned = append(f.returned, a.ID)
		}
	}
	for _, k := range order {
		f.row(groups[k], holders[k], w)
	}
	for id := range f.since {
		miss, known := w.policy.Absences[id]
		if !known && len(f.rejected) > 0 {
			delete(f.since, id)
		}
		if miss.SeenDisabledSince.IsZero() && len(f.rejected) > 0 {
			delete(f.seen, id)
		}
	}
	slices.Sort(f.rejected)
	return f
}

// back says whether an account would have to be enabled if its row is good.
func (w world) back(a *account.Account) bool {
	return a.Disabled && !w.policy.Absences[a.ID].DisableSent.IsZero()
}

// noRow foretells what becomes of an account without a row.
func (f *fate) noRow(a *account.Account, w world) {
	miss, known := w.policy.Absences[a.ID]
	nights := int(today.Sub(miss.Since) / day)
	if !known || nights < 0 {
		nights = 0
	}
	taken := w.removes() && !w.protects(a) && a.NativeIdentity != ""
	if known || taken {
		f.since[a.ID] = days(-nights)
	}
	seen := int(today.Sub(miss.SeenDisabledSince) / day) // nights it has been seen disabled
	if miss.SeenDisabledSince.IsZero() || seen < 0 {
		seen = 0
	}
	if a.Disabled && (known || taken) {
		f.seen[a.ID] = days(-seen)
	}
	enabledAgain := !miss.SeenDisabledSince.IsZero()
	open, removal := taken && !a.Disabled, w.policy.Removal
	switch {
	case taken && removal == RemovalDelete, taken && removal == RemovalDisableThenDelete && a.Disabled && seen >= 3:
		f.change(Delete, a.NativeIdentity, a.ID, w.policy.Direct)
	case open && (enabledAgain || miss.DisableSent.IsZero() || miss.Unanswered):
		f.change(Disable, a.NativeIdentity, a.ID, false)
	default:
		f.orphans = append(f.orphans, a.ID)
	}
}

func foldSlowly(key string) string { return strings.ReplaceAll(strings.ToLower(key), "ſ", "s") }

// row foretells what becomes of the rows of one key, whose accounts are these.
func (f *fate) row(group []wanted, accounts []*account.Account, in world) {
	w, ok := in.joinSlowly(group)
	reject := func() { f.rejected = append(append(f.rejected, w.line), w.joined...) }
	switch {
	case !ok:
		reject()
	case len(accounts) == 0 && in.invalid(w), len(accounts) > 1:
		reject()
	case len(accounts) == 0:
		f.create(w, in)
	case accounts[0].NativeIdentity != w.key:
		reject()
	default:
		f.pair(w, accounts[0], in, reject)
	}
}

func (f *fate) pair(w wanted, a *account.Account, in world, reject func()) {
	var fields []string
	for _, name := range attribute {
		if !same(name, w.texts[name], a.Attribute(name).AppendTexts(nil)) {
			fields = append(fields, name)
		}
	}
	if (fields != nil || !in.statesMet(w, a)) && in.invalid(w) {
		reject()
		return
	}
	before := len(f.changes)
	put := f.update(w, a, fields, in)
	f.toggle(w, a, in)
	switch {
	case len(f.changes) == before:
		f.kept = append(f.kept, w.key)
	case !put:
		f.stateOnly++
	}
}

// joinSlowly joins the rows of one key, or says that they cannot be.
func (in world) joinSlowly(group []wanted) (wanted, bool) {
	w, ok := group[0], true
	texts := map[string][]string{}
	for name, list := range w.texts {
		texts[name] = list
	}
	for _, more := range group[1:] {
		w.joined = append(w.joined, more.line)
		ok = ok && in.merge && more.key == w.key
		for _, column := range in.columns {
			ok = ok && in.cell(w, column) == in.cell(more, column)
		}
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

// told is the plan in the oracle's words.
func told(t *rapid.T, p *planned) fate {
	f := newFate()
	f.kept, f.stateOnly = summary(t, p).Kept, p.StateOnly
	for _, c := range p.Changes {
		var fields []string
		for _, field := range c.Fields {
			if c.Op != Create {
				fields = append(fields, field.Attribute)
			}
		}
		id := c.AccountID
		if c.AfterCreate {
			id = "new"
		}
		f.change(c.Op, c.Key, id, c.Impossible != "", fields...)
	}
	for _, o := range p.Orphans {
		f.orphans = append(f.orphans, o.AccountID)
	}
	for _, r := range p.Rejected {
		f.rejected = append(f.rejected, r.Line)
	}
	for _, m := range p.Absences {
		f.since[m.AccountID] = m.Since
		if !m.SeenDisabledSince.IsZero() {
			f.seen[m.AccountID] = m.SeenDisabledSince
		}
	}
	for _, m := range p.Returned {
		f.returned = append(f.returned, m.AccountID)
	}
	return f
}

func (f *fate) sort() *fate {
	for _, list := range [][]string{f.kept, f.changes, f.orphans, f.returned} {
		slices.Sort(list)
	}
	return f
}
