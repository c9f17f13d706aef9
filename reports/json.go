package reports

import (
	"bufio"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"accountsync/sync"
)

// jsonOptions keep attribute values as the API sent them, down to their
// escapes, and leave out the zero numbers that the model marks omitempty.
var jsonOptions = json.JoinOptions(
	jsonv1.OmitEmptyWithLegacySemantics(true),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.PreserveRawStrings(true),
)

// writeJSON streams r as result.json: indented, one operation a line, and
// without a character that acts.
func writeJSON(w io.Writer, r *sync.Result) error {
	out := bufio.NewWriter(&inertJSON{w: w})
	if err := json.MarshalWrite(&layout{w: out}, r, jsonOptions); err != nil {
		return err
	}
	if err := out.WriteByte('\n'); err != nil {
		return err
	}
	return out.Flush()
}

// ReadJSON reads a result.json back. It ignores fields it does not know. What
// the file does not hold (kept rows, orphans, the input table) stays nil.
func ReadJSON(in io.Reader) (*sync.Result, error) {
	r := new(sync.Result)
	if err := json.UnmarshalRead(in, r, jsonOptions); err != nil {
		return nil, fmt.Errorf("not a readable result.json: %w", err)
	}
	if r.Schema != sync.ResultSchema {
		return nil, fmt.Errorf("not a result this version can read: its schema is %q, expected %q", r.Schema, sync.ResultSchema)
	}
	forgetOffsets(r)
	return r, nil
}

// forgetOffsets marks every row as one that cannot be read again: the file that
// the offsets spoke of is not at hand.
func forgetOffsets(r *sync.Result) {
	for _, s := range r.Sources {
		for _, op := range s.Operations {
			op.Offset = -1
		}
		for i := range s.Rejected {
			s.Rejected[i].Offset = -1
		}
	}
}
