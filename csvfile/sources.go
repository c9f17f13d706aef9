package csvfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Sources reads the whole file and lists the ids in its column sourceId, in
// the order in which they first appear; nil when it has no such column, so
// that all rows are of one source. Rows without an id, and rows that cannot be
// read, are of none of them: Read rejects them for each. Errors are of type
// *FileError.
func (f *File) Sources() ([]string, error) {
	at := slices.Index(f.match.Headers, sourceIDColumn)
	if at < 0 || slices.Contains(f.opt.Ignore, f.header[at]) {
		return nil, nil
	}
	ids, seen := []string{}, map[string]bool{"": true}
	err := f.scan(&lineIndex{}, func(r *record) error {
		r.cells = f.fitted(r.cells)
		if r.unparsed != "" || len(r.cells) != len(f.header) || seen[r.cells[at]] {
			return nil
		}
		id := strings.Clone(r.cells[at])
		ids, seen[id] = append(ids, id), true
		return nil
	})
	if isID := sourceID().MatchString; slices.ContainsFunc(ids, isID) {
		ids = slices.DeleteFunc(ids, func(id string) bool { return !isID(id) })
	}
	return ids, err
}

// sourceID is the form of a source's id: 32 hex digits, or a UUID.
var sourceID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{32}$|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
})

// elsewhere reports whether a record is for another one of the sources that
// the file is read for.
func (t *Table) elsewhere(record []string) bool {
	if t.sourceAt < 0 || len(t.opt.Sources) == 0 || len(record) != len(t.header) {
		return false
	}
	id := record[t.sourceAt]
	return id != "" && id != t.source.ID && slices.Contains(t.opt.Sources, id)
}

// wrongSource says why a row of this source id is none of the table's.
func (t *Table) wrongSource(id string) string {
	if id == "" {
		return fmt.Sprintf("the row names no source: column %q is empty", t.header[t.sourceAt])
	}
	return fmt.Sprintf("the row is for source %q, not %q", id, t.source.ID)
}
