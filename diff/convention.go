package diff

import (
	"fmt"
	"slices"

	"accountsync/account"
	"accountsync/internal/text"
)

// conventions notices cells that are written in another way than the live
// values: with another separator, with white space around them, with a word
// that stands for nothing, in another notation.
type conventions struct {
	blanks   places    // cells with white space at their ends that the live value lacks
	nulls    nullWords // cells that may mean no value, where there is none
	several  places    // cells of one value, as the schema says, where the account has several
	replaced nullWords // the same, where there is another value
	notation map[notation]*places
	found    []notation // of notation, in that order
	suspects []suspect
	unfit    map[string]*unfit // by column: cells that do not fit its type
	unfitted []string          // of unfit, in the order in which they were found
}

// otherConvention says of a row whose account holds other values why it is
// rejected: a multi-valued cell has what is live, written in another way. Of
// single values it only takes note.
func (d *Diff) otherConvention(i entry, row account.Row, fields []Field) string {
	for c, col := range d.ix.hash.columns {
		at := slices.IndexFunc(fields, func(f Field) bool { return f.Attribute == col.Attribute })
		if at < 0 {
			continue
		}
		if reason := standsForList(col, row.Cells[c]); reason != "" {
			return reason
		}
		if several := fields[at].Before.AppendTexts(nil); !col.Multi && len(several) > 1 && row.Cells[c] != "" {
			if sameSeveral(col, row.Cells[c], fields[at].Before) {
				return fmt.Sprintf("column %q holds the values that the account has, where the schema says that there is one: use --multi %s", col.Header, text.ShellWord(col.Attribute))
			}
			d.conventions.several.add(col.Attribute, row.Line)
		}
		if col.Multi {
			if flags := sameUnder(col, row.Cells[c], fields[at].Before); flags != "" {
				return fmt.Sprintf("column %q holds the values that the account has, written in another way: use %s", col.Header, flags)
			}
			if sameBetween(row.Cells[c], fields[at].Before.AppendTexts(nil)) {
				return fmt.Sprintf("column %q holds the values that the account has, with other characters around them: write them with %s between them and nothing else", col.Header, separatorWord(col.Separator))
			}
		}
	}
	for c, col := range d.ix.hash.columns {
		if at := slices.IndexFunc(fields, func(f Field) bool { return f.Attribute == col.Attribute }); at >= 0 {
			d.conventions.cell(i, c, col, row, fields[at].Before)
		}
	}
	return ""
}

// create takes the cells of a row that would create an account.
func (v *conventions) create(i entry, columns []account.Column, row account.Row) {
	for c, col := range columns {
		if row.Cells[c] != "" {
			v.cell(i, c, col, row, "")
		}
	}
}

// cell takes one cell that differs from the live value.
func (v *conventions) cell(i entry, c int, col account.Column, row account.Row, live account.Value) {
	cell := row.Cells[c]
	have := live.AppendTexts(nil)
	if cell == "" {
		return
	}
	switch {
	case len(have) == 0 && account.IsNullText(account.TrimBlank(cell)):
		v.nulls.add(cell, col.Header, row.Line)
	case account.IsNullText(account.TrimBlank(cell)):
		v.replaced.add(cell, col.Header, row.Line)
	case account.TrimBlank(cell) == "":
		v.blanks.add(col.Header, row.Line)
	case col.Multi:
		v.suspect(i, c, col, cell, have)
		v.compareSets(col, cell, have, row.Line)
	case account.TrimBlank(cell) != cell && (len(have) == 0 || len(have) == 1 && account.TrimBlank(have[0]) == have[0]):
		v.blanks.add(col.Header, row.Line)
	case len(have) == 1:
		v.compare(col, cell, have[0], row.Line)
	}
}

// noteConventions says in one sentence a kind what was noticed.
func (d *Diff) noteConventions() error {
	d.noteUnfit()
	v := &d.conventions
	if v.blanks.n > 0 {
		d.note(fmt.Sprintf("%s with white space that the live values lack (%s): --trim takes it away.", v.blanks.cells("begins or ends", "begin or end"), &v.blanks))
	}
	if len(v.nulls.texts) > 0 {
		d.note(v.nulls.note("the account holds none"))
	}
	if len(v.replaced.texts) > 0 {
		d.note(v.replaced.note("the account holds another value, which it would replace"))
	}
	if v.several.n > 0 {
		flags := ""
		for _, attribute := range v.several.columns {
			flags += " --multi " + text.ShellWord(attribute)
		}
		d.note(fmt.Sprintf("%s one value, as the schema says, where the account has several, which it would replace (%s): where there can be several, use%s.", v.several.cells("holds", "hold"), &v.several, flags))
	}
	for _, n := range v.found {
		p := v.notation[n]
		example := ""
		if p.example != "" {
			example = ": " + p.example
		}
		d.note(fmt.Sprintf("%s from the live values in %s only (%s)%s.", p.cells("differs", "differ"), n.kind, p, example))
	}
	return d.noteSeparators()
}
