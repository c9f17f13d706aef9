package csvfile

import (
	"fmt"
	"slices"
	"sync"

	"accountsync/account"
)

// Table is a desired-state CSV whose columns are known to be attributes of a source.
type Table struct {
	*File
	source account.Source
	schema account.Schema

	columns     []account.Column
	at          []int // where in the record each column is
	sideBySide  bool  // the columns follow each other in the record
	typed       []typedColumn
	key         boundColumn
	byAttribute bool // the key is an attribute named by --key, not the native identity
	sourceAt    int  // where in the record sourceId is, -1 without one
	states      stateColumns
	identities  *identities // nil until they were looked up
	nameless    []int       // columns without a name
	codeNames   bool        // a column or attribute has a name that could be a key
	oddStart    [256]bool   // bytes that can begin the key of a record that is no row
	used        []bool      // the cells of a record that are of the key, an attribute, a state or the source

	counting   sync.Once
	blankRows  int // rows of empty cells only, which are passed over
	fittedRows int // rows with more or fewer empty cells at their end than the header
	keyless    int // records without a key that seem to continue the row above

	lines   lineIndex
	readers sync.Pool // of *recordReader
}

// Columns are the managed attributes in the order of the file, without the key.
func (t *Table) Columns() []account.Column { return t.columns }

// Key is the key column.
func (t *Table) Key() account.Column { return t.key.Column }

// KeyOf is the live account's key, as Row.Key holds it: its native identity, or
// the text of the attribute that --key names ("" when it has none).
func (t *Table) KeyOf(a *account.Account) string {
	if !t.byAttribute {
		return a.NativeIdentity
	}
	return t.key.Normal(t.key.Cell(a.Attribute(t.key.Attribute)))
}

// Header is the header as the file spells it.
func (f *File) Header() []string { return f.header }

// Path is the path as given to Open.
func (f *File) Path() string { return f.path }

// Sheet is the sheet of a workbook that the rows are from, "" of other files.
func (t *Table) Sheet() string {
	if t.other == nil {
		return ""
	}
	return t.other.sheet
}

// SHA256 is the hash of the file's original bytes in hex, known after Records.
func (t *Table) SHA256() string { return t.sum }

// MergeRows reports whether rows of one key are to be joined.
func (t *Table) MergeRows() bool { return t.opt.MergeRows }

// Partial reports whether the file is a failed.csv of ours: it holds only some
// of the rows, so that an account without a row in it is never one to remove.
func (t *Table) Partial() bool { return t.partial }

// Notes are what there is to say of a file that was read, beside its rejected rows.
func (t *Table) Notes() (notes []string) {
	if n := t.blankRows; n == 1 {
		notes = append(notes, "1 row of empty cells only was passed over.")
	} else if n > 1 {
		notes = append(notes, fmt.Sprintf("%d rows of empty cells only were passed over.", n))
	}
	if t.fittedRows == 1 {
		notes = append(notes, "1 row has more or fewer empty cells at its end than the header: they were passed over.")
	} else if t.fittedRows > 1 {
		notes = append(notes, fmt.Sprintf("%d rows have more or fewer empty cells at their end than the header: they were passed over.", t.fittedRows))
	}
	const fillDown = "as in a printed report: write the key on each row (fill down), then use --merge-rows to join them."
	if n := t.keyless; n == 1 {
		notes = append(notes, "1 rejected row has no key and seems to continue the row above it, "+fillDown)
	} else if n > 1 {
		notes = append(notes, fmt.Sprintf("%d rejected rows have no key and seem to continue the row above them, %s", n, fillDown))
	}
	if n := len(t.nameless); n == 1 {
		notes = append(notes, "1 column without a name was passed over: all its cells are empty.")
	} else if n > 1 {
		notes = append(notes, fmt.Sprintf("%d columns without a name were passed over: all their cells are empty.", n))
	}
	if t.other != nil {
		notes = append(notes, t.other.notes...)
	}
	return append(notes, t.notes...)
}

// CreateAttributes are what the API is sent to create the row's account: the
// identityAttribute first, then every other cell that is not empty, in the
// order of the columns.
func (t *Table) CreateAttributes(r account.Row) []account.Attribute {
	attributes := []account.Attribute{{Name: t.key.Attribute, Value: account.StringValue(r.Key)}}
	for i, c := range t.columns {
		if v := c.Value(r.Cells[i]); v != "" {
			attributes = append(attributes, account.Attribute{Name: c.Attribute, Value: v})
		}
	}
	if i := slices.IndexFunc(attributes, func(a account.Attribute) bool { return a.Name == t.schema.IdentityAttribute }); i > 0 {
		identity := attributes[i]
		attributes = slices.Insert(slices.Delete(attributes, i, i+1), 0, identity)
	}
	return attributes
}
