package sync

import (
	"bytes"
	"fmt"

	"accountsync/account"
	"accountsync/diff"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// The one codec of everything on record: JSON a person can read. Attribute
// values stay as the API sent them, down to their escapes and digits. In a
// change a missing value is null, and a null a missing value: they mean the
// same. In the attributes of an account a null stays a null.
var options = json.JoinOptions(
	jsonv1.OmitEmptyWithLegacySemantics(true),
	jsonv1.FormatDurationAsNano(true),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.PreserveRawStrings(true),
	json.WithMarshalers(json.MarshalToFunc(writeAttributes)),
	json.WithUnmarshalers(json.UnmarshalFromFunc(readAttributes)),
)

// Encode is the JSON of a part of the record: a head, a row, a part of an operation.
func Encode(v any) ([]byte, error) { return json.Marshal(v, options) }

// Decode reads what Encode wrote. It ignores members it does not know.
func Decode(text []byte, v any) error { return json.Unmarshal(text, v, options) }

// writeAttributes writes attributes as one object, in their order.
func writeAttributes(e *jsontext.Encoder, attrs []account.Attribute) error {
	if attrs == nil {
		return e.WriteToken(jsontext.Null)
	}
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, a := range attrs {
		if a.Value == "" { // missing
			continue
		}
		if err := e.WriteToken(jsontext.String(a.Name)); err != nil {
			return err
		}
		if err := e.WriteValue(jsontext.Value(a.Value)); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// readAttributes reads what writeAttributes wrote.
func readAttributes(d *jsontext.Decoder, attrs *[]account.Attribute) error {
	*attrs = nil
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*attrs = []account.Attribute{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		a := account.Attribute{Name: name.String()}
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		a.Value = account.Value(value)
		*attrs = append(*attrs, a)
	}
	_, err := d.ReadToken()
	return err
}

// Line is an operation as it is stored: its three parts, encoded.
type Line struct {
	Row
	Seq      int
	Op       diff.Op
	Plan     []byte
	Result   []byte
	Evidence []byte // empty where there is none
}

// EncodeLine encodes an operation.
func EncodeLine(op *Operation) (l *Line, err error) {
	l = &Line{Row: op.Row, Seq: op.Seq, Op: op.Op}
	if l.Plan, err = Encode(&op.OperationPlan); err != nil {
		return nil, fmt.Errorf("encoding the plan of %s %q: %w", op.Op, op.Key, err)
	}
	return l, l.EncodeOutcome(op)
}

// Entry is an operation on its way into a record, and as it stands there:
// encoded, with what it stands by and what it is found by.
type Entry struct {
	Line
	Phase                         int
	Key, Account, Native, Created []byte

	words [3][]byte // of read
}

// SetWords sets the kind, the state and the code: mostly what they are already,
// which takes no copy of the texts.
func (e *Entry) SetWords(op, state, code []byte) {
	if string(e.Op) != string(op) {
		e.Op = diff.Op(op)
	}
	if string(e.State) != string(state) {
		e.State = State(state)
	}
	if string(e.Code) != string(code) {
		e.Code = Code(code)
	}
}

// EncodeEntry encodes an operation for a record.
func EncodeEntry(op *Operation) (*Entry, error) {
	l, err := EncodeLine(op)
	if err != nil {
		return nil, err
	}
	return &Entry{Line: *l, Phase: op.Phase(), Key: []byte(op.Key), Account: []byte(op.Account), Native: []byte(op.Native), Created: []byte(op.Created)}, nil
}

// EncodeOutcome encodes what may have changed of an operation.
func (l *Line) EncodeOutcome(op *Operation) (err error) {
	l.State, l.Code, l.Evidence = op.State, op.Reason.Code, nil
	if l.Result, err = Encode(&op.OperationResult); err == nil && op.Evidence != (Evidence{}) {
		l.Evidence, err = Encode(&op.Evidence)
	}
	if err != nil {
		return fmt.Errorf("encoding the result of %s %q: %w", op.Op, op.Key, err)
	}
	return nil
}

// Operation decodes the line.
func (l *Line) Operation() (*Operation, error) {
	op := &Operation{Row: l.Row}
	if err := Decode(l.Plan, &op.OperationPlan); err != nil {
		return nil, fmt.Errorf("%w: the plan of operation %d: %w", ErrDamaged, l.Place, err)
	}
	err := Decode(l.Result, &op.OperationResult)
	if err == nil && len(l.Evidence) > 0 {
		err = Decode(l.Evidence, &op.Evidence)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the result of operation %d: %w", ErrDamaged, l.Place, err)
	}
	return op, nil
}

// appendPlan appends the line as plan.json holds it: all there is.
func (l *Line) appendPlan(b []byte) []byte { return appendObjects(b, l.Plan, l.Result, l.Evidence) }

// AppendResult appends the line as result.json holds it: the plan and the
// result, and words for its reason, where there are any. The id of a new account
// stands there as account, too.
func (l *Line) AppendResult(b []byte, created, reason string) ([]byte, error) {
	var more []byte
	var err error
	if created != "" || reason != "" {
		more, err = Encode(struct {
			Account string `json:"account,omitzero"`
			Reason  string `json:"reason,omitzero"`
		}{created, reason})
	}
	return appendObjects(b, l.Plan, l.Result, more), err
}

// appendObjects appends one object with the members of several.
func appendObjects(b []byte, objects ...[]byte) []byte {
	b = append(b, '{')
	first := len(b)
	for _, o := range objects {
		if len(o) <= len("{}") {
			continue
		}
		if len(b) > first {
			b = append(b, ',')
		}
		b = append(b, bytes.TrimSuffix(o[1:], []byte("}"))...)
	}
	return append(b, '}')
}

// ReadLine reads an operation of a plan.json, and of a result.json, which names
// an account that was created twice. The version and
// place of its row are not on paper.
func ReadLine(text []byte) (*Operation, error) {
	var all struct { // the three parts are one object on paper
		OperationPlan
		OperationResult
		Evidence
	}
	if err := Decode(text, &all); err != nil {
		return nil, err
	}
	op := &Operation{OperationPlan: all.OperationPlan, OperationResult: all.OperationResult, Evidence: all.Evidence}
	op.Row.State = op.State
	return op, nil
}

// rejected is a rejected row with all there is of it.
type rejected struct {
	account.Rejected
	Offset int64 `json:"offset"`
}

// EncodeRejected encodes a rejected row.
func EncodeRejected(r account.Rejected) ([]byte, error) { return Encode(rejected{r, r.Offset}) }

// DecodeRejected reads what EncodeRejected wrote.
func DecodeRejected(text []byte) (account.Rejected, error) {
	r := rejected{Offset: -1}
	err := Decode(text, &r)
	r.Rejected.Offset = r.Offset
	return r.Rejected, err
}
