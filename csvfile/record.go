package csvfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/text"
)

// fill makes a row of a record, or returns why it is none. A suspicious record
// may hold NUL or invalid UTF-8.
func (t *Table) fill(row *account.Row, record []string, suspicious bool) (reason string) {
	row.Key, row.Invalid, row.Doubt, row.States = "", "", "", account.States{}
	if len(record) != len(t.header) {
		if what := t.notARow(record); what != "" {
			return what
		}
		return fmt.Sprintf("the row has %d cells, the header has %d", len(record), len(t.header))
	}
	doubt := ""
	if t.mayBeNoRow(record) {
		doubt = t.notARow(record)
	}
	t.tidy(record)
	key := record[t.key.at]
	row.Cells = t.cells(row.Cells, record)
	if t.partial {
		key = text.UnquoteFormula(key)
		unquoteFormulas(row.Cells)
	}
	if t.opt.KeyWidth > 0 {
		key = widened(key, t.opt.KeyWidth)
	}
	if t.states.any {
		row.States = t.statesOf(record)
	}
	fault := ""
	if t.other != nil && len(t.other.faults)+len(t.other.lines) > 0 {
		if reason := cmp.Or(t.other.lines[row.Line], t.fault(row.Line, record, true)); reason != "" {
			return reason
		}
		fault = t.fault(row.Line, record, false)
	}
	if suspicious {
		if reason := t.textProblem(key, row, record); reason != "" {
			return reason
		}
	}
	if reason := keyProblem(key); reason != "" {
		return cmp.Or(doubt, t.notARow(record), fmt.Sprintf("the key (column %q) %s", t.key.Header, reason+keyRemedy(key)))
	}
	if row.Key = key; t.byAttribute {
		row.Key = t.key.Normal(key)
	}
	if t.sourceAt >= 0 && record[t.sourceAt] != t.source.ID {
		return t.wrongSource(record[t.sourceAt])
	}
	if t.states.lookup >= 0 {
		if reason := t.identify(row, record); reason != "" {
			return reason
		}
	}
	if row.Invalid, row.Doubt = cmp.Or(fault, t.invalid(row)), doubt; doubt != "" {
		row.Invalid = doubt
	}
	return ""
}

// tidy does to the cells what the options ask for.
func (t *Table) tidy(record []string) {
	if t.opt.Trim {
		for i, cell := range record {
			record[i] = account.TrimBlank(cell)
		}
	}
	if len(t.opt.Null) > 0 {
		for i, cell := range record {
			if slices.Contains(t.opt.Null, cell) {
				record[i] = ""
			}
		}
	}
}

// widened fills a key of digits up with zeros on the left.
func widened(key string, width int) string {
	if key == "" || len(key) >= width || strings.Trim(key, "0123456789") != "" {
		return key
	}
	return strings.Repeat("0", width-len(key)) + key
}

// keyRemedy says what can be done about a bad key, where there is something to type.
func keyRemedy(key string) string {
	trimmed := account.TrimBlank(key)
	switch {
	case trimmed == "" || keyProblem(trimmed) != "":
		return ""
	case strings.HasPrefix(key, "\uFEFF"):
		return " (a byte order mark, BOM): --trim takes it away"
	case text.HidesCharacters(key):
		return fmt.Sprintf(" (%s): --trim takes it away", text.Reveal(key))
	}
	return ": --trim takes it away"
}

// cells are the cells of the managed columns: a part of the record where these
// stand side by side in the file, as they mostly do, else copied to dst.
func (t *Table) cells(dst, record []string) []string {
	if n := len(t.at); t.sideBySide {
		return record[t.at[0] : t.at[0]+n : t.at[0]+n]
	}
	dst = dst[:0]
	for _, at := range t.at {
		dst = append(dst, record[at])
	}
	return dst
}

func unquoteFormulas(cells []string) {
	for i, c := range cells {
		cells[i] = text.UnquoteFormula(c)
	}
}

// typedColumn is a column whose cells are checked.
type typedColumn struct {
	at    int // among the cells of a Row
	check func(cell string) string
}

// typedColumns are those of the columns whose type not every text fits.
func typedColumns(columns []account.Column) (typed []typedColumn) {
	for i, c := range columns {
		check := c.Type.Checker()
		if check != nil && (c.Multi || c.Dates != nil) {
			check = c.Check
		}
		if check != nil {
			typed = append(typed, typedColumn{i, check})
		}
	}
	return typed
}

// invalid names the columns whose cells do not fit their type or state.
func (t *Table) invalid(row *account.Row) string {
	var states string
	if t.states.any {
		states = t.wrongStates(row.States)
	}
	for _, c := range t.typed {
		if cell := row.Cells[c.at]; cell != "" && c.check(cell) != "" {
			return strings.TrimSuffix(t.allInvalid(row.Cells)+"; "+states, "; ")
		}
	}
	return states
}

func (t *Table) allInvalid(cells []string) string {
	var wrong []string
	for i, c := range t.columns {
		if reason := c.Check(cells[i]); reason != "" {
			wrong = append(wrong, fmt.Sprintf("column %q is %s", c.Header, reason+cellRemedy(c, cells[i])))
		}
	}
	return strings.Join(wrong, "; ")
}

// cellRemedy names the flag that would make the cell fit its type.
func cellRemedy(c account.Column, cell string) string {
	trimmed := account.TrimBlank(cell)
	switch {
	case account.IsNullText(trimmed):
		return fmt.Sprintf(" (--null %s takes the cell for empty)", text.ShellWord(cell))
	case trimmed != cell && c.Check(trimmed) == "":
		return " (--trim takes the white space around it away)"
	case c.Type == account.TypeDate:
		return dateRemedy(cell)
	}
	if remedy := c.Type.Remedy(cell); remedy != "" {
		return " (" + remedy + ")"
	}
	return ""
}

// dateRemedy names the one --date-format that reads the cell, where it is clear.
func dateRemedy(cell string) string {
	switch formats := account.ApartDateFormats(account.DateFormatsOf(cell)); len(formats) {
	case 0:
		return ", or name the form with --date-format LAYOUT: dd.MM.yyyy is the LAYOUT of 31.01.2026"
	case 1:
		return fmt.Sprintf(" (--date-format %s reads it)", text.ShellWord(formats[0]))
	default:
		return fmt.Sprintf(" (which of day and month comes first is not known: name the form with --date-format LAYOUT, and %s as LAYOUT)", text.ShellWord(formats[0])+" or "+text.ShellWord(formats[1]))
	}
}

// textProblem finds what no text may hold.
func (t *Table) textProblem(key string, row *account.Row, record []string) string {
	if reason := t.damage(key); reason != "" {
		return fmt.Sprintf("column %q %s", t.key.Header, reason)
	}
	for i, c := range row.Cells {
		if reason := t.damage(c); reason != "" {
			return fmt.Sprintf("column %q %s", t.columns[i].Header, reason)
		}
	}
	if at := t.states.lookup; at >= 0 && t.damage(record[at]) != "" {
		return fmt.Sprintf("column %q %s", t.header[at], t.damage(record[at]))
	}
	if reason := t.damage(row.States.IdentityID); reason != "" {
		return fmt.Sprintf("column %q %s", t.header[t.states.identityID], reason)
	}
	return ""
}

func (t *Table) damage(text string) string {
	switch {
	case strings.IndexByte(text, 0) >= 0:
		return "holds a NUL byte"
	case !utf8.ValidString(text):
		return "is not valid UTF-8: " + encodingHint(text)
	case t.transcoded != "" && strings.ContainsRune(text, utf8.RuneError):
		return "is not valid " + t.transcoded
	}
	return ""
}

// keyProblem returns "" or why no account can have such a key.
func keyProblem(key string) string {
	if key == "" {
		return "is empty"
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] == 0x7F {
			return "holds a control character"
		}
	}
	if edgeIsBlank(key) {
		return "begins or ends with white space"
	}
	return ""
}

func edgeIsBlank(key string) bool {
	if first, last := key[0], key[len(key)-1]; first < utf8.RuneSelf && last < utf8.RuneSelf {
		return first == ' ' || last == ' '
	}
	first, _ := utf8.DecodeRuneInString(key)
	last, _ := utf8.DecodeLastRuneInString(key)
	return account.IsBlank(first) || account.IsBlank(last)
}
