package diff

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"time"

	"accountsync/account"

	"pgregory.net/rapid"
)

func drawWanted(t *rapid.T, line int) wanted {
	w := wanted{line: line, key: rapid.SampledFrom(keys).Draw(t, "key"), texts: map[string][]string{}}
	for _, name := range attribute {
		if n := drawTexts(t, name); len(n) > 0 {
			w.texts[name] = n
		}
	}
	w.wrong = slices.Contains(w.texts["number"], "many")
	w.states = map[string]string{account.IdentityIDColumn: drawIdentity(t)}
	for _, column := range stateColumns {
		if flagColumns[column] == nil {
			continue
		}
		w.states[column] = rapid.SampledFrom([]string{"", "", "true", "false", "FALSE", "maybe"}).Draw(t, column)
	}
	return w
}

func drawIdentity(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "x8", "x9"}).Draw(t, "identity")
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
	a := &account.Account{
		ID:             id,
		Name:           rapid.SampledFrom([]string{"", "Printer", "fay"}).Draw(t, "account name"),
		NativeIdentity: rapid.SampledFrom(append(keys, "", "fay", "gus")).Draw(t, "native"),
		Disabled:       rapid.Bool().Draw(t, "disabled"),
		Locked:         rapid.Bool().Draw(t, "locked"),
		IdentityID:     drawIdentity(t),

		ManuallyCorrelated: rapid.Bool().Draw(t, "manually correlated"),
	}
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

// drawAccount draws an account that is often as one of the rows wants it, but for
// its states.
func drawAccount(t *rapid.T, id string, rows []wanted) *account.Account {
	a := drawLive(t, id)
	if len(rows) == 0 || rapid.Bool().Draw(t, "stranger") {
		return a
	}
	row := rapid.SampledFrom(rows).Draw(t, "row")
	a.NativeIdentity, a.Attributes = row.key, []account.Attribute{{Name: "id", Value: account.StringValue(row.key)}}
	for _, name := range attribute {
		if texts := row.texts[name]; name == "groups" {
			a.Attributes = append(a.Attributes, account.Attribute{Name: name, Value: account.ListValue(texts)})
		} else if len(texts) > 0 {
			a.Attributes = append(a.Attributes, account.Attribute{Name: name, Value: account.StringValue(texts[0])})
		}
	}
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

func drawWorld(t *rapid.T, accounts []*account.Account) world {
	w := world{
		merge:   rapid.Bool().Draw(t, "merge"),
		protect: rapid.SampledFrom([]string{"", "fay", "PRINTER", "dan"}).Draw(t, "protect"),
		policy:  Policy{Grace: 3 * day, Now: today, Absences: map[string]Absence{}},
	}
	for _, column := range stateColumns {
		if rapid.IntRange(0, 2).Draw(t, "column") == 0 {
			w.columns = append(w.columns, column)
		}
	}
	drawAllowed(t, &w.policy)
	w.policy.Removal = rapid.SampledFrom([]Removal{"", RemovalReport, RemovalDelete, RemovalDisable, RemovalDisableThenDelete}).Draw(t, "removal")
	for _, a := range append(accounts, &account.Account{ID: "not there any more"}) {
		if rapid.Bool().Draw(t, "known") {
			since := days(rapid.IntRange(-5, 1).Draw(t, "since"))
			w.policy.Absences[a.ID] = drawMiss(t, a.ID, since)
		}
	}
	if w.protect != "" {
		w.policy.Protect, _ = ParseProtect([]string{w.protect}, disk{}.read)
	}
	return w
}

// drawMiss draws what earlier runs know of a missing account: of its disable,
// and of whether that was seen.
func drawMiss(t *rapid.T, id string, since time.Time) Absence {
	m := Absence{AccountID: id, Since: since}
	if rapid.Bool().Draw(t, "by us") {
		m.DisableSent, m.Unanswered = since, rapid.Bool().Draw(t, "unanswered")
	}
	if rapid.Bool().Draw(t, "seen disabled") {
		m.SeenDisabledSince = days(rapid.IntRange(-5, 1).Draw(t, "seen since"))
	}
	return m
}

// drawAllowed draws what the source allows.
func drawAllowed(t *rapid.T, p *Policy) {
	p.UpdateWith = rapid.SampledFrom([]Op{"", Put, Patch}).Draw(t, "update with")
	for _, allowed := range []*bool{&p.Direct, &p.AllowDirectCreate, &p.Authoritative, &p.AllowRecorrelate} {
		*allowed = rapid.IntRange(0, 3).Draw(t, "direct, or allowed, or authoritative, or allowed") == 0
	}
}

func writeRows(t *rapid.T, path string, rows []wanted, states []string) {
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := csv.NewWriter(file)
	_ = w.Write(slices.Concat([]string{"id"}, states, attribute))
	for _, row := range rows {
		record := []string{row.key}
		for _, column := range states {
			record = append(record, row.states[column])
		}
		for _, name := range attribute {
			record = append(record, cell(name, row.texts[name]))
		}
		_ = w.Write(record)
	}
	if w.Flush(); w.Error() != nil {
		t.Fatal(w.Error())
	}
}

func newlines(w wanted) int {
	n := 0
	for _, texts := range w.texts {
		n += strings.Count(strings.Join(texts, ""), "\n")
	}
	return n
}
