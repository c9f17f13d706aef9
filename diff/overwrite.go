package diff

import (
	"fmt"
)

// refuseOverwrites rejects the creates that would not create: a create with a
// native identity that exists is an update of that account. It can only happen
// where another attribute is the key, so that a row without a live account may
// still carry an account's native identity, or share one with another row.
func (d *Diff) refuseOverwrites(creates []rowChange) []rowChange {
	holders := map[uint64]int{} // how many of the rows want the native identity
	for _, c := range creates {
		holders[d.identityHash(c.change)]++
	}
	sound := creates[:0]
	for _, c := range creates {
		h := d.identityHash(c.change)
		switch {
		case h == 0:
			d.rejects[c.row] = fmt.Sprintf("no account can be created without a value of %s", d.ix.identity)
		case d.natives[h]:
			d.rejects[c.row] = fmt.Sprintf("a live account has its %s but another %s: creating it would overwrite that account",
				d.ix.identity, d.ix.table.Key().Attribute)
		case holders[h] > 1:
			d.rejects[c.row] = fmt.Sprintf("another row that wants an account created has the same %s", d.ix.identity)
		default:
			sound = append(sound, c)
		}
	}
	return sound
}

// identityHash is the hash of the native identity that a create asks for, 0 for none.
func (d *Diff) identityHash(c Change) uint64 {
	for _, f := range c.Fields {
		if f.Attribute != d.ix.identity {
			continue
		}
		if texts := f.After.AppendTexts(nil); len(texts) > 0 {
			return d.hash.key(texts[0])
		}
	}
	return 0
}
