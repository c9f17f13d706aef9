package reports

import (
	"bufio"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// datum is one operation as the page's script reads it: every text as it is
// shown, names that repeat as numbers.
type datum struct {
	Op         int           `json:"o"`
	State      int           `json:"s"`
	Key        string        `json:"k"`
	Account    string        `json:"a,omitzero"`
	Line       int           `json:"l,omitzero"`
	Reason     string        `json:"r,omitzero"`
	Error      string        `json:"e,omitzero"`
	HTTP       int           `json:"h,omitzero"`
	Attempts   int           `json:"n,omitzero"`
	Task       string        `json:"t,omitzero"`
	TaskStatus string        `json:"ts,omitzero"`
	TrackingID string        `json:"tr,omitzero"`
	Identity   string        `json:"i,omitzero"`
	IdentityIs string        `json:"is,omitzero"`
	Mark       string        `json:"m,omitzero"` // what to look at twice
	Duration   int64         `json:"d,omitzero"` // milliseconds
	Changes    []datumChange `json:"c,omitzero"`
}

// datumChange is [attribute, before, after]; a value is null, a text or a list
// of texts.
type datumChange struct {
	attribute     int
	before, after account.Value
}

// dataOptions keep a value from ending the element the data stands in.
var dataOptions = json.JoinOptions(jsontext.EscapeForHTML(true), jsontext.EscapeForJS(true), jsontext.AllowInvalidUTF8(true))

// MarshalJSONTo writes the change as a list.
func (c datumChange) MarshalJSONTo(e *jsontext.Encoder) error {
	e.WriteToken(jsontext.BeginArray)
	e.WriteToken(jsontext.Int(int64(c.attribute)))
	for _, v := range []account.Value{c.before, c.after} {
		if err := writeShown(e, v); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}

// writeShown writes a value as the page shows it.
func writeShown(e *jsontext.Encoder, v account.Value) error {
	if v.IsEmpty() {
		return e.WriteToken(jsontext.Null)
	}
	texts := v.AppendTexts(nil)
	if !v.IsList() {
		return e.WriteToken(jsontext.String(text.Visible(texts[0])))
	}
	e.WriteToken(jsontext.BeginArray)
	for _, t := range texts {
		e.WriteToken(jsontext.String(text.Visible(t)))
	}
	return e.WriteToken(jsontext.EndArray)
}

// names numbers texts in the order in which they come.
type names struct {
	list []string
	at   map[string]int
}

func (n *names) number(name string) int {
	at, known := n.at[name]
	if !known {
		at = len(n.list)
		n.list = append(n.list, text.Visible(name))
		n.at[name] = at
	}
	return at
}

// MarshalJSONTo writes the texts in their order.
func (n *names) MarshalJSONTo(e *jsontext.Encoder) error {
	return json.MarshalEncode(e, n.list)
}

// legend says what the numbers of the data stand for.
type legend struct {
	Ops        *names   `json:"ops"`
	Signs      []string `json:"signs"` // of the ops
	States     *names   `json:"states"`
	StateSigns []string `json:"stateSigns"`
	Attributes *names   `json:"attributes"`
}

// newLegend begins with the operations and states in the order of the reports.
func newLegend() *legend {
	l := &legend{}
	for _, n := range []**names{&l.Ops, &l.States, &l.Attributes} {
		*n = &names{list: []string{}, at: map[string]int{}}
	}
	for _, op := range diff.Ops {
		l.Ops.number(string(op))
	}
	for _, state := range sync.States {
		l.States.number(string(state))
	}
	return l
}

// sign adds the signs of the operations and states.
func (l *legend) sign() {
	for _, op := range l.Ops.list {
		l.Signs = append(l.Signs, opSign(diff.Op(op)))
	}
	for _, state := range l.States.list {
		l.StateSigns = append(l.StateSigns, stateSigns[sync.State(state)])
	}
}

func (l *legend) datum(op *sync.Operation) *datum {
	d := &datum{Op: l.Ops.number(string(op.Op)), State: l.States.number(string(op.State)), Key: text.Visible(op.Key),
		Account: text.Visible(op.AccountID()), Line: op.Line, Reason: text.Visible(reasonText(op)), Error: text.Visible(op.Error), HTTP: op.HTTP, Attempts: op.Attempts,
		Task: text.Visible(op.Task), TaskStatus: text.Visible(op.TaskStatus), TrackingID: text.Visible(op.TrackingID),
		Identity: text.Visible(op.IdentityID), IdentityIs: text.Visible(op.IdentityState), Mark: allMarks(op), Duration: op.DurationMS}
	for _, f := range op.Changes {
		d.Changes = append(d.Changes, datumChange{l.Attributes.number(f.Attribute), f.Before, f.After})
	}
	return d
}

// inPage is how many operations the page holds.
const inPage = 20_000

// pageData are the operations of the page, those that need a look first: the
// failed, stale, accepted and withheld ones, removals, and then the rest.
type pageData struct {
	legend  *legend
	planned bool // nothing was to be sent: what is withheld for no reason needs no look
	ranks   [6][]pageOperation
	size    int
}

// pageOperation is an operation of the page.
type pageOperation struct {
	place int64
	text  []byte
	op    *sync.Operation // of the first of each rank
}

func newPageData(o *outline) *pageData {
	return &pageData{legend: newLegend(), planned: o.Outcome == sync.Planned}
}

// rank is how much an operation needs a look, 0 the most.
func (d *pageData) rank(op *sync.Operation) int {
	switch {
	case op.State == sync.Failed:
		return 0
	case op.State == sync.Stale:
		return 1
	case op.State == sync.Accepted && !op.Settled():
		return 2
	case op.State == sync.Withheld && (!d.planned || op.Reason.Code != ""):
		return 3
	case op.Removal():
		return 4
	}
	return 5
}

// operation takes an operation in, in the place of one that needs a look less
// where the page is full.
func (d *pageData) operation(op *sync.Operation, _ *sync.Line) error {
	rank := d.rank(op)
	if d.size == inPage {
		last := len(d.ranks) - 1
		for len(d.ranks[last]) == 0 {
			last--
		}
		if rank >= last {
			return nil
		}
		d.ranks[last] = d.ranks[last][:len(d.ranks[last])-1]
		d.size--
	}
	text, err := json.Marshal(d.legend.datum(op), dataOptions)
	if err != nil {
		return err
	}
	one := pageOperation{place: op.Row.Place, text: text}
	if len(d.ranks[rank]) < listedInPage {
		one.op = op
	}
	d.ranks[rank] = append(d.ranks[rank], one)
	d.size++
	return nil
}

// operations are those of the page, in their order, counted from 0.
func (d *pageData) operations() iter.Seq2[int, pageOperation] {
	return func(yield func(int, pageOperation) bool) {
		n := 0
		for _, rank := range d.ranks {
			for _, op := range rank {
				if !yield(n, op) {
					return
				}
				n++
			}
		}
	}
}

// write writes the operations, one a line, and then the names their numbers
// stand for.
func (d *pageData) write(w *bufio.Writer) error {
	w.WriteString("<script type=\"application/json\" id=\"data\">{\"operations\":[")
	separator := "\n"
	for _, op := range d.operations() {
		w.WriteString(separator)
		w.Write(op.text)
		separator = ",\n"
	}
	w.WriteString("\n],\n\"names\":")
	d.legend.sign()
	if err := json.MarshalWrite(w, d.legend, dataOptions); err != nil {
		return err
	}
	_, err := w.WriteString("}</script>\n")
	return err
}
