package diff

import (
	"slices"
	"strings"

	"accountsync/account"
)

// settle decides about every key that is there more than once: the rows are
// joined into one where that was asked for and can be done, else none of them
// can be trusted.
func (ix *Index) settle() error {
	if err := ix.settleNamed(); err != nil {
		return err
	}
	var later bitset
	for i := range entry(len(ix.next)) {
		if ix.next[i] == 0 || later.has(i) {
			continue
		}
		group := ix.group(i)
		for _, j := range group[1:] {
			later.set(j)
		}
		if err := ix.settleGroup(group); err != nil {
			return err
		}
	}
	return nil
}

// settleNamed rejects the rows whose key stands on a row that could not be read.
func (ix *Index) settleNamed() error {
	for _, r := range slices.Clone(ix.refused) {
		if r.Key == "" || ix.named[fold(r.Key)] != r.Line {
			continue
		}
		i, found, err := ix.lookup(r.Key)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if err := ix.rejectGroup(ix.group(i), []account.Rejected{r}, ""); err != nil {
			return err
		}
	}
	return nil
}

// lookup finds the first row whose key is this one but for letter case.
func (ix *Index) lookup(key string) (entry, bool, error) {
	h := ix.hash.key(key)
	for _, i := range ix.slots.find(h) {
		if ix.keyHash(i) != h {
			continue
		}
		row, err := ix.record(i)
		if err != nil {
			return 0, false, err
		}
		if strings.EqualFold(row.Key, key) {
			return i, true, nil
		}
	}
	return 0, false, nil
}

func (ix *Index) settleGroup(group []entry) error {
	head := group[0]
	if ix.rejected.has(head) {
		return nil
	}
	if !ix.table.MergeRows() {
		return ix.rejectGroup(group, nil, "")
	}
	row, conflict, err := ix.join(group)
	if err != nil {
		return err
	}
	if conflict != "" {
		return ix.rejectGroup(group, nil, conflict)
	}
	ix.chunks[head/chunkRows].row[head%chunkRows] = ix.hash.row(row.Key, row.Cells)
	if row.Invalid != "" {
		ix.invalid.set(head)
	}
	for _, i := range group[1:] {
		ix.joined.set(i)
	}
	return nil
}
