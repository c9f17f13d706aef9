package diff

import (
	"cmp"
	"fmt"
	"slices"

	"accountsync/account"
)

// want is the native identity that the create of a row asks for, as a hash; 0
// for none.
type want struct {
	row      entry
	identity uint64
}

func (d *Diff) identityHash(row account.Row) uint64 {
	identity := d.ix.identityOf(d.ix.table.CreateAttributes(row))
	if identity == "" {
		return 0
	}
	return d.hash.key(identity)
}

// identityOf is the native identity among the attributes of a create.
func (ix *Index) identityOf(attrs []account.Attribute) string {
	i := slices.IndexFunc(attrs, func(a account.Attribute) bool { return a.Name == ix.identity })
	if i < 0 {
		return ""
	}
	texts := attrs[i].Value.AppendTexts(nil)
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

// refuseOverwrites rejects the creates that would not create: a create with a
// native identity that exists is an update of that account. It can only happen
// where another attribute is the key, so that a row without a live account may
// still carry an account's native identity, or share one with another row.
func (d *Diff) refuseOverwrites(wants []want) {
	slices.Sort(d.natives)
	slices.SortFunc(wants, func(a, b want) int { return cmp.Compare(a.identity, b.identity) })
	for k, w := range wants {
		_, live := slices.BinarySearch(d.natives, w.identity)
		switch {
		case w.identity == 0:
			d.rejects[w.row] = fmt.Sprintf("no account can be created without a value of %s", d.ix.identity)
		case live:
			d.rejects[w.row] = fmt.Sprintf("a live account has its %s but another %s: creating it would overwrite that account",
				d.ix.identity, d.ix.table.Key().Attribute)
		case k > 0 && wants[k-1].identity == w.identity || k+1 < len(wants) && wants[k+1].identity == w.identity:
			d.rejects[w.row] = fmt.Sprintf("another row that wants an account created has the same %s", d.ix.identity)
		}
	}
}
