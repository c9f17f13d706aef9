package account

// Column is one managed attribute of a desired-state file.
type Column struct {
	Header    string // as the file spells it
	Attribute string // as the schema names it
	Type      Type
	Multi     bool
	Separator string // between the values of one cell when Multi
	Trim      bool   // white space around those values is not part of them
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
}
