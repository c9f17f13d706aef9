package sync

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"math"
	"os"

	"accountsync/account"
	"accountsync/diff"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// planSchema names the shape of a plan.json: a record on paper.
const planSchema = "accountsync/plan/v2"

// ErrEdited says that a plan is not as it was written.
var ErrEdited = errors.New("plan file edited or truncated (checksum mismatch)")

// planHead is the beginning of a plan.json.
type planHead struct {
	Schema string `json:"schema"`
	Head   Head   `json:",embed"`
}

// The lists of a plan.json, in the order in which they follow its head.
const (
	listRejected   = "rejected"
	listOrphans    = "orphans"
	listAbsences   = "absences"
	listOperations = "operations"
)

// WritePlan writes a run as plan.json: its head, its lists with one entry a
// line, and a digest of it all at the end. It holds one page at a time.
func WritePlan(ctx context.Context, w io.Writer, r Reader) error {
	digest := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, digest), 64<<10)
	head, err := Encode(planHead{planSchema, *r.Head()})
	if err != nil {
		return err
	}
	text := jsontext.Value(head)
	if err := text.Indent(options, jsontext.WithIndent("  ")); err != nil {
		return err
	}
	out.Write(bytes.TrimSuffix(text, []byte("\n}")))
	var buf []byte
	line := func(l *Line) ([]byte, error) {
		buf = l.appendPlan(buf[:0])
		return buf, nil
	}
	err = errors.Join(
		writeList(out, listRejected, r.Rejected(ctx), EncodeRejected),
		writeList(out, listOrphans, r.Orphans(ctx), func(o diff.Orphan) ([]byte, error) { return Encode(o) }),
		writeList(out, listAbsences, r.Absences(ctx), func(m diff.Absence) ([]byte, error) { return Encode(m) }),
		writeList(out, listOperations, r.Lines(ctx, Filter{}), line))
	out.WriteString(",\n")
	if err := errors.Join(err, out.Flush()); err != nil { // which keeps the first error of all writes
		return err
	}
	_, err = fmt.Fprintf(w, planEnd, hex.EncodeToString(digest.Sum(nil)))
	return err
}

func writeList[T any](out *bufio.Writer, name string, all iter.Seq2[T, error], encode func(T) ([]byte, error)) error {
	out.WriteString(",\n  \"" + name + "\": [")
	end := "]"
	for v, err := range all {
		if err != nil {
			return err
		}
		text, err := encode(v)
		if err != nil {
			return err
		}
		if end == "]" {
			end = "\n  ]"
		} else {
			out.WriteByte(',')
		}
		out.WriteString("\n    ")
		out.Write(text)
	}
	out.WriteString(end)
	return nil
}

// planEnd holds the digest of everything before it; its length is always the same.
const planEnd = "  \"sha256\": \"%s\"\n}\n"

var planEndLength = int64(len(planEnd) - len("%s") + hex.EncodedLen(sha256.Size))

// PlanFile is a plan.json, opened and found whole.
type PlanFile struct {
	Head    Head
	SHA256  string // of the file, in hexadecimal
	path    string
	file    *os.File
	text    io.Reader // of the decoder
	decoder *jsontext.Decoder
}

// OpenPlan opens a plan.json, holds it against its digest and reads its head.
func OpenPlan(path string) (*PlanFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &PlanFile{path: path, file: f}
	if err = p.verify(); err == nil {
		err = p.readHead()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return p, nil
}

// Path is where the file is.
func (p *PlanFile) Path() string { return p.path }

// ReadAt reads a part of the file.
func (p *PlanFile) ReadAt(b []byte, off int64) (int, error) { return p.file.ReadAt(b, off) }

// Close closes the file.
func (p *PlanFile) Close() error { return p.file.Close() }

// verify holds the file against the digest at its end.
func (p *PlanFile) verify() error {
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
	digest.Write(end)
	p.SHA256 = hex.EncodeToString(digest.Sum(nil))
	return nil
}

// Content reads the file from its beginning. It ends with ErrEdited where that
// is no longer what was opened.
func (p *PlanFile) Content() io.Reader {
	return &unchanged{io.NewSectionReader(p.file, 0, math.MaxInt64), sha256.New(), p.SHA256}
}

// unchanged reads what has this digest.
type unchanged struct {
	r      io.Reader
	digest hash.Hash
	want   string
}

func (u *unchanged) Read(b []byte) (int, error) {
	n, err := u.r.Read(b)
	u.digest.Write(b[:n])
	if err == io.EOF && hex.EncodeToString(u.digest.Sum(nil)) != u.want {
		err = ErrEdited
	}
	return n, err
}

// readHead reads up to the first list.
func (p *PlanFile) readHead() error {
	p.text = bufio.NewReaderSize(p.Content(), 64<<10)
	p.decoder = jsontext.NewDecoder(p.text, options)
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	text := []byte{'{'}
	for {
		name, err := p.decoder.ReadValue()
		if err != nil {
			return err
		}
		if string(name) == `"`+listRejected+`"` {
			break
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(text, name...), ':')
		value, err := p.decoder.ReadValue()
		if err != nil {
			return err
		}
		text = append(text, value...)
	}
	var head planHead
	if err := Decode(append(text, '}'), &head); err != nil {
		return err
	}
	if head.Schema != planSchema {
		return fmt.Errorf("not a plan this version can read: its schema is %q, expected %q", head.Schema, planSchema)
	}
	p.Head = head.Head
	return nil
}

// ErrUnmatched says that rules of --only or --exclude match no operation of a plan.
var ErrUnmatched = errors.New("no operation of the plan matches")

// Into puts the plan on a record that was begun and has nothing planned yet, a
// row at a time, and seals it with the head. What the selection leaves out is
// withheld, and counts for no guard any more. It can be called once.
func (p *PlanFile) Into(ctx context.Context, r Record, head *Head, s diff.Selection) (err error) {
	n := narrowing{tally: diff.NewTally(), creates: map[string]string{}}
	if n.chosen, err = s.Selector(); err != nil {
		return err
	}
	for list := listRejected; ; {
		if _, err := p.decoder.ReadToken(); err != nil { // [
			return fmt.Errorf("%s: %w", p.path, err)
		}
		if list == listOperations && n.chosen == nil {
			err = p.copyOperations(ctx, r)
		}
		for err == nil && p.decoder.PeekKind() == '{' {
			err = p.add(ctx, r, list, &n)
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", p.path, list, err)
		}
		if _, err := p.decoder.ReadToken(); err != nil { // ]
			return fmt.Errorf("%s: %w", p.path, err)
		}
		if list == listOperations {
			if unmatched := n.chosen.Unmatched(); len(unmatched) > 0 {
				return fmt.Errorf("%w %s", ErrUnmatched, quotedList(unmatched))
			}
			if n.chosen != nil {
				head.Guards, head.Deferred = n.tally.Recount(head.Guards), n.deferred
			}
			if _, err := io.Copy(io.Discard, p.text); err != nil { // ErrEdited: it was changed since it was opened
				return fmt.Errorf("%s: %w", p.path, err)
			}
			return r.Seal(ctx, head)
		}
		name, err := p.decoder.ReadToken()
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		list = name.String()
	}
}

// copyOperations adds the operations as they stand: nothing of them is decoded.
// Some are read while those before are put on record.
func (p *PlanFile) copyOperations(ctx context.Context, r Record) error {
	free, full := make(chan []*Entry, 2), make(chan []*Entry, 2)
	for range cap(free) {
		batch := make([]*Entry, 256)
		for i := range batch {
			batch[i] = new(Entry)
		}
		free <- batch
	}
	var g errgroup.Group
	stop := make(chan struct{})
	g.Go(func() error {
		defer close(full)
		return Safely(func() error {
			for p.decoder.PeekKind() == '{' {
				var batch []*Entry
				select {
				case batch = <-free:
				case <-stop:
					return nil
				}
				n := 0
				for ; n < len(batch) && p.decoder.PeekKind() == '{'; n++ {
					if err := batch[n].read(p.decoder); err != nil {
						return err
					}
				}
				full <- batch[:n]
			}
			return nil
		})
	})
	var err error
	for batch := range full {
		if err = r.AddEntries(ctx, batch...); err != nil {
			break
		}
		free <- batch[:cap(batch)]
	}
	close(stop)
	return errors.Join(err, g.Wait())
}

// add adds one entry of a list.
func (p *PlanFile) add(ctx context.Context, r Record, list string, n *narrowing) error {
	text, err := p.decoder.ReadValue()
	if err != nil {
		return err
	}
	switch list {
	case listRejected:
		return added(text, DecodeRejected, func(row account.Rejected) error { return r.AddRejected(ctx, row) })
	case listOrphans:
		return added(text, decodeAs[diff.Orphan], func(o diff.Orphan) error { return r.AddOrphans(ctx, o) })
	case listAbsences:
		return added(text, decodeAs[diff.Absence], func(m diff.Absence) error { return r.AddAbsences(ctx, m) })
	case listOperations:
		return added(text, ReadLine, func(op *Operation) error {
			n.narrow(op, p.Head.Hold.Code != "")
			e, err := EncodeEntry(op)
			if err != nil {
				return err
			}
			return r.AddEntries(ctx, e)
		})
	}
	return fmt.Errorf("not a list this version knows")
}

// narrowing leaves out operations of a plan that is applied in part.
type narrowing struct {
	chosen   *diff.Selector
	tally    *diff.Tally       // what is still to be sent
	deferred int               // creates of these that are to be completed by a put
	creates  map[string]string // creates that it left out, by key, and why
}

// narrow leaves out an operation that is not to be sent.
func (n *narrowing) narrow(op *Operation, held bool) {
	if n.chosen == nil || op.State != Withheld {
		return
	}
	c := diff.Change{Op: op.Op, Key: op.Key, AccountID: op.Account, Fields: op.Changes, Removal: op.Removal(), AfterCreate: op.AfterCreate()}
	c.Excluded = n.chosen.Excludes(&c)
	if why := n.creates[op.Key]; c.AfterCreate && why != "" {
		c.Excluded = why
	}
	switch {
	case op.Reason.Code != "": // it was withheld before
		return
	case c.Excluded != "":
		op.Reason = Reason{Code: CodeExcluded, Details: Details{Text: c.Excluded}}
		if op.Op == diff.Create {
			n.creates[op.Key] = c.Excluded
		}
		return
	}
	if op.defers() {
		n.deferred++
	}
	if !held || !c.Removal { // which the guards did not count
		n.tally.Add(&c)
	}
}

func added[T any](text []byte, decode func([]byte) (T, error), add func(T) error) error {
	v, err := decode(text)
	if err != nil {
		return err
	}
	return add(v)
}

func decodeAs[T any](text []byte) (v T, err error) {
	err = Decode(text, &v)
	return v, err
}
