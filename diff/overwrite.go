package diff

import "fmt"

// refuseOverwrites rejects the creates that would not create: a create with a
// native identity that exists is an update of that account. It can only happen
// where another attribute is the key, so that a row without a live account may
// still carry an account's native identity, or share one with another row.
func (d *Diff) refuseOverwrites(creates []Change, wants []want) []Change {
	holders := map[uint64]int{} // how many of the rows want the native identity
	for _, w := range wants {
		holders[w.identity]++
	}
	sound := creates[:0]
	for k, w := range wants {
		switch {
		case w.identity == 0:
			d.rejects[w.row] = fmt.Sprintf("no account can be created without a value of %s", d.ix.identity)
		case d.natives[w.identity]:
			d.rejects[w.row] = fmt.Sprintf("a live account has its %s but another %s: creating it would overwrite that account",
				d.ix.identity, d.ix.table.Key().Attribute)
		case holders[w.identity] > 1:
			d.rejects[w.row] = fmt.Sprintf("another row that wants an account created has the same %s", d.ix.identity)
		default:
			sound = append(sound, creates[k])
		}
	}
	return sound
}
