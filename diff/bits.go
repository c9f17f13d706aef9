package diff

import "math/bits"

// bitset is one bit for each row. It grows when a bit is set.
type bitset []uint64

func (b bitset) has(i entry) bool {
	word := int(i >> 6)
	return word < len(b) && b[word]&(1<<(i&63)) != 0
}

// hasBit is has of a bitset that may not be there yet.
func (b *bitset) hasBit(i entry) bool { return b != nil && b.has(i) }

func (b *bitset) set(i entry) {
	for int(i>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

func (b bitset) clear(i entry) {
	if int(i>>6) < len(b) {
		b[i>>6] &^= 1 << (i & 63)
	}
}

// count is the number of bits that are set.
func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}
