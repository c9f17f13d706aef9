package diff

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/internal/text"
)

// nullWords are cells that hold a word for no value, by word.
type nullWords struct {
	places map[string]*places
	texts  []string // in the order in which they were found
}

func (w *nullWords) add(text, column string, line int) {
	if w.places == nil {
		w.places = map[string]*places{}
	}
	if w.places[text] == nil {
		text = strings.Clone(text)
		w.places[text] = &places{}
		w.texts = append(w.texts, text)
	}
	w.places[text].add(column, line)
}

// note says what was noticed; where says of what kind the accounts are.
func (w *nullWords) note(where string) string {
	all, flags := places{}, ""
	for _, cell := range w.texts {
		p := w.places[cell]
		all.n += p.n
		for _, column := range p.columns {
			if !slices.Contains(all.columns, column) {
				all.columns = append(all.columns, column)
			}
		}
		all.lines = append(all.lines, p.lines...)
		flags += " --null " + text.ShellWord(cell)
	}
	slices.Sort(all.lines)
	all.lines = slices.Compact(all.lines)
	all.lines = all.lines[:min(len(all.lines), shownLines)]
	return fmt.Sprintf("%s a word for no value where %s (%s): to read such cells as empty, use%s.", all.cells("holds", "hold"), where, &all, flags)
}
