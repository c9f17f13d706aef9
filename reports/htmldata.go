package reports

import (
	"bufio"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// datum is one operation as the page's script reads it: every text as it is
// shown, names that repeat as numbers.
type datum struct {
	Source     int           `json:"f,omitzero"`
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
		return e.WriteToken(jsontext.String(visible(texts[0])))
	}
	e.WriteToken(jsontext.BeginArray)
	for _, t := range texts {
		e.WriteToken(jsontext.String(visible(t)))
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
		n.list = append(n.list, visible(name))
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
	Sources    []string `json:"sources"`
	Ops        *names   `json:"ops"`
	Signs      []string `json:"signs"` // of the ops
	States     *names   `json:"states"`
	StateSigns []string `json:"stateSigns"`
	Attributes *names   `json:"attributes"`
}

// newLegend begins with the operations and states in the order of the reports.
func newLegend(r *sync.Result) *legend {
	l := &legend{Sources: []string{}}
	for _, n := range []**names{&l.Ops, &l.States, &l.Attributes} {
		*n = &names{list: []string{}, at: map[string]int{}}
	}
	for _, s := range r.Sources {
		l.Sources = append(l.Sources, visible(sourceName(s)))
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

// writeData writes the operations of all sources, one a line, and then the
// names their numbers stand for.
func writeData(w *bufio.Writer, r *sync.Result) error {
	w.WriteString("<script type=\"application/json\" id=\"data\">{\"operations\":[")
	l := newLegend(r)
	separator := "\n"
	for i, s := range r.Sources {
		for _, op := range s.Operations {
			w.WriteString(separator)
			if err := json.MarshalWrite(w, l.datum(i, op), dataOptions); err != nil {
				return err
			}
			separator = ",\n"
		}
	}
	w.WriteString("\n],\n\"names\":")
	l.sign()
	if err := json.MarshalWrite(w, l, dataOptions); err != nil {
		return err
	}
	_, err := w.WriteString("}</script>\n")
	return err
}

func (l *legend) datum(source int, op *sync.Operation) *datum {
	d := &datum{Source: source, Op: l.Ops.number(string(op.Op)), State: l.States.number(string(op.State)), Key: visible(op.Key),
		Account: visible(op.Account), Line: op.Line, Reason: visible(op.Reason), Error: visible(op.Error), HTTP: op.HTTP, Attempts: op.Attempts,
		Task: visible(op.Task), TaskStatus: visible(op.TaskStatus), TrackingID: visible(op.TrackingID),
		Identity: visible(op.IdentityID), IdentityIs: visible(op.IdentityState), Mark: allMarks(op), Duration: op.DurationMS}
	for _, f := range op.Changes {
		d.Changes = append(d.Changes, datumChange{l.Attributes.number(f.Attribute), f.Before, f.After})
	}
	return d
}
