package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// source is a source and its accounts, ordered by id and found by native identity.
type source struct {
	SourceSeed
	id       string
	owner    *identity
	tail     string // what the JSON of all its accounts ends with
	fields   map[string]*AttributeSeed
	accounts []*account
	natives  map[string]*account // by folded native identity
	unsorted bool
	created  int64
}

// file tells whether the source is a flat file, the only kind whose accounts can be put and patched.
func (s *source) file() bool { return s.ConnectionType == "file" }

// delimited tells whether it is a flat file of the type DelimitedFile (also seen with a blank), the only one whose accounts can be deleted.
func (s *source) delimited() bool {
	return s.file() && strings.ReplaceAll(s.Type, " ", "") == "DelimitedFile"
}

func (s *source) has(feature string) bool { return slices.Contains(s.Features, feature) }

// ordered gives the accounts in the order of their ids.
func (s *source) ordered() []*account {
	if s.unsorted {
		slices.SortFunc(s.accounts, byID)
		s.unsorted = false
	}
	return s.accounts
}

func byID(a, b *account) int { return cmp.Compare(a.id, b.id) }

// load adds an account without keeping the order, for filling a source.
func (s *source) load(a *account) {
	s.accounts = append(s.accounts, a)
	s.unsorted = true
	s.index(a)
}

func (s *source) add(a *account) {
	at, _ := slices.BinarySearchFunc(s.ordered(), a, byID)
	s.accounts = slices.Insert(s.accounts, at, a)
	s.index(a)
}

func (s *source) index(a *account) {
	key := fold(a.native)
	a.twin = s.natives[key]
	s.natives[key] = a
}

func (s *source) remove(a *account) {
	if at, found := slices.BinarySearchFunc(s.ordered(), a, byID); found {
		s.accounts = slices.Delete(s.accounts, at, at+1)
	}
	s.unindex(a)
}

func (s *source) unindex(a *account) {
	key := fold(a.native)
	if s.natives[key] == a {
		if s.natives[key] = a.twin; a.twin == nil {
			delete(s.natives, key)
		}
		return
	}
	for other := s.natives[key]; other != nil; other = other.twin {
		if other.twin == a {
			other.twin = a.twin
			return
		}
	}
}

// byNative finds the account with exactly this native identity.
func (s *source) byNative(native string) *account {
	for a := s.natives[fold(native)]; a != nil; a = a.twin {
		if a.native == native {
			return a
		}
	}
	return nil
}

func (s *source) byID(id string) *account {
	all := s.ordered()
	at, found := slices.BinarySearchFunc(all, id, func(a *account, id string) int { return cmp.Compare(a.id, id) })
	if !found {
		return nil
	}
	return all[at]
}

// fold is how the service compares: without regard to case.
func fold(text string) string { return strings.ToLower(text) }
