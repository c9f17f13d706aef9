package main

import (
	"slices"

	"accountsync/account"

	"github.com/go-json-experiment/json/jsontext"
)

// live makes accounts of rows, each in the room of the one before.
type live struct {
	columns []account.Column
	made    account.Account
	json    []byte
	ends    []int // in json, of the value of each column
	texts   []string
}

func newLive(t *account.Table) *live {
	l := &live{columns: slices.Concat([]account.Column{t.Key()}, t.Columns())}
	l.made.Attributes = make([]account.Attribute, len(l.columns))
	l.ends = make([]int, len(l.columns))
	return l
}

// account is the row as an account whose values are parts of one text, as
// those of a page of the API are.
func (l *live) account(row *account.Row) (*account.Account, error) {
	l.json = l.json[:0]
	for i, col := range l.columns {
		cell := row.Key
		if i > 0 {
			cell = row.Cells[i-1]
		}
		if err := l.append(col, cell); err != nil {
			return nil, err
		}
		l.ends[i] = len(l.json)
	}
	text, begin := string(l.json), 0
	for i, end := range l.ends {
		l.made.Attributes[i] = account.Attribute{Name: l.columns[i].Attribute, Value: account.Value(text[begin:end])}
		begin = end
	}
	l.made.ID, l.made.NativeIdentity = row.Key, row.Key
	return &l.made, nil
}

func (l *live) append(col account.Column, cell string) (err error) {
	if !col.Multi {
		l.json, err = jsontext.AppendQuote(l.json, cell)
		return err
	}
	l.json = append(l.json, '[')
	l.texts = col.AppendTexts(l.texts[:0], cell)
	for i, text := range l.texts {
		if i > 0 {
			l.json = append(l.json, ',')
		}
		if l.json, err = jsontext.AppendQuote(l.json, text); err != nil {
			return err
		}
	}
	l.json = append(l.json, ']')
	return nil
}
