package journal

import (
	"context"
	"encoding/binary"
	"fmt"

	"accountsync/sync"

	"github.com/klauspost/compress/s2"
)

// The plan of a run stands in blocks: some hundred operations each, one after
// the other, compressed. Rows of their own would cost ten times the space and
// most of the time of a plan, and what is planned never changes.

const (
	// blockOps and blockBytes bound a block: what is read to see one operation.
	blockOps   = 500
	blockBytes = 128 << 10
)

// entry is an operation as it stands in a block: how it was planned, what it is
// found by, and its first outcome. Its texts are parts of the block.
type entry struct {
	sync.Entry
	raw []byte // all of it
}

// appendEntry appends an entry to a block.
func appendEntry(b []byte, e *sync.Entry) []byte {
	b = binary.AppendUvarint(b, uint64(e.Seq))
	b = append(b, byte(e.Phase))
	for _, word := range [...]string{string(e.Op), string(e.State), string(e.Code)} {
		b = append(binary.AppendUvarint(b, uint64(len(word))), word...)
	}
	for _, text := range [...][]byte{e.Key, e.Account, e.Native, e.Created, e.Plan, e.Result, e.Evidence} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return b
}

// read reads the entry at the beginning of a text, which appendEntry wrote, and
// gives the rest.
func (e *entry) read(text []byte) (rest []byte, err error) {
	seq, n := binary.Uvarint(text)
	if n <= 0 || n == len(text) {
		return nil, ErrDamaged
	}
	e.Seq, e.Phase, rest = int(seq), int(text[n]), text[n+1:]
	var op, state, code []byte
	for _, into := range [...]*[]byte{&op, &state, &code, &e.Key, &e.Account, &e.Native, &e.Created, &e.Plan, &e.Result, &e.Evidence} {
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return nil, ErrDamaged
		}
		*into, rest = rest[n:n+int(length):n+int(length)], rest[n+int(length):]
	}
	e.SetWords(op, state, code)
	e.raw = text[:len(text)-len(rest)]
	return rest, nil
}

// block is a block as it was read.
type block struct {
	first   int64 // the place of its first operation
	entries []entry
}

// last is the place of its last operation.
func (b *block) last() int64 { return b.first + int64(len(b.entries)) - 1 }

const (
	blockColumns = "id, operations, block, checksum"
	selectBlock  = `SELECT ` + blockColumns + ` FROM blocks WHERE id <= ? AND id > ? ORDER BY id DESC LIMIT 1`
)

// block reads the block that holds a place of a run, and checks that it is as it
// was written; base is what is added to the places of the run in their ids.
func (t tx) block(ctx context.Context, run, base, place int64) (*block, error) {
	first, _ := span(run)
	id := first + base + place
	var at, operations, want int64
	var packed []byte
	ok, err := t.one(ctx, []any{&at, &operations, &packed, &want},
		selectBlock, id, first+base)
	switch {
	case err != nil:
		return nil, err
	case !ok || id >= at+operations:
		return nil, fmt.Errorf("%w: operation %d is not on record", ErrDamaged, place)
	case sum([]int64{at, operations}, packed) != want:
		return nil, fmt.Errorf("%w: operations %d to %d", ErrDamaged, at-first-base, at-first-base+operations-1)
	}
	text, err := s2.Decode(nil, packed)
	if err != nil {
		return nil, fmt.Errorf("%w: operations from %d on: %w", ErrDamaged, at-first-base, err)
	}
	b := &block{first: at - first - base, entries: make([]entry, 0, operations)}
	for e := (entry{}); len(text) > 0; {
		if text, err = e.read(text); err != nil {
			return nil, fmt.Errorf("%w: operations from %d on", err, b.first)
		}
		e.Place = b.first + int64(len(b.entries))
		b.entries = append(b.entries, e)
	}
	if int64(len(b.entries)) != operations {
		return nil, fmt.Errorf("%w: operations from %d on", ErrDamaged, b.first)
	}
	return b, nil
}
