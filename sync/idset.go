package sync

import (
	"hash/maphash"
	"math/bits"
)

// idSet remembers account ids as 64-bit hashes in one flat table: 11 bytes an
// id, so that a million of them do not weigh on a listing. Two ids of
// one hash would make a listing look unproven, never complete.
type idSet struct {
	seed  maphash.Seed
	slots []uint64 // 0 is free
	used  int
}

func newIDSet(expect int) idSet {
	return idSet{seed: maphash.MakeSeed(), slots: make([]uint64, 64+max(expect, 0)*4/3)}
}

// add reports whether the id is new.
func (s *idSet) add(id string) bool {
	if (s.used+1)*4 > len(s.slots)*3 {
		s.grow()
	}
	h := maphash.String(s.seed, id) | 1 // never 0
	if !s.put(h) {
		return false
	}
	s.used++
	return true
}

func (s *idSet) put(h uint64) bool {
	for i, _ := bits.Mul64(h, uint64(len(s.slots))); ; i++ {
		if i == uint64(len(s.slots)) {
			i = 0
		}
		switch s.slots[i] {
		case 0:
			s.slots[i] = h
			return true
		case h:
			return false
		}
	}
}

func (s *idSet) grow() {
	old := s.slots
	s.slots = make([]uint64, 2*len(old))
	for _, h := range old {
		if h != 0 {
			s.put(h)
		}
	}
}
