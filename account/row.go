package account

import "iter"

// Column is one managed attribute of a desired-state file.
type Column struct {
	Header    string // as the file spells it
	Attribute string // as the schema names it
	Type      Type
	Multi     bool
	Separator string       // between the values of one cell when Multi
	Trim      bool         // white space around those values is not part of them
	Dates     *DateFormats // of a DATE, beside the ISO form; nil for no other
}

// Row is one record of a desired-state file.
type Row struct {
	Line   int      // the line its record starts on, from 1
	Offset int64    // where to read it again: Table.RowAt
	Key    string   // the native identity (or the attribute named by --key)
	Cells  []string // one per column of the table; used again for the next row
	States States   // what it wants beside attributes
	// Invalid says why the row must not be written even though its key is
	// known, e.g. a cell of the wrong type. Such a row is only fit to be found
	// equal to its live account, in cells and states.
	Invalid string
	// Doubt says that the row is invalid because it looks like none of an
	// account, whatever its cells hold: a line of totals, say.
	Doubt string
}

// Rejected is a row that will not be carried out, with its reason.
type Rejected struct {
	Line   int    `json:"line"`
	Key    string `json:"key,omitempty"`
	Reason string `json:"reason"`
	Offset int64  `json:"-"` // where its record can be read again; -1 when it cannot
	// Continues says, of a record that seems to be the rest of the row read last,
	// why that row is not to be trusted either; "" of all others.
	Continues string `json:"continues,omitzero"`
}

// Record is what a record of a table is: a row, or the reason why it is none.
type Record struct {
	Row      *Row // used again for the next record; nil: rejected
	Rejected *Rejected
}

// Table is a desired-state table whose columns are attributes of a source.
// Package csvfile reads one.
type Table interface {
	Path() string                     // as given
	Header() []string                 // as the file spells it
	Key() Column                      // the key column
	KeyOf(a *Account) string          // a live account's key, as Row.Key holds it; "" when it has none
	Columns() []Column                // the managed attributes without the key, one per Row.Cells
	StateColumns() []string           // the states with a column, in the order of StateColumns
	CreateAttributes(Row) []Attribute // what the API is sent to create the row's account
	MergeRows() bool                  // rows of one key are to be joined
	Partial() bool                    // an account without a row in it is never one to remove

	// Records reads the file once, in its order. No row of a table whose reading
	// ends in an error, the last thing it yields, may be acted upon.
	Records() iter.Seq2[Record, error]
	// RowAt reads the row at Row.Offset again: whoever asks is to see that it is
	// the one that was read. RecordAt reads the cells at Row.Offset or
	// Rejected.Offset, of a file that did not change. Both are safe for concurrent use.
	RowAt(offset int64) (Row, error)
	RecordAt(offset int64) ([]string, error)
}
