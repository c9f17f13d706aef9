package reports

import (
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// opView is one operation on the page.
type opView struct {
	*sync.Operation
	Number  int // its place on the page, from 1; 0 when the page does not hold it
	Changes []changeView
}

// open fills in the changes, for operations that are shown as lines.
func (v *opView) open() *opView {
	for _, f := range v.Operation.Changes {
		v.Changes = append(v.Changes, newChangeView(f))
	}
	return v
}

// Mark warns of a removal that takes an account from somebody.
func (v *opView) Mark() string { return identityMark(v.Operation) }

// Why is what was said to it, else why it was planned or withheld.
func (v *opView) Why() string { return message(why(v.Operation)) }

// changeView is one attribute of an operation: before and after, or what a list
// loses, gains and keeps.
type changeView struct {
	Name          string
	Before, After string // "" is no value
	List          bool
	Lost, Gained  []string
	Stay          int
}

func newChangeView(f diff.Field) changeView {
	c := changeView{Name: text.Visible(f.Attribute)}
	if f.Before.IsList() || f.After.IsList() {
		c.list(f.Before.AppendTexts(nil), f.After.AppendTexts(nil))
		return c
	}
	c.Before, c.After = text.Clip(scalar(f.Before), valueInPage), text.Clip(scalar(f.After), valueInPage)
	return c
}

func (c *changeView) list(before, after []string) {
	c.List = true
	c.Lost, c.Gained = shown(without(before, after)), shown(without(after, before))
	c.Stay = len(before) - len(without(before, after))
}

// shown are the texts as the page shows them.
func shown(texts []string) []string {
	for i, t := range texts {
		texts[i] = text.Clip(t, valueInPage)
	}
	return texts
}

// touchedAttributes are all attributes that any operation sets or changes, by
// how many of them do.
func (s *survey) touchedAttributes() []*attributeChange {
	var all []*attributeChange
	for _, name := range mostFirst(s.touched, len(s.touched)) {
		all = append(all, &attributeChange{Name: text.Visible(name), Changed: s.touched[name]})
	}
	return all
}
