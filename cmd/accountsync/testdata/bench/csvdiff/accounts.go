package main

import (
	"slices"

	"accountsync/account"
	"accountsync/csvfile"

	"github.com/go-json-experiment/json/jsontext"
)

// accounts makes accounts of rows.
type accounts struct {
	columns []account.Column
	names   []account.Attribute // without values
	json    []byte
	ends    []int // in json, of the value of each column
	texts   []string
}

func newAccounts(t *csvfile.Table) *accounts {
	a := &accounts{columns: slices.Concat([]account.Column{t.Key()}, t.Columns())}
	a.ends = make([]int, len(a.columns))
	for _, c := range a.columns {
		a.names = append(a.names, account.Attribute{Name: c.Attribute})
	}
	return a
}

// fill makes dst the account of the row. Its values are parts of one text, as
// those of a page of the API are.
func (a *accounts) fill(dst *account.Account, row *account.Row) {
	a.json = appendText(a.json[:0], row.Key)
	a.ends[0] = len(a.json)
	for i, cell := range row.Cells {
		if a.columns[i+1].Multi {
			a.json = a.appendList(a.json, a.columns[i+1], cell)
		} else {
			a.json = appendText(a.json, cell)
		}
		a.ends[i+1] = len(a.json)
	}
	if dst.Attributes == nil {
		dst.Attributes = slices.Clone(a.names)
	}
	dst.ID, dst.NativeIdentity = row.Key, row.Key
	text, begin := account.Value(a.json), 0
	for i, end := range a.ends {
		dst.Attributes[i].Value = text[begin:end]
		begin = end
	}
}

func (a *accounts) appendList(dst []byte, col account.Column, cell string) []byte {
	dst = append(dst, '[')
	a.texts = col.AppendTexts(a.texts[:0], cell)
	for i, text := range a.texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, text)
	}
	return append(dst, ']')
}

// isEscaped are the bytes that JSON escapes in a text.
var isEscaped = func() (table [256]bool) {
	for c := range byte(' ') {
		table[c] = true
	}
	table['"'], table['\\'] = true, true
	return table
}()

// appendText appends a text as JSON.
func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		if isEscaped[text[i]] {
			quoted, _ := jsontext.AppendQuote(dst, text) // the table holds valid UTF-8 only
			return quoted
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}
