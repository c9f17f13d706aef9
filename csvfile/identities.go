package csvfile

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"accountsync/account"
	"accountsync/internal/text"
)

// identityColumn is what the header of a column that names an identity by one of its fields begins with.
const identityColumn = "account.identity."

// identityFields are the fields that a column can name an identity by.
var identityFields = []account.IdentityField{account.IdentityEmail, account.IdentityAlias, account.IdentityName}

// identityField is the field of such a column's name; not ok for any other column.
func identityField(name string) (field account.IdentityField, ok bool) {
	rest, ok := strings.CutPrefix(name, identityColumn)
	field = account.IdentityField(rest)
	return field, ok && slices.Contains(identityFields, field)
}

// IdentityField is the field by which the rows name the identities of their
// accounts, and the header of the column; not ok where they do not.
func (t *Table) IdentityField() (field account.IdentityField, header string, ok bool) {
	if t.states.lookup < 0 {
		return "", "", false
	}
	return t.states.field, t.header[t.states.lookup], true
}

// identityBatch is how many texts are looked up together, and recentIdentities
// how many of those that were are kept in case they come again.
const (
	identityBatch    = 2000
	recentIdentities = 20_000
)

// FindIdentities reads the file once and looks up the identities that its rows
// name, many at a time. Until then the rows leave them alone. Of each row it
// keeps 12 bytes, and of each text its identity's id.
func (t *Table) FindIdentities(find func(texts []string) ([][]account.Identity, error)) error {
	found := &identities{}
	recent := map[string]uint32{}
	var texts []string     // to be looked up
	var waiting []namedRow // rows of these
	flush := func() error {
		all, err := find(texts)
		if err != nil {
			return err
		}
		for i, name := range texts {
			recent[name] = found.keep(all[i])
		}
		for _, row := range waiting {
			found.add(row.offset, recent[row.name])
		}
		if texts, waiting = texts[:0], waiting[:0]; len(recent) > recentIdentities {
			clear(recent)
		}
		return nil
	}
	asked := map[string]bool{}
	err := t.scan(&t.lines, func(r *record) error {
		if r.unparsed != "" {
			return nil
		}
		if r.cells = t.fitted(r.cells); len(r.cells) != len(t.header) || t.elsewhere(r.cells) {
			return nil
		}
		t.tidy(r.cells)
		name := t.identityText(r.cells)
		if name == "" || keyProblem(name) != "" || t.damage(name) != "" {
			return nil
		}
		name = strings.Clone(name)
		waiting = append(waiting, namedRow{r.offset, name})
		if _, known := recent[name]; !known && !asked[name] {
			asked[name] = true
			texts = append(texts, name)
		}
		if len(texts) < identityBatch && len(waiting) < recentIdentities {
			return nil
		}
		clear(asked)
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err == nil {
		t.identities = found
	}
	return err
}

// namedRow is a row and the text by which it names an identity.
type namedRow struct {
	offset int64
	name   string
}

// identityText is the cell that names the identity.
func (t *Table) identityText(record []string) string {
	cell := record[t.states.lookup]
	if t.partial {
		cell = text.UnquoteFormula(cell)
	}
	return cell
}

// identify gives the row the identity that its record names, or says why there
// is none. It does not repeat the cell.
func (t *Table) identify(row *account.Row, record []string) (reason string) {
	cell := t.identityText(record)
	if reason := keyProblem(cell); cell != "" && reason != "" {
		return fmt.Sprintf("column %q %s", t.header[t.states.lookup], reason+keyRemedy(cell))
	}
	if t.identities == nil {
		return ""
	}
	row.States.Correlated = true
	if cell == "" {
		return ""
	}
	switch id := t.identities.at(row.Offset); id {
	case "":
		return fmt.Sprintf("column %q: no identity has this %s", t.header[t.states.lookup], t.states.field)
	case several:
		return fmt.Sprintf("column %q: several identities have this %s: name the one that is meant by its id, in a column %q",
			t.header[t.states.lookup], t.states.field, account.IdentityIDColumn)
	default:
		row.States.IdentityID = id
	}
	return ""
}

// identities are those that the rows of a file name, by where each row stands.
type identities struct {
	rows []*namedRows // in the order of the file
	n    int
	ids  []*identityIDs
	kept int
}

const identityChunk = 1024

// namedRows is what is kept of 1,024 rows: 12 bytes each.
type namedRows struct {
	offset [identityChunk]int64
	ref    [identityChunk]uint32
}

// identityIDs are 1,024 ids, one after the other.
type identityIDs struct {
	end  [identityChunk]uint32
	text []byte
}

// several stands in place of an id where more identities than one were found.
const several = "*"

// keep takes what was found for one text, and gives the number it has from now on.
func (f *identities) keep(found []account.Identity) (ref uint32) {
	i := f.kept % identityChunk
	if i == 0 {
		f.ids = append(f.ids, &identityIDs{})
	}
	c := f.ids[len(f.ids)-1]
	switch len(found) {
	case 0:
	case 1:
		c.text = append(c.text, found[0].ID...)
	default:
		c.text = append(c.text, several...)
	}
	if c.end[i] = uint32(len(c.text)); i == identityChunk-1 {
		c.text = slices.Clip(slices.Clone(c.text))
	}
	f.kept++
	return uint32(f.kept - 1)
}

// add takes the row at an offset, which is behind those before.
func (f *identities) add(offset int64, ref uint32) {
	i := f.n % identityChunk
	if i == 0 {
		f.rows = append(f.rows, &namedRows{})
	}
	c := f.rows[len(f.rows)-1]
	c.offset[i], c.ref[i] = offset, ref
	f.n++
}

// at is the id of the identity that the row at an offset names, "" where there
// is none, several where there are more.
func (f *identities) at(offset int64) string {
	chunk := sort.Search(len(f.rows), func(i int) bool { return f.rows[i].offset[0] > offset }) - 1
	if chunk < 0 {
		return ""
	}
	c, size := f.rows[chunk], min(identityChunk, f.n-chunk*identityChunk)
	i, found := slices.BinarySearch(c.offset[:size], offset)
	if !found {
		return ""
	}
	ids, k := f.ids[c.ref[i]/identityChunk], c.ref[i]%identityChunk
	begin := uint32(0)
	if k > 0 {
		begin = ids.end[k-1]
	}
	return string(ids.text[begin:ids.end[k]])
}
