package isc

import (
	"strings"

	"accountsync/account"
)

// skimPage yields the accounts of a page that is as it should be. An account it
// does not get through is left to the decoder. It is done when it has seen the
// page's end, or is to stop; if not, skimmed accounts were yielded before it gave up.
func (p *pageReader) skimPage(yield func(*account.Account, error) bool) (skimmed int, done bool) {
	s := p.text
	i := skimByte(s, skimBlank(s, 0), '[')
	for i != gaveUp {
		if i = skimBlank(s, i); i == len(s) || s[i] != '{' {
			break
		}
		end := p.skimAccount(i)
		if end == gaveUp {
			end = p.decodeAt(i)
		}
		if i = end; i == gaveUp {
			return skimmed, false
		}
		skimmed++
		if !yield(&p.acc, nil) {
			return skimmed, true
		}
		if i = skimBlank(s, i); i == len(s) || s[i] != ',' {
			end := skimByte(s, i, ']')
			return skimmed, end != gaveUp && skimBlank(s, end) == len(s)
		}
		i++
	}
	return skimmed, false
}

// skimAccount reads one object into p.acc.
func (p *pageReader) skimAccount(i int) (end int) {
	p.acc, p.identity, p.identityState = account.Account{}, "", ""
	end = p.shapes.account.skim(p.text, i, p.skimField)
	p.settle()
	return end
}

// decodeAt has the decoder read the account that begins at i. When it finds an
// error it gives up too: the place of that is told by reading from the beginning.
func (p *pageReader) decodeAt(i int) (end int) {
	defer p.resetAt(0)
	p.resetAt(i)
	if p.account() != nil {
		return gaveUp
	}
	return p.offset()
}

func (p *pageReader) skimField(m *member, at int) (end int) {
	switch m.name {
	case "attributes":
		return p.skimAttributes(at)
	case "identity":
		return p.skimReference(at)
	}
	if end = m.skim(p.text, at); end != gaveUp {
		p.set(m.name, m.value)
	}
	return end
}

func (p *pageReader) skimAttributes(i int) (end int) {
	if strings.HasPrefix(p.text[i:], "null") {
		p.acc.Attributes = nil
		return i + len("null")
	}
	if !strings.HasPrefix(p.text[i:], "{") {
		return gaveUp
	}
	if p.attrs = p.attrs[:0]; p.attrs == nil {
		p.attrs = []account.Attribute{}
	}
	end = p.shapes.attributes.skim(p.text, i, p.skimAttribute)
	p.acc.Attributes = p.attrs
	return end
}

func (p *pageReader) skimAttribute(m *member, at int) (end int) {
	if end = m.skim(p.text, at); end != gaveUp {
		p.setAttribute(m.name, m.value)
	}
	return end
}

// skimReference reads the identity an account belongs to.
func (p *pageReader) skimReference(i int) (end int) {
	p.identity, p.identityState, p.acc.IdentityName = "", "", ""
	if !strings.HasPrefix(p.text[i:], "{") {
		return skimValue(p.text, i, 1)
	}
	return p.shapes.identity.skim(p.text, i, p.skimIdentity)
}

func (p *pageReader) skimIdentity(m *member, at int) (end int) {
	if end = m.skim(p.text, at); end != gaveUp {
		p.setIdentity(m.name, m.value)
	}
	return end
}
