package account

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fill makes a row of a record, or returns why it is none. A suspicious record
// may hold NUL or invalid UTF-8.
func (t *Table) fill(row *Row, record []string, suspicious bool) (reason string) {
	row.Key, row.Invalid = "", ""
	if len(record) != len(t.header) {
		return fmt.Sprintf("the row has %d cells, the header has %d", len(record), len(t.header))
	}
	for i, at := range t.at {
		row.Cells[i] = record[at]
	}
	key := record[t.key.at]
	if t.partial {
		key = UnquoteFormula(key)
		unquoteFormulas(row.Cells)
	}
	if suspicious {
		if reason := t.textProblem(key, row.Cells); reason != "" {
			return reason
		}
	}
	if reason := keyProblem(key); reason != "" {
		return fmt.Sprintf("the key (column %q) %s", t.key.Header, reason)
	}
	if row.Key = key; t.byAttribute {
		row.Key = t.key.Normal(key)
	}
	if t.sourceAt >= 0 && record[t.sourceAt] != t.source.ID {
		return fmt.Sprintf("the row is for source %q, not %q", record[t.sourceAt], t.source.ID)
	}
	row.Invalid = t.invalid(row.Cells)
	return ""
}

func unquoteFormulas(cells []string) {
	for i, c := range cells {
		cells[i] = UnquoteFormula(c)
	}
}

// typedColumn is a column whose cells are checked.
type typedColumn struct {
	at    int // among the cells of a Row
	check func(cell string) string
}

// typedColumns are those of the columns whose type not every text fits.
func typedColumns(columns []Column) (typed []typedColumn) {
	for i, c := range columns {
		check := checkerOf(c.Type)
		if check != nil && c.Multi {
			check = c.Check
		}
		if check != nil {
			typed = append(typed, typedColumn{i, check})
		}
	}
	return typed
}

// invalid names the columns whose cells do not fit their type.
func (t *Table) invalid(cells []string) string {
	var wrong []string
	for i := range t.typed {
		cell := cells[t.typed[i].at]
		if cell == "" {
			continue
		}
		if reason := t.typed[i].check(cell); reason != "" {
			wrong = append(wrong, fmt.Sprintf("column %q is %s", t.columns[t.typed[i].at].Header, reason))
		}
	}
	return strings.Join(wrong, "; ")
}

// textProblem finds what no text may hold.
func (t *Table) textProblem(key string, cells []string) string {
	if reason := t.damage(key); reason != "" {
		return fmt.Sprintf("column %q %s", t.key.Header, reason)
	}
	for i, c := range cells {
		if reason := t.damage(c); reason != "" {
			return fmt.Sprintf("column %q %s", t.columns[i].Header, reason)
		}
	}
	return ""
}

func (t *Table) damage(text string) string {
	switch {
	case strings.IndexByte(text, 0) >= 0:
		return "holds a NUL byte"
	case !utf8.ValidString(text):
		return "is not valid UTF-8: save the file as UTF-8"
	case t.transcoded && strings.ContainsRune(text, utf8.RuneError):
		return "is not valid UTF-16"
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
	first, _ := utf8.DecodeRuneInString(key)
	last, _ := utf8.DecodeLastRuneInString(key)
	if isBlank(first) || isBlank(last) {
		return "begins or ends with white space"
	}
	return ""
}

// isBlank counts characters of no width as white space: nobody can see them.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B'
}
