package csvfile

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"accountsync/account"

	"github.com/gocarina/gocsv"
)

// SkippedError says why an account has no place in a desired-state CSV. The
// others can still be written.
type SkippedError struct {
	Source  string // name of the source
	Account string // id of the account
	Reason  string
}

func (e *SkippedError) Error() string {
	return fmt.Sprintf("account %s of source %q is left out: %s", e.Account, e.Source, e.Reason)
}

// Writer writes live accounts as a desired-state CSV, so that reading it back
// finds every row equal to its account.
type Writer struct {
	csv     *gocsv.SafeCSVWriter
	source  account.Source
	header  []string
	columns []account.Column // of the cells after the key
	states  []string         // names of the states after them
	leftOut []string
	record  []string
	started bool
}

// NewWriter writes to w: the identityAttribute's column first, then the schema's
// attributes in its order, then the states if they are asked for. Of the options
// it takes Delimiter (0: a comma), Separator and Multi, to be given again when
// the file is read, and States.
func NewWriter(w io.Writer, source account.Source, schema account.Schema, opt ...Options) *Writer {
	var o Options
	if len(opt) > 0 {
		o = opt[0]
	}
	x := &Writer{csv: gocsv.DefaultCSVWriter(w), source: source, header: []string{schema.IdentityAttribute}}
	if x.csv.Comma = ','; o.Delimiter != 0 {
		x.csv.Comma = o.Delimiter
	}
	for _, a := range schema.Attributes {
		if !slices.Contains(x.header, a.Name) && isExported(a.Name) {
			x.header = append(x.header, a.Name)
			x.columns = append(x.columns, newColumn(a.Name, a, o))
		} else if !slices.Contains(x.header, a.Name) {
			x.leftOut = append(x.leftOut, a.Name)
		}
	}
	if o.States {
		x.states = account.StateColumns[:]
		x.header = append(x.header, x.states...)
	}
	x.record = make([]string, 0, len(x.header))
	return x
}

// LeftOut are the attributes of the schema that have no column.
func (w *Writer) LeftOut() []string { return w.leftOut }

// isExported reports whether an attribute can be a column: it is named neither
// like a reserved one nor like the attribute that is never compared, and its
// name survives the way through a CSV header.
func isExported(name string) bool {
	return !isNameless(name) && !isReserved(name) && name != NativeIdentityColumn && name != account.IDNowDescription &&
		utf8.ValidString(name) && !strings.ContainsAny(name, "\r\x00")
}

// Write writes one account. A *SkippedError leaves the file as it was.
func (w *Writer) Write(a *account.Account) error {
	if reason := w.keyProblem(a.NativeIdentity); reason != "" {
		return &SkippedError{Source: w.source.Name, Account: a.ID, Reason: "its native identity " + reason}
	}
	if err := w.start(); err != nil {
		return err
	}
	w.record = append(w.record[:0], a.NativeIdentity)
	for _, c := range w.columns {
		w.record = append(w.record, c.Cell(a.Attribute(c.Attribute)))
	}
	for _, name := range w.states {
		state, _ := a.State(name)
		w.record = append(w.record, account.Column{}.Cell(state))
	}
	return w.csv.Write(w.record)
}

func (w *Writer) keyProblem(key string) string {
	if !utf8.ValidString(key) {
		return "is not valid UTF-8"
	}
	return keyProblem(key)
}

// start writes the header once.
func (w *Writer) start() error {
	if w.started {
		return nil
	}
	w.started = true
	return w.csv.Write(w.header)
}

// Flush writes what is still buffered, and the header when there was no account.
// Its error is that of any write before it, too.
func (w *Writer) Flush() error {
	if err := w.start(); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}
