package diff

import (
	"iter"
	"math/bits"
)

// slots is an open-addressing hash table of entries. A slot holds an entry plus
// one, so that 0 is an empty slot, and, in the bits that leaves free, the low
// bits of the entry's hash: nearly every slot that is in the way is passed
// over without a look at its entry.
type slots struct {
	table []uint32
	width uint // bits of a slot that hold the entry
}

// newSlots makes room for n entries at a load of 3/4, whatever n is: the table
// is as long as it has to be, not a power of two.
func newSlots(n int) slots {
	return slots{table: make([]uint32, n+n/3+1), width: uint(bits.Len(uint(n)))}
}

// start is the slot at which the search for a hash begins.
func (s *slots) start(hash uint64) int {
	hi, _ := bits.Mul64(hash, uint64(len(s.table)))
	return int(hi)
}

// add puts an entry into the first free slot of its hash.
func (s *slots) add(hash uint64, i entry) {
	at := s.start(hash)
	for s.table[at] != 0 {
		at = s.after(at)
	}
	s.put(at, hash, i)
}

// put overwrites one slot.
func (s *slots) put(at int, hash uint64, i entry) {
	s.table[at] = uint32(hash)<<s.width | uint32(i) + 1
}

func (s *slots) after(at int) int {
	if at++; at < len(s.table) {
		return at
	}
	return 0
}

// find yields the slots, and their entries, that may hold the hash.
func (s *slots) find(hash uint64) iter.Seq2[int, entry] {
	return func(yield func(int, entry) bool) {
		tag := uint32(hash) << s.width >> s.width
		for at := s.start(hash); s.table[at] != 0; at = s.after(at) {
			slot := s.table[at]
			if slot>>s.width != tag {
				continue
			}
			if !yield(at, entry(slot&(1<<s.width-1)-1)) {
				return
			}
		}
	}
}
