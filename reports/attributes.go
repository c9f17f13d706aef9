package reports

import (
	"cmp"
	"slices"

	"accountsync/diff"
	"accountsync/sync"
)

// attributeChange is how often the operations change one attribute.
type attributeChange struct {
	Name    string
	Changed int // all of them
	Added   int // of those: it had no value before
	Cleared int // of those: it has no value after
}

// changedAttributes are the attributes of accounts that are there before and
// after, the one that changes most first, equal ones by name.
func changedAttributes(s *sync.Source) []*attributeChange {
	byName := map[string]*attributeChange{}
	var all []*attributeChange
	for _, op := range s.Operations {
		if op.Op != diff.Put && op.Op != diff.Patch {
			continue
		}
		for _, f := range op.Changes {
			a := byName[f.Attribute]
			if a == nil {
				a = &attributeChange{Name: f.Attribute}
				byName[f.Attribute], all = a, append(all, a)
			}
			a.count(f)
		}
	}
	slices.SortFunc(all, func(a, b *attributeChange) int {
		return cmp.Or(cmp.Compare(b.Changed, a.Changed), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (a *attributeChange) count(f diff.Field) {
	a.Changed++
	switch before, after := f.Before.IsEmpty(), f.After.IsEmpty(); {
	case before && !after:
		a.Added++
	case after && !before:
		a.Cleared++
	}
}
