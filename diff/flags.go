package diff

import "accountsync/account"

// flags are the states of an account that are true or false, two bits each: one
// that says it may be false and one that it may be true. A live account has
// one of them set, a row that leaves the state alone both.
type flags uint8

// wantedFlags are those a row wants.
func wantedFlags(s *account.States) flags {
	return allowed(s.Disabled) | allowed(s.Locked)<<2 | allowed(s.ManuallyCorrelated)<<4
}

func allowed(f account.Flag) (bits flags) {
	if f.Met(false) {
		bits = 1
	}
	if f.Met(true) {
		bits |= 2
	}
	return bits
}

// liveFlags are those of a live account.
func liveFlags(a *account.Account) flags {
	return liveFlag(a.Disabled) | liveFlag(a.Locked)<<2 | liveFlag(a.ManuallyCorrelated)<<4
}

func liveFlag(state bool) flags {
	if state {
		return 2
	}
	return 1
}

// met reports whether live flags are as these want them.
func (f flags) met(live flags) bool { return f&live == live }

// flagChunk is what the flags of 1,024 rows cost, where the file has a column of them.
type flagChunk [chunkRows]flags

// addFlags keeps the flags of the row that is added next.
func (ix *Index) addFlags(s *account.States) {
	if !ix.flagged {
		return
	}
	if ix.n%chunkRows == 0 {
		ix.flags = append(ix.flags, new(flagChunk))
	}
	ix.flags[ix.n/chunkRows][ix.n%chunkRows] = wantedFlags(s)
}

// flagsMet reports whether live flags are as row i wants them.
func (ix *Index) flagsMet(i entry, live flags) bool {
	return !ix.flagged || ix.flags[i/chunkRows][i%chunkRows].met(live)
}

// sameFlags reports whether a row read again still wants the flags it wanted.
func (ix *Index) sameFlags(i entry, row *account.Row) bool {
	return !ix.flagged || ix.flags[i/chunkRows][i%chunkRows] == wantedFlags(&row.States)
}
