package isc

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"unicode/utf8"

	"accountsync/account"

	"github.com/go-json-experiment/json/jsontext"
)

// pageReader reads accounts from the text of a page. What it hands out are
// parts of that text, so a page costs a handful of allocations however many
// accounts it has.
type pageReader struct {
	dec  *jsontext.Decoder
	src  strings.Reader
	text string
	from int // where in text the decoder began

	shapes struct{ account, attributes, identity shape } // of the page

	acc           account.Account
	attrs         []account.Attribute // the room acc.Attributes lies in, used again
	identity      string              // identity.id and identity.state, where an account
	identityState string              // says only there who it belongs to
}

var pageReaders = sync.Pool{New: func() any { return &pageReader{dec: new(jsontext.Decoder)} }}

func (p *pageReader) reset(text string) {
	p.text = text
	p.resetAt(0)
}

// resetAt lets the decoder begin at a place of the text.
func (p *pageReader) resetAt(i int) {
	p.from = i
	p.src.Reset(p.text[i:])
	p.dec.Reset(&p.src, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// read borrows a reader for one text.
func read(text string, f func(*pageReader)) {
	if !utf8.ValidString(text) {
		text = string([]rune(text)) // each invalid byte becomes U+FFFD
	}
	p := pageReaders.Get().(*pageReader)
	defer func() {
		p.reset("")
		p.acc = account.Account{}
		clear(p.attrs[:cap(p.attrs)])
		for _, h := range []*shape{&p.shapes.account, &p.shapes.attributes, &p.shapes.identity} {
			clear(*h)
		}
		pageReaders.Put(p)
	}()
	p.reset(text)
	f(p)
}

// decodePage yields the accounts of a page: a JSON array of them. The account
// it yields is used again for the next one. An error ends it, and says where.
func decodePage(text string) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		read(text, func(p *pageReader) {
			if err := p.page(yield); err != nil {
				yield(nil, err)
			}
		})
	}
}

// page skims the accounts of a page. A page that is not as it should be is left
// to the decoder, from the first account that was not skimmed.
func (p *pageReader) page(yield func(*account.Account, error) bool) error {
	skimmed, done := p.skimPage(yield)
	if done {
		return nil
	}
	if err := p.begin('[', "an array of accounts"); err != nil {
		return err
	}
	for n := 0; p.dec.PeekKind() != ']'; n++ {
		if err := p.account(); err != nil {
			return fmt.Errorf("account %d of the page: %w", n+1, err)
		}
		if n >= skimmed && !yield(&p.acc, nil) {
			return nil
		}
	}
	return p.end()
}

// account reads one object into p.acc.
func (p *pageReader) account() error {
	p.acc, p.identity, p.identityState = account.Account{}, "", ""
	if err := p.members("an account", p.field); err != nil {
		return err
	}
	p.settle()
	return nil
}

// settle takes from the identity what the account itself does not say.
func (p *pageReader) settle() {
	if p.acc.IdentityID == "" {
		p.acc.IdentityID = p.identity
	}
	if p.acc.IdentityState == "" {
		p.acc.IdentityState = p.identityState
	}
	if p.acc.IdentityID != p.identity {
		p.acc.IdentityName = "" // it is somebody else's
	}
}

// members reads an object and calls f at the value of each member.
func (p *pageReader) members(what string, f func(name string) error) error {
	if err := p.begin('{', what); err != nil {
		return err
	}
	for p.dec.PeekKind() != '}' {
		name, err := p.value()
		if err != nil {
			return err
		}
		if err := f(textOf(name)); err != nil {
			return err
		}
	}
	_, err := p.dec.ReadToken()
	return p.where(err)
}

func (p *pageReader) field(name string) error {
	switch name {
	case "attributes":
		return p.attributes()
	case "identity":
		return p.reference()
	}
	raw, err := p.value()
	if err != nil {
		return err
	}
	p.set(name, raw)
	return nil
}

// set sets what the member says of the account.
func (p *pageReader) set(name, raw string) {
	switch a := &p.acc; name {
	case "id":
		a.ID = textOf(raw)
	case "name":
		a.Name = textOf(raw)
	case "nativeIdentity":
		a.NativeIdentity = textOf(raw)
	case "sourceId":
		a.SourceID = textOf(raw)
	case "identityId":
		a.IdentityID = textOf(raw)
	case "identityState":
		a.IdentityState = textOf(raw)
	case "disabled":
		a.Disabled = isTrue(raw)
	case "locked":
		a.Locked = isTrue(raw)
	case "manuallyCorrelated":
		a.ManuallyCorrelated = isTrue(raw)
	case "uncorrelated":
		a.Uncorrelated = isTrue(raw)
	case "isMachine":
		a.IsMachine = isTrue(raw)
	case "origin":
		a.Origin = textOf(raw)
	case "created":
		a.Created = textOf(raw)
	case "modified":
		a.Modified = textOf(raw)
	}
}

// attributes reads the attribute map, or the null that stands for none.
func (p *pageReader) attributes() error {
	p.acc.Attributes = nil
	if p.dec.PeekKind() == 'n' {
		_, err := p.value()
		return err
	}
	p.attrs = p.attrs[:0]
	err := p.members("its attributes", p.attribute)
	p.acc.Attributes = p.attrs
	if p.attrs == nil && err == nil {
		p.acc.Attributes = []account.Attribute{}
	}
	return err
}

// attribute adds one attribute; of two with one name the last holds.
func (p *pageReader) attribute(name string) error {
	raw, err := p.value()
	if err == nil {
		p.setAttribute(name, raw)
	}
	return err
}

func (p *pageReader) setAttribute(name, raw string) {
	for i := range p.attrs {
		if p.attrs[i].Name == name {
			p.attrs[i].Value = account.Value(raw)
			return
		}
	}
	p.attrs = append(p.attrs, account.Attribute{Name: name, Value: account.Value(raw)})
}

// reference reads the identity an account belongs to: an object, mostly.
func (p *pageReader) reference() error {
	p.identity, p.identityState, p.acc.IdentityName = "", "", ""
	if p.dec.PeekKind() != '{' {
		_, err := p.value()
		return err
	}
	return p.members("its identity", func(name string) error {
		raw, err := p.value()
		p.setIdentity(name, raw)
		return err
	})
}

func (p *pageReader) setIdentity(name, raw string) {
	switch name {
	case "id":
		p.identity = textOf(raw)
	case "name":
		p.acc.IdentityName = textOf(raw)
	case "state":
		p.identityState = textOf(raw)
	}
}

// value reads the next value, or a member's name, as a part of the text.
func (p *pageReader) value() (string, error) {
	v, err := p.dec.ReadValue()
	if err != nil {
		return "", p.where(err)
	}
	end := p.offset()
	return p.text[end-len(v) : end], nil
}

// offset is where in the text the decoder is.
func (p *pageReader) offset() int { return p.from + int(p.dec.InputOffset()) }

func (p *pageReader) begin(want jsontext.Kind, what string) error {
	if got := p.dec.PeekKind(); got != want && got != jsontext.KindInvalid {
		return fmt.Errorf("not %s but %s at byte %d", what, kindName(got), p.dec.InputOffset())
	}
	_, err := p.dec.ReadToken()
	return p.where(err)
}

// end reads the end of the page and makes sure that nothing follows.
func (p *pageReader) end() error {
	if p.dec.StackDepth() > 0 {
		if _, err := p.dec.ReadToken(); err != nil {
			return p.where(err)
		}
	}
	switch _, err := p.dec.ReadToken(); {
	case err == nil:
		return fmt.Errorf("more text after the end of the answer, at byte %d", p.dec.InputOffset())
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil
	default:
		return p.where(err)
	}
}

// where adds the place to an error that lacks it.
func (p *pageReader) where(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the answer is cut short at byte %d: %w", len(p.text), io.ErrUnexpectedEOF)
	}
	return err
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	}
	return k.String()
}

// textOf is the text of a raw string or number; of all else there is none.
func textOf(raw string) string {
	switch {
	case raw == "" || raw[0] == 'n' || raw[0] == '{' || raw[0] == '[':
		return ""
	case raw[0] != '"':
		return raw
	case strings.IndexByte(raw, '\\') < 0:
		return raw[1 : len(raw)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // lone surrogates become U+FFFD
	return string(text)
}

func isTrue(raw string) bool {
	return raw == "true" || raw != "" && raw[0] == '"' && strings.EqualFold(textOf(raw), "true")
}
