package diff

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accountsync/account"
)

// entry numbers the rows of an Index in the order in which they were added.
type entry uint32

// chunkRows is chosen so that a chunk fills its allocation to the byte.
const chunkRows = 1024

// chunk is what is kept of 1,024 rows: 28 bytes each.
type chunk struct {
	hash   [chunkRows]hashes
	offset [chunkRows]int64
	line   [chunkRows]uint32
}

// hashes stand side by side because they are looked at together.
type hashes struct {
	key uint64 // of the key, letter case ignored
	row uint64 // of the exact key, all cells and the identity
}

// Index holds the desired rows of one table as hashes and file offsets: some 34
// bytes a row, one more with columns of states, whatever the rows hold. What it needs of a row beyond that it
// reads again through the table.
//
// Fill it with Add and Reject, then Seal it once; from then on it does not
// change, and any number of listings can be held against it.
type Index struct {
	table    account.Table
	identity string // the schema's identityAttribute
	hash     hasher
	chunks   []*chunk
	flagged  bool         // the file has a column of a state that is true or false
	flags    []*flagChunk // beside chunks; empty unless flagged
	n        int          // rows added
	unread   int          // rows rejected as they were read

	// Known once sealed:
	sealed   bool
	slots    slots
	next     []uint32 // per row, one plus the next row of the same key; nil when no key is there twice
	joined   bitset   // rows that were joined into an earlier one of their key
	rejected bitset   // rows that cannot be trusted because of another row

	refused   []account.Rejected // every rejected row known without live accounts
	mergeable mergeable
	named     map[string]bool  // folded keys of the rows handed to Reject
	continued map[entry]string // rows that another one seems to continue, and why not to trust them
}

// NewIndex returns an empty index of the rows of t.
func NewIndex(t account.Table) *Index {
	ix := &Index{table: t, identity: identityAttribute(t), hash: newHasher(t.Columns()), named: map[string]bool{}, continued: map[entry]string{}}
	for _, state := range t.StateColumns() {
		ix.hash.correlated = ix.hash.correlated || state == account.IdentityIDColumn
		ix.flagged = ix.flagged || state != account.IdentityIDColumn
	}
	return ix
}

// Add takes one row. It keeps nothing of it but hashes and its place.
func (ix *Index) Add(r *account.Row) {
	if ix.n%chunkRows == 0 {
		ix.chunks = append(ix.chunks, new(chunk))
	}
	c, i := ix.chunks[len(ix.chunks)-1], ix.n%chunkRows
	c.hash[i] = hashes{ix.hash.key(r.Key), ix.hash.row(r)}
	c.offset[i] = r.Offset
	c.line[i] = uint32(r.Line)
	ix.addFlags(&r.States)
	ix.n++
}

// Reject takes one row that could not be read as one. An account that such a
// row names is left alone, and so is that of the row added last if this one continues it.
func (ix *Index) Reject(r account.Rejected) {
	r.Key = strings.Clone(r.Key)
	if r.Continues != "" && ix.n > 0 {
		last := entry(ix.n - 1)
		if _, known := ix.continued[last]; !known {
			ix.continued[last] = r.Continues
		}
	}
	r.Continues = "" // it is said of the row before, and its reason tells of both
	ix.refused = append(ix.refused, r)
	ix.unread++
	if r.Key != "" {
		ix.named[fold(r.Key)] = true
	}
}

// Seal settles the rows that share a key, after the whole file was parsed. Its
// error says that the file is too long or could not be read again.
func (ix *Index) Seal() error {
	if ix.n >= math.MaxUint32 {
		return fmt.Errorf("%s: %d rows are more than one run can hold (%d): split the file", ix.table.Path(), ix.n, math.MaxUint32-1)
	}
	ix.slots = newSlots(ix.n)
	for i := ix.n - 1; i >= 0; i-- { // backwards, so that rows of one key are linked in file order
		if err := ix.insert(entry(i)); err != nil {
			return err
		}
	}
	ix.sealed = true
	return ix.settle()
}

// insert puts a row into the table, in front of the later rows of its key.
func (ix *Index) insert(i entry) error {
	h := ix.keyHash(i)
	for slot, head := range ix.slots.find(h) {
		if ix.keyHash(head) != h {
			continue
		}
		same, err := ix.sameKey(i, head)
		if err != nil {
			return err
		}
		if same {
			ix.link(i, head)
			ix.slots.put(slot, h, i)
			return nil
		}
	}
	ix.slots.add(h, i)
	return nil
}

func (ix *Index) link(i, next entry) {
	if ix.next == nil {
		ix.next = make([]uint32, ix.n)
	}
	ix.next[i] = uint32(next) + 1
}

// sameKey reads two rows again to compare their keys, letter case ignored.
func (ix *Index) sameKey(i, j entry) (bool, error) {
	a, err := ix.record(i)
	if err != nil {
		return false, err
	}
	b, err := ix.record(j)
	return err == nil && strings.EqualFold(a.Key, b.Key), err
}

func (ix *Index) keyHash(i entry) uint64 { return ix.chunks[i/chunkRows].hash[i%chunkRows].key }
func (ix *Index) rowHash(i entry) uint64 { return ix.chunks[i/chunkRows].hash[i%chunkRows].row }
func (ix *Index) offset(i entry) int64   { return ix.chunks[i/chunkRows].offset[i%chunkRows] }
func (ix *Index) line(i entry) int       { return int(ix.chunks[i/chunkRows].line[i%chunkRows]) }

// group lists the rows that have the key of i, from i on.
func (ix *Index) group(i entry) []entry {
	group := []entry{i}
	for ix.next != nil && ix.next[i] != 0 {
		i = entry(ix.next[i] - 1)
		group = append(group, i)
	}
	return group
}

// joinedOffsets is where the records joined into row i stand, without its own.
func (ix *Index) joinedOffsets(i entry) []int64 {
	var offsets []int64
	for _, j := range ix.group(i)[1:] {
		offsets = append(offsets, ix.offset(j))
	}
	return offsets
}

// record reads one row of the file again, as it stands there.
func (ix *Index) record(i entry) (account.Row, error) {
	row, err := ix.table.RowAt(ix.offset(i))
	if err != nil {
		return row, fmt.Errorf("reading line %d again: %w", ix.line(i), err)
	}
	row.Line, row.Offset = ix.line(i), ix.offset(i)
	if h := ix.hash.fork(); h.key(row.Key) != ix.keyHash(i) {
		return row, ix.changed(row)
	}
	return row, nil
}

// row reads one desired row again, joined with the others of its key if it was.
func (ix *Index) row(i entry) (account.Row, error) {
	row, err := ix.record(i)
	if err != nil {
		return row, err
	}
	if group := ix.group(i); len(group) > 1 && !ix.rejected.has(i) {
		if row, _, err = ix.join(group); err != nil {
			return row, err
		}
	}
	if h := ix.hash.fork(); h.row(&row) != ix.rowHash(i) || !ix.sameFlags(i, &row) {
		return row, ix.changed(row)
	}
	return row, nil
}

func (ix *Index) changed(row account.Row) error {
	return fmt.Errorf("%s:%d changed while accountsync was running: run again once nothing writes to the file",
		ix.table.Path(), row.Line)
}

// names reports whether a row that could not be read has the key, letter case ignored.
func (ix *Index) names(key string) bool {
	return len(ix.named) > 0 && ix.named[fold(key)]
}

// keyed reports whether another attribute than the identityAttribute is the key.
func (ix *Index) keyed() bool { return ix.table.Key().Attribute != ix.identity }

// identityAttribute is what a create of the table carries first.
func identityAttribute(t account.Table) string {
	full := account.Row{Key: "-", Cells: slices.Repeat([]string{"-"}, len(t.Columns()))}
	return t.CreateAttributes(full)[0].Name
}

// fold is the key as maps hold it: equal for keys that differ only in letter case.
func fold(key string) string { return string(appendFolded(nil, key)) }
