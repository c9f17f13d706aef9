package reports

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// jsonOptions keep attribute values as the API sent them, down to their
// escapes, and leave out the zero numbers that the model marks omitempty.
var jsonOptions = json.JoinOptions(
	jsonv1.OmitEmptyWithLegacySemantics(true),
	jsonv1.FormatDurationAsNano(true),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.PreserveRawStrings(true),
)

// resultSchema names the shape of a result.json.
const resultSchema = "accountsync/result/v1"

// resultHead is the beginning of a result.json. Time stamps stand only here.
type resultHead struct {
	Schema   string          `json:"schema"`
	Run      string          `json:"run"`
	Command  string          `json:"command"`
	Undoes   string          `json:"undoes,omitzero"`
	Applies  string          `json:"applies,omitzero"`
	MadeBy   []string        `json:"made_by,omitempty"`
	Approved *sync.Approved  `json:"approved,omitempty"`
	Version  string          `json:"version"`
	Outcome  sync.Outcome    `json:"outcome"`
	ExitCode int             `json:"exit_code"`
	Error    string          `json:"error,omitzero"`
	Hint     string          `json:"hint,omitzero"`
	Started  time.Time       `json:"started"`
	Finished time.Time       `json:"finished"`
	Tenant   string          `json:"tenant"`
	API      string          `json:"api"`
	Requests sync.Requests   `json:"requests"`
	Latency  *sync.Latency   `json:"latency,omitzero"`
	Timeline []sync.Interval `json:"timeline,omitempty"`
	Settings []sync.Setting  `json:"settings,omitempty"`
	Redacted []string        `json:"redacted,omitempty"`
}

// resultSource is the beginning of a source in a result.json.
type resultSource struct {
	Source  account.Source `json:"source"`
	Input   sync.Input     `json:"input"`
	Listing sync.Listing   `json:"listing"`
	Hold    sync.Reason    `json:"hold,omitzero"`
	Guards  []diff.Guard   `json:"guards"`
	Totals  sync.Totals    `json:"totals"`
	Notes   []string       `json:"notes,omitempty"`
	Unusual []diff.Unusual `json:"unusual,omitempty"`
}

func newResultHead(h *sync.Head) resultHead {
	return resultHead{resultSchema, h.Run, h.Command, h.Undoes, h.Applies, h.MadeBy, h.Approved, h.Version, h.Outcome, h.ExitCode, h.Error, h.Hint, h.Started, h.Finished,
		h.Tenant, h.API, h.Requests, h.Latency, h.Timeline, h.Settings, h.Redacted}
}

// jsonReport writes result.json: its head laid out for reading, one operation a
// line as it is encoded on record, and without a character that acts.
type jsonReport struct {
	out    *bufio.Writer
	layout *layout
	known  bool
	first  bool
	buf    []byte
}

func newJSONReport(w io.Writer, o *outline) (*jsonReport, error) {
	out := bufio.NewWriterSize(text.InertJSON(w), 64<<10)
	j := &jsonReport{out: out, layout: &layout{w: out}, known: known(o.Head), first: true}
	text, err := json.Marshal(newResultHead(o.Head), jsonOptions)
	if err != nil {
		return nil, err
	}
	j.put(string(text[:len(text)-1]) + `,"sources":[`)
	if !j.known {
		return j, nil
	}
	text, err = json.Marshal(resultSource{o.Source, o.Input, o.Listing, o.Hold, o.Guards, o.Totals, o.Notes, o.Unusual}, jsonOptions)
	if err != nil {
		return nil, err
	}
	j.put(string(text[:len(text)-1]) + `,"operations":[`)
	return j, nil
}

// put lays compact JSON out. The writer below keeps the first error.
func (j *jsonReport) put(text string) { j.layout.Write([]byte(text)) }

// operation writes an operation as its record has it.
func (j *jsonReport) operation(op *sync.Operation, line *sync.Line) (err error) {
	if !j.first {
		j.out.WriteByte(',')
	}
	j.first = false
	j.out.WriteString("\n        ")
	if j.buf, err = line.AppendResult(j.buf[:0], op.Created, reasonText(op)); err != nil {
		return err
	}
	_, err = j.out.Write(j.buf)
	return err
}

// end writes the rejected rows and what closes the lists.
func (j *jsonReport) end(ctx context.Context, r *Run) error {
	if j.known {
		j.layout.opened = j.first
		j.put(`],"rejected":[`)
		separator := ""
		for row, err := range r.Rejected(ctx) {
			if err != nil {
				return err
			}
			text, err := json.Marshal(row, jsonOptions)
			if err != nil {
				return err
			}
			j.put(separator + string(text))
			separator = ","
		}
		j.put("]}")
	}
	j.put("]}")
	j.out.WriteByte('\n')
	return j.out.Flush()
}
