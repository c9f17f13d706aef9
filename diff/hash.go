package diff

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"accountsync/account"
)

// hasher makes the hashes by which rows and live accounts find each other and
// are found equal. It works in scratch space of its own, so it allocates
// nothing once that has grown, and serves one goroutine at a time.
type hasher struct {
	seed    maphash.Seed
	keyMask uint64 // all ones; tests take bits away to make keys collide
	columns []account.Column
	typed   []bool // of the columns: text that is equal may be written in several ways
	at      []int  // where in Attributes each column's attribute stood the last time
	buf     []byte
	texts   []string

	correlated bool // whose account it is belongs to the hash
}

func newHasher(columns []account.Column) hasher {
	typed := make([]bool, len(columns))
	for i, c := range columns {
		switch c.Type {
		case account.TypeLong, account.TypeInt, account.TypeBoolean, account.TypeDate:
			typed[i] = true
		}
	}
	return hasher{seed: maphash.MakeSeed(), keyMask: ^uint64(0), columns: columns, typed: typed, at: make([]int, len(columns))}
}

// fork makes the same hashes in a scratch space of its own.
func (h *hasher) fork() hasher {
	return hasher{seed: h.seed, keyMask: h.keyMask, columns: h.columns, typed: h.typed, at: make([]int, len(h.columns)), correlated: h.correlated}
}

// key hashes a key so that keys which differ only in letter case are equal.
func (h *hasher) key(key string) uint64 {
	h.buf = appendFolded(h.buf[:0], key)
	return maphash.Bytes(h.seed, h.buf) & h.keyMask
}

// row hashes the exact key of a row and what it wants of each column. The flags
// are not part of it: a row may leave them alone.
func (h *hasher) row(r *account.Row) uint64 {
	h.buf = appendSized(h.buf[:0], r.Key)
	for i, cell := range r.Cells {
		switch {
		case h.columns[i].Multi:
			h.texts = h.columns[i].AppendTexts(h.texts[:0], cell)
			h.addTexts(i)
		case h.typed[i] || strings.IndexByte(cell, '\r') >= 0:
			h.addText(i, cell)
		default:
			h.buf = appendSized(h.buf, cell)
		}
	}
	if h.correlated {
		h.buf = appendSized(h.buf, r.States.IdentityID)
	}
	return maphash.Bytes(h.seed, h.buf)
}

// account hashes a live account: to the hash of the row it is equal to. A list
// where the column is single-valued never gets the hash of a row, so that it
// is compared in full.
func (h *hasher) account(key string, a *account.Account) uint64 {
	odd := false
	h.buf = appendSized(h.buf[:0], key)
	for i := range h.columns {
		v := h.value(i, a)
		text, plain := plainText(v)
		switch {
		case !plain || h.columns[i].Multi:
			odd = h.addValue(i, v) || odd
		case h.typed[i]:
			h.addText(i, text)
		default: // a line end in it would be escaped
			h.buf = appendSized(h.buf, text)
		}
	}
	if h.correlated {
		h.buf = appendSized(h.buf, a.IdentityID)
	}
	if odd {
		h.buf = append(h.buf, 0) // no row has one more
	}
	return maphash.Bytes(h.seed, h.buf)
}

// value finds the column's attribute. Accounts of one source mostly hold the
// same attributes in the same order, so it looks first where it was found last.
func (h *hasher) value(i int, a *account.Account) account.Value {
	name := h.columns[i].Attribute
	if at := h.at[i]; at < len(a.Attributes) && a.Attributes[at].Name == name {
		return a.Attributes[at].Value
	}
	for at := range a.Attributes {
		if a.Attributes[at].Name == name {
			h.at[i] = at
			return a.Attributes[at].Value
		}
	}
	return ""
}

// plainText is the text of a scalar, as Value.AppendTexts would give it, found
// in less time. It is not ok for a list and for a text with escapes.
func plainText(v account.Value) (text string, ok bool) {
	switch {
	case v == "" || v == account.Null:
		return "", true
	case v[0] == '[':
		return "", false
	case v[0] != '"':
		return string(v), true
	case len(v) == 1 || strings.IndexByte(string(v), '\\') >= 0:
		return "", false
	}
	return string(v[1 : len(v)-1]), true
}

// addText adds the text of a single-valued column, empty where there is none.
func (h *hasher) addText(column int, text string) {
	h.buf = appendSized(h.buf, h.columns[column].Normal(text))
}

// addValue adds any live value. It is odd when it is a list though the column
// holds one value only.
func (h *hasher) addValue(column int, v account.Value) (odd bool) {
	h.texts = v.AppendTexts(h.texts[:0])
	switch {
	case h.columns[column].Multi:
		h.addTexts(column)
	case len(h.texts) == 0:
		h.addText(column, "")
	default:
		h.addText(column, h.texts[0])
		return v.IsList()
	}
	return false
}

// addTexts adds the texts of a multi-valued column as a set: normal, sorted,
// each once, empty ones left out.
func (h *hasher) addTexts(column int) {
	for i, text := range h.texts {
		h.texts[i] = h.columns[column].Normal(text)
	}
	if len(h.texts) > 1 {
		slices.Sort(h.texts)
	}
	last := ""
	for _, text := range h.texts {
		if text != last {
			h.buf = appendSized(h.buf, text)
			last = text
		}
	}
	h.buf = append(h.buf, 0) // no text has length 0: this ends the column
}

// appendSized appends the length of s and s.
func appendSized(buf []byte, s string) []byte {
	if len(s) < 0x80 {
		return append(append(buf, byte(len(s))), s...)
	}
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

// appendFolded appends s so that two strings come out equal exactly when
// strings.EqualFold says they are.
func appendFolded(buf []byte, s string) []byte {
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z':
			buf = append(buf, byte(r-'a'+'A'))
		case r < utf8.RuneSelf:
			buf = append(buf, byte(r))
		default:
			buf = utf8.AppendRune(buf, foldRune(r))
		}
	}
	return buf
}

// foldRune is the smallest of the runes that are r but for letter case.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}
