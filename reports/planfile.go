package reports

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountsync/diff"
	"accountsync/sync"
)

// PlanName is the name of a saved plan: that of its run, so that no plan is
// taken for another.
func PlanName(run string) string { return "plan-" + run + ".json" }

// ErrEdited says that a saved plan is not as it was written.
var ErrEdited = errors.New("the plan was edited or is cut short: its digest does not fit")

// planOperation is one operation in plan.json.
type planOperation struct {
	Op            diff.Op        `json:"op"`
	Key           string         `json:"key"`
	Account       string         `json:"account,omitempty"`
	Native        string         `json:"native_identity"`
	Line          int            `json:"line,omitempty"`
	Reason        string         `json:"reason,omitempty"`
	State         sync.State     `json:"state"` // withheld, or stale where an undo cannot take something back
	Changes       []diff.Field   `json:"changes,omitempty"`
	Warnings      []diff.Warning `json:"warnings,omitempty"`
	Fingerprint   string         `json:"fingerprint,omitempty"` // of the live account it was planned on
	Modified      string         `json:"modified,omitempty"`    // when that account was modified, as the API wrote it
	IdentityID    string         `json:"identity_id,omitempty"`
	IdentityState string         `json:"identity_state,omitempty"`
	Offset        int64          `json:"offset"` // of the row in the input, -1 without one
	Joined        []int64        `json:"joined,omitempty"`
}

func newPlanOperation(op *sync.Operation) planOperation {
	return planOperation{Op: op.Op, Key: op.Key, Account: op.Account, Native: op.Native, Line: op.Line, Reason: op.Reason,
		State: op.State, Changes: op.Changes, Warnings: op.Warnings, Fingerprint: op.Fingerprint, Modified: op.Modified, IdentityID: op.IdentityID,
		IdentityState: op.IdentityState, Offset: op.Offset, Joined: op.Joined}
}

func (p *planOperation) operation(seq int) *sync.Operation {
	return &sync.Operation{Seq: seq, Op: p.Op, Key: p.Key, Account: p.Account, Native: p.Native, Line: p.Line, Reason: p.Reason,
		Why: p.Reason, State: p.State, Changes: p.Changes, Warnings: p.Warnings, Fingerprint: p.Fingerprint, Modified: p.Modified, IdentityID: p.IdentityID,
		IdentityState: p.IdentityState, Offset: p.Offset, Joined: p.Joined}
}

// WritePlan writes a plan and its operations, one a line, with a digest of it
// all at its end. It holds one operation at a time.
func (f *Files) WritePlan(head *sync.Plan, operations iter.Seq[*sync.Operation]) error {
	return f.write(PlanName(f.run), func(w io.Writer) error { return encodePlan(w, head, operations) })
}

func encodePlan(w io.Writer, head *sync.Plan, operations iter.Seq[*sync.Operation]) error {
	digest := sha256.New()
	out := bufio.NewWriter(&inertJSON{w: io.MultiWriter(w, digest)})
	begin, err := json.Marshal(head, jsonOptions, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	out.Write(bytes.TrimSuffix(begin, []byte("\n}")))
	out.WriteString(",\n  \"operations\": [")
	separator := "\n    "
	for op := range operations {
		line, err := json.Marshal(newPlanOperation(op), jsonOptions)
		if err != nil {
			return err
		}
		out.WriteString(separator)
		out.Write(line)
		separator = ",\n    "
	}
	out.WriteString("\n  ],\n")
	if err := out.Flush(); err != nil { // which keeps the first error of all writes
		return err
	}
	_, err = fmt.Fprintf(w, planEnd, hex.EncodeToString(digest.Sum(nil)))
	return err
}

// planEnd holds the digest of everything before it; its length is always the same.
const planEnd = "  \"sha256\": \"%s\"\n}\n"

var planEndLength = int64(len(planEnd) - len("%s") + hex.EncodedLen(sha256.Size))

// SavedPlan is a plan.json, opened and found whole.
type SavedPlan struct {
	sync.Plan
	file    *os.File
	decoder *jsontext.Decoder
}

// OpenPlan reads the head of a plan; its operations follow by Operations.
func OpenPlan(path string) (*SavedPlan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &SavedPlan{file: f}
	if err = p.verify(); err == nil {
		err = p.readHead()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return p, nil
}

// Close closes the file.
func (p *SavedPlan) Close() error { return p.file.Close() }

// verify holds the file against the digest at its end.
func (p *SavedPlan) verify() error {
	info, err := p.file.Stat()
	if err != nil || info.Size() < planEndLength {
		return errors.Join(err, ErrEdited)
	}
	digest := sha256.New()
	if _, err := io.CopyN(digest, p.file, info.Size()-planEndLength); err != nil {
		return err
	}
	end, err := io.ReadAll(p.file)
	if err != nil {
		return err
	}
	if string(end) != fmt.Sprintf(planEnd, hex.EncodeToString(digest.Sum(nil))) {
		return ErrEdited
	}
	_, err = p.file.Seek(0, io.SeekStart)
	return err
}

// readHead reads up to the first operation.
func (p *SavedPlan) readHead() error {
	p.decoder = jsontext.NewDecoder(bufio.NewReaderSize(p.file, 64<<10), jsonOptions)
	head := []byte{'{'}
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	for {
		name, err := p.decoder.ReadValue()
		if err != nil {
			return err
		}
		if string(name) == `"operations"` {
			break
		}
		if len(head) > 1 {
			head = append(head, ',')
		}
		head = append(append(head, name...), ':')
		value, err := p.decoder.ReadValue()
		if err != nil {
			return err
		}
		head = append(head, value...)
	}
	if err := json.Unmarshal(append(head, '}'), &p.Plan, jsonOptions); err != nil {
		return err
	}
	if p.Schema != sync.PlanSchema {
		return fmt.Errorf("not a plan this version can read: its schema is %q, expected %q", p.Schema, sync.PlanSchema)
	}
	return nil
}

// Operations yields the operations, once. An error ends them.
func (p *SavedPlan) Operations() iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		if _, err := p.decoder.ReadToken(); err != nil {
			yield(nil, err)
			return
		}
		for seq := 0; p.decoder.PeekKind() != ']'; seq++ {
			var op planOperation
			err := json.UnmarshalDecode(p.decoder, &op, jsonOptions)
			if !yield(op.operation(seq), err) || err != nil {
				return
			}
		}
	}
}
