package diff

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/internal/text"
)

// unfit are cells that do not fit the type of their column.
type unfit struct {
	places
	typ      account.Type
	forms    []string // the --date-format under which each of them is a date
	remedies []string // what to write instead
}

// invalid takes the cells of a rejected row that do not fit their type.
func (v *conventions) invalid(columns []account.Column, row account.Row) {
	for c, col := range columns {
		cell := row.Cells[c]
		if cell == "" || col.Check(cell) == "" || account.IsNullText(account.TrimBlank(cell)) {
			continue
		}
		forms := account.DateFormatsOf(cell)
		u := v.unfit[col.Header]
		if u == nil {
			if v.unfit == nil {
				v.unfit = map[string]*unfit{}
			}
			u = &unfit{typ: col.Type, forms: forms}
			v.unfit[col.Header] = u
			v.unfitted = append(v.unfitted, col.Header)
		}
		u.forms = slices.DeleteFunc(u.forms, func(form string) bool { return !account.IsDateIn(form, cell) })
		if remedy := col.Type.Remedy(cell); remedy != "" && !slices.Contains(u.remedies, remedy) {
			u.remedies = append(u.remedies, remedy)
		}
		u.add(col.Header, row.Line)
	}
}

// noteUnfit says of each column with several of them what would read them.
func (d *Diff) noteUnfit() {
	for _, column := range d.conventions.unfitted {
		u := d.conventions.unfit[column]
		if u.n < 2 {
			continue // its row says it
		}
		d.note(fmt.Sprintf("%s of the type %s (%s): %s.", u.cells("is none", "are none"), u.typ, &u.places, u.remedy()))
	}
}

// remedy is what to type or write so that the cells fit. A --date-format is only
// named where no other one reads them as other days.
func (u *unfit) remedy() string {
	switch forms := account.ApartDateFormats(u.forms); {
	case u.typ == account.TypeDate && len(forms) == 1:
		return "--date-format " + text.ShellWord(forms[0]) + " reads all of them"
	case u.typ == account.TypeDate && len(forms) > 1:
		return fmt.Sprintf("which of day and month comes first is not known: use --date-format %s or --date-format %s", text.ShellWord(forms[0]), text.ShellWord(forms[1]))
	case u.typ == account.TypeDate:
		return "no one form reads all of them: write them as 2026-01-31, or name each form with --date-format LAYOUT"
	case len(u.remedies) > 0:
		return strings.Join(slices.Sorted(slices.Values(u.remedies)), "; ")
	case u.typ == account.TypeBoolean:
		return "write true or false"
	}
	return "write digits alone"
}
