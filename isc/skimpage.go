package isc

import (
	"strings"

	"accountsync/account"
)

// skimPage yields the accounts of a page that is as it should be. It is done
// when it has seen the page's end, or is to stop; if not, skimmed accounts were
// yielded before it gave up.
func (p *pageReader) skimPage(yield func(*account.Account, error) bool) (skimmed int, done bool) {
	s := p.text
	i := skimByte(s, skimBlank(s, 0), '[')
	for i != gaveUp {
		if i = skimBlank(s, i); i == len(s) || s[i] != '{' {
			break
		}
		if i = p.skimAccount(i); i == gaveUp {
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
	end = skimObject(p.text, i, 1, p.skimField)
	p.settle()
	return end
}

func (p *pageReader) skimField(name string, at int) (end int) {
	switch name {
	case "attributes":
		return p.skimAttributes(at)
	case "identity":
		return p.skimReference(at)
	}
	if end = p.skimMember(name, at); end != gaveUp {
		p.set(name, p.text[at:end])
	}
	return end
}

// skimMember skims a value whose name is as it stands.
func (p *pageReader) skimMember(name string, at int) (end int) {
	if strings.IndexByte(name, '\\') >= 0 {
		return gaveUp
	}
	return skimValue(p.text, at, 1)
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
	end = skimObject(p.text, i, 1, p.skimAttribute)
	p.acc.Attributes = p.attrs
	return end
}

func (p *pageReader) skimAttribute(name string, at int) (end int) {
	if end = p.skimMember(name, at); end != gaveUp {
		p.setAttribute(name, p.text[at:end])
	}
	return end
}

// skimReference reads the identity an account belongs to.
func (p *pageReader) skimReference(i int) (end int) {
	p.identity, p.identityState = "", ""
	if !strings.HasPrefix(p.text[i:], "{") {
		return skimValue(p.text, i, 1)
	}
	return skimObject(p.text, i, 1, p.skimIdentity)
}

func (p *pageReader) skimIdentity(name string, at int) (end int) {
	if end = p.skimMember(name, at); end != gaveUp {
		p.setIdentity(name, p.text[at:end])
	}
	return end
}
