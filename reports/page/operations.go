package page

import (
	"bufio"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Operations are the operations of the page.
type Operations struct {
	Count      int // of the run
	Held       int // of them: on the page
	First      []Operation
	Ops        []Pick
	States     []Pick
	Attributes []Attribute // of all operations, to choose from
	KeysMasked bool        // no rule can name a key
	Sheet      string      // that the rows are from, where it is a workbook
	File       string      // name of the file of rules that a reviewer saves
	Encoded    iter.Seq[[]byte]
	Legend     *Legend
}

// More is how many operations of the page are not among the first, Left how
// many of the run are not on the page.
func (o *Operations) More() int { return o.Held - len(o.First) }
func (o *Operations) Left() int { return o.Count - o.Held }

// Pick is a choice of the filters with how many operations it shows.
type Pick struct {
	Name, Symbol string
	Count        int
}

// Operation is an operation as the page shows it without a script, and as its
// script reads it: every text as it is shown, names that repeat as numbers.
type Operation struct {
	Op       int      `json:"o"`
	State    int      `json:"s"`
	Key      string   `json:"k"`
	Rule     string   `json:"kr,omitzero"` // the pattern of the key in a rule, where it is another text
	Name     string   `json:"nm,omitzero"`
	Account  string   `json:"a,omitzero"`
	Line     int      `json:"l,omitzero"`
	Why      string   `json:"r,omitzero"`
	Sent     string   `json:"x,omitzero"` // how the API answered, in words
	Identity string   `json:"i,omitzero"` // id
	Whose    string   `json:"w,omitzero"` // name and state
	Mark     string   `json:"m,omitzero"` // what to look at twice
	Fold     bool     `json:"f,omitzero"` // its changes need no look
	Takes    bool     `json:"t,omitzero"` // the changes are what it takes away
	Changes  []Change `json:"c,omitzero"`

	Where, OpName, Symbol, StateName, StateSymbol string `json:"-"`
	Number                                        int    `json:"-"`
}

// Change is one attribute before and after: a text, or a list of them; none is
// no value.
type Change struct {
	Attribute     int    // its number
	Name          string // and its name
	Before, After []string
	List          bool
}

// MarshalJSONTo writes the change as [attribute, before, after]; a value is
// null, a text or a list of texts.
func (c Change) MarshalJSONTo(e *jsontext.Encoder) error {
	e.WriteToken(jsontext.BeginArray)
	e.WriteToken(jsontext.Int(int64(c.Attribute)))
	for _, v := range [][]string{c.Before, c.After} {
		var err error
		switch {
		case len(v) == 0:
			err = e.WriteToken(jsontext.Null)
		case c.List:
			err = json.MarshalEncode(e, v)
		default:
			err = e.WriteToken(jsontext.String(v[0]))
		}
		if err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}

// cut is how much of a value is shown at once without a script.
const cut = 300

// Lost, Gained and Stay are what the change of a list comes to.
func (c Change) Lost() []string   { return without(c.Before, c.After) }
func (c Change) Gained() []string { return without(c.After, c.Before) }
func (c Change) Stay() int        { return len(c.Before) - len(c.Lost()) }

// Old and New are a single value before and after, "" is none.
func (c Change) Old() string { return first(c.Before) }
func (c Change) New() string { return first(c.After) }

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return short(texts[0])
}

func short(s string) string {
	if r := []rune(s); len(r) > cut {
		return string(r[:cut]) + "…"
	}
	return s
}

// without are the texts that are not among the others, as they are shown.
func without(texts, others []string) []string {
	known := make(map[string]bool, len(others))
	for _, t := range others {
		known[t] = true
	}
	var missing []string
	for _, t := range texts {
		if !known[t] {
			missing = append(missing, short(t))
		}
	}
	return missing
}

// Legend says what the numbers of the data stand for.
type Legend struct {
	Ops         []string `json:"ops"`
	Symbols     []string `json:"signs"` // of the ops
	States      []string `json:"states"`
	StateSymbol []string `json:"stateSigns"`
	Attributes  []string `json:"attributes"`
	Run         string   `json:"run"`
	File        string   `json:"file,omitzero"`
	Next        string   `json:"next,omitzero"`
	KeysMasked  bool     `json:"keysMasked,omitzero"`
}

// options keep a value from ending the element the data stands in.
var options = json.JoinOptions(jsontext.EscapeForHTML(true), jsontext.EscapeForJS(true), jsontext.AllowInvalidUTF8(true))

// Encode is the operation as it stands in the page.
func (o *Operation) Encode() ([]byte, error) { return json.Marshal(o, options) }

// write writes the operations, one a line, and then the names their numbers
// stand for.
func (o *Operations) write(w *bufio.Writer) error {
	w.WriteString("<script type=\"application/json\" id=\"data\">{\"operations\":[")
	separator := "\n"
	for text := range o.Encoded {
		w.WriteString(separator)
		w.Write(text)
		separator = ",\n"
	}
	w.WriteString("\n],\n\"names\":")
	if err := json.MarshalWrite(w, o.Legend, options); err != nil {
		return err
	}
	_, err := w.WriteString("}</script>\n")
	return err
}
