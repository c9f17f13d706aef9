package diff

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
)

// A multi-valued cell with another separator is one odd value. It shows when
// what stands between those separators are values of other cells, too.

// maxSuspects bounds what is kept of such cells: the warning needs no more.
const maxSuspects = 1000

// usualSeparators are what separates values in other people's files. No other
// character is taken for one without proof.
const usualSeparators = ",;|\t\n"

// suspect is a multi-valued cell that may hold several values in one.
type suspect struct {
	row       entry
	column    int
	separator string
	parts     []string // that the account does not have
}

// suspect keeps a cell in which another separator stands.
func (v *conventions) suspect(i entry, c int, col account.Column, cell string, have []string) {
	if len(v.suspects) >= maxSuspects {
		return
	}
	for _, separator := range separatorsIn(cell, col.Separator) {
		if !strings.Contains(usualSeparators, separator) {
			continue
		}
		other := col
		other.Separator, other.Trim = separator, true
		parts := other.AppendTexts(nil, cell)
		if len(parts) < 2 || !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(p, "=") }) {
			continue // a distinguished name, most likely
		}
		for k, part := range parts {
			parts[k] = strings.Clone(part)
		}
		parts = slices.DeleteFunc(parts, func(p string) bool { return slices.Contains(have, p) })
		v.suspects = append(v.suspects, suspect{i, c, strings.Clone(separator), parts})
		return
	}
}

// partOf is a value that is looked for in the cells of a column.
type partOf struct {
	column int
	text   string
}

// rowsWith are two rows that hold a value, one plus each; 0 where there is none.
type rowsWith [2]entry

func (w *rowsWith) add(i entry) {
	switch {
	case w[0] == 0:
		w[0] = i + 1
	case w[0] != i+1:
		w[1] = i + 1
	}
}

// beside reports whether another row than i has the value.
func (w *rowsWith) beside(i entry) bool { return w[1] != 0 || w[0] != 0 && w[0] != i+1 }

// noteSeparators reads the file once more, where there are suspects, and notes
// those of which every part is a value elsewhere.
func (d *Diff) noteSeparators() error {
	suspects := d.conventions.suspects
	if len(suspects) == 0 {
		return nil
	}
	wanted := map[partOf]*rowsWith{}
	splits := map[int][]account.Column{} // ways to split the cells of a column
	for _, s := range suspects {
		for _, part := range s.parts {
			wanted[partOf{s.column, part}] = &rowsWith{}
		}
		plain := d.ix.hash.columns[s.column]
		plain.Trim = true
		other := plain
		other.Separator = s.separator
		for _, way := range []account.Column{plain, other} {
			if !slices.Contains(splits[s.column], way) {
				splits[s.column] = append(splits[s.column], way)
			}
		}
	}
	again := reading{Index: d.ix, hash: d.ix.hash.fork()}
	var texts []string
	for row, err := range again.rows() {
		if err != nil {
			return err
		}
		for c, ways := range splits {
			for _, way := range ways {
				texts = way.AppendTexts(texts[:0], row.Cells[c])
				for _, text := range texts {
					if found := wanted[partOf{c, text}]; found != nil {
						found.add(row.i)
					}
				}
			}
		}
	}
	type way struct {
		column    int
		separator string
	}
	counted := map[way]*places{}
	var order []way
	for _, s := range suspects {
		known := !slices.ContainsFunc(s.parts, func(part string) bool { return !wanted[partOf{s.column, part}].beside(s.row) })
		if !known {
			continue
		}
		w := way{s.column, s.separator}
		if counted[w] == nil {
			counted[w] = &places{}
			order = append(order, w)
		}
		counted[w].add(d.ix.hash.columns[s.column].Header, d.ix.line(s.row))
	}
	for _, w := range order {
		d.note(fmt.Sprintf("%s %q between texts that are values of their own in other cells or accounts (%s): where it separates values, use --separator %s.",
			counted[w].cells("holds", "hold"), w.separator, counted[w], separatorWord(w.separator)))
	}
	return nil
}
