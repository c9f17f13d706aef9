package diff

// settle decides about every key that is there more than once: the rows are
// joined into one where that was asked for and can be done, else none of them
// can be trusted.
func (ix *Index) settle() error {
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

// settleGroup settles the rows of one key.
func (ix *Index) settleGroup(group []entry) error {
	head := group[0]
	if !ix.table.MergeRows() {
		return ix.rejectGroup(group, "")
	}
	row, conflict, err := ix.join(group)
	if err != nil {
		return err
	}
	if conflict != "" {
		return ix.rejectGroup(group, conflict)
	}
	ix.chunks[head/chunkRows].hash[head%chunkRows].row = ix.hash.row(&row)
	for _, i := range group[1:] {
		ix.joined.set(i)
	}
	return nil
}
