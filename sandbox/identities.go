package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// identity is a person that accounts are correlated to.
type identity struct {
	id, name, state, lifecycle string
	other                      *contact // nil: made of the name
}

// contact is how else an identity is found.
type contact struct {
	alias, email string
	uncorrelated bool
}

// alias is the account name of the identity on its authoritative source: given, or made of its name as "Ada Quill" becomes aquill.
func (p *identity) alias() string {
	if p.other != nil {
		return p.other.alias
	}
	return aliasOf(p.name)
}

// email is the identity's address, "" for none.
func (p *identity) email() string {
	if p.other != nil {
		return p.other.email
	}
	return aliasOf(p.name) + "@example.com"
}

// correlated tells whether the identity has an account on an authoritative source.
func (p *identity) correlated() bool { return p.other == nil || !p.other.uncorrelated }

func aliasOf(name string) string {
	var alias strings.Builder
	for i, word := range strings.Fields(strings.ToLower(name)) {
		for at, r := range norm.NFD.String(word) {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				alias.WriteRune(r)
			}
			if i == 0 && at == 0 && len(name) > len(word) {
				break
			}
		}
	}
	return alias.String()
}

// identityFields are the documented fields of GET /identities.
var identityFields = map[string]field[*identity]{
	"id":              {ops: "eq in", text: has(func(p *identity) string { return p.id })},
	"name":            {ops: "eq sw", text: has(func(p *identity) string { return p.name })},
	"alias":           {ops: "eq sw", text: has((*identity).alias)},
	"firstname":       {ops: "eq sw", text: has(func(p *identity) string { first, _, _ := strings.Cut(p.name, " "); return first })},
	"lastname":        {ops: "eq sw", text: has(func(p *identity) string { return p.name[strings.LastIndex(p.name, " ")+1:] })},
	"email":           {ops: "eq sw", text: func(p *identity) (string, bool) { return p.email(), p.email() != "" }},
	"cloudStatus":     {ops: "eq", text: has(func(p *identity) string { return p.status() })},
	"processingState": {ops: "eq", text: has(func(*identity) string { return "OK" })},
	"correlated":      {ops: "eq", flag: (*identity).correlated},
	"protected":       {ops: "eq", flag: func(*identity) bool { return false }},
}

var identitySorters = map[string]func(a, b *identity) int{
	"name":        func(a, b *identity) int { return cmp.Compare(fold(a.name), fold(b.name)) },
	"alias":       func(a, b *identity) int { return cmp.Compare(fold(a.alias()), fold(b.alias())) },
	"cloudStatus": func(a, b *identity) int { return cmp.Compare(a.status(), b.status()) },
}

func (p *identity) status() string {
	if p.state == "ACTIVE" {
		return "ACTIVE"
	}
	return "DISABLED"
}

// listIdentities serves GET /identities. Unless defaultFilter is NONE it shows correlated ones only.
func (s *Server) listIdentities(c *call) (*reply, *problem) {
	q, p := c.listQuery()
	if p != nil {
		return nil, p
	}
	all := false
	switch choice := c.request.URL.Query().Get("defaultFilter"); choice {
	case "", "CORRELATED_ONLY":
	case "NONE":
		all = true
	default:
		return nil, badRequest("defaultFilter is %q; it must be CORRELATED_ONLY or NONE.", choice)
	}
	match, filter, p := bindFilter(q.filters, identityFields)
	if p != nil {
		return nil, p
	}
	order, p := bindSorters(q.sorters, identitySorters)
	if p != nil {
		return nil, p
	}
	var rows []*identity
	for _, person := range s.store.everybody().candidates(filter) {
		if match(person) && (all || person.correlated()) {
			rows = append(rows, person)
		}
	}
	if order != nil {
		slices.SortStableFunc(rows, order)
	}
	if c.fault.Kind == FaultShortList {
		rows = rows[:min(len(rows), c.fault.rowsOr(1))]
	}
	page := pageOf(q, rows)
	if c.fault.Kind == FaultShortPage {
		page = page[:max(0, len(page)-c.fault.rowsOr(4))]
	}
	answer := arrayReply(page, func(dst []byte, p *identity) []byte { return p.appendJSON(dst) })
	if q.count {
		c.fault.setTotal(answer, len(rows))
	}
	return answer, nil
}

func (p *identity) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":`...)
	dst = quote(dst, p.id)
	dst = member(dst, "name", p.name)
	dst = member(dst, "created", stamp(epoch.UnixMilli()))
	dst = member(dst, "modified", stamp(epoch.UnixMilli()))
	dst = member(dst, "alias", p.alias())
	dst = memberOrNull(dst, "emailAddress", p.email())
	dst = append(dst, `,"processingState":null`...)
	dst = member(dst, "identityStatus", p.status())
	dst = append(dst, `,"managerRef":null,"isManager":false`...)
	dst = member(dst, "lastRefresh", stamp(epoch.UnixMilli()))
	dst = append(dst, `,"attributes":{"uid":`...)
	dst = quote(dst, p.alias())
	dst = memberOrNull(dst, "email", p.email())
	dst = append(dst, `},"lifecycleState":{"manuallyUpdated":false`...)
	return append(member(dst, "stateName", p.lifecycle), '}', '}')
}

// people are all identities, and by folded text those that a filter asks for.
type people struct {
	all     []*identity // by id
	byField map[string]map[string][]*identity
}

// everybody are the identities of the seed and of the accounts; it is found out when somebody asks first.
func (st *store) everybody() *people {
	if st.everyone != nil {
		return st.everyone
	}
	known := map[string]*identity{}
	for id, person := range st.identities {
		known[id] = person
	}
	for _, src := range st.sources {
		for _, a := range src.accounts {
			if a.identity != nil && known[a.identity.id] == nil {
				known[a.identity.id] = a.identity
			}
		}
	}
	everyone := &people{all: make([]*identity, 0, len(known)), byField: map[string]map[string][]*identity{}}
	for _, person := range known {
		everyone.all = append(everyone.all, person)
	}
	slices.SortFunc(everyone.all, func(a, b *identity) int { return cmp.Compare(a.id, b.id) })
	st.everyone = everyone
	return everyone
}

// candidates are the identities that a filter can hold for: those of the texts it names, or all.
func (p *people) candidates(filter node) []*identity {
	for _, name := range []string{"id", "email", "alias", "name"} {
		texts, ok := anyRequired(filter, name)
		if !ok {
			continue
		}
		index := p.byField[name]
		if index == nil {
			index = make(map[string][]*identity, len(p.all))
			for _, person := range p.all {
				if text, present := identityFields[name].text(person); present {
					index[fold(text)] = append(index[fold(text)], person)
				}
			}
			p.byField[name] = index
		}
		var some []*identity
		for _, text := range distinct(texts) {
			some = append(some, index[text]...)
		}
		return some
	}
	return p.all
}

// anyRequired is required for a filter that may also be a chain of or.
func anyRequired(expression node, name string) ([]string, bool) {
	parts, ok := expression.(anyOf)
	if !ok {
		return required(expression, name)
	}
	var all []string
	for _, part := range parts {
		texts, ok := required(part, name)
		if !ok {
			return nil, false
		}
		all = append(all, texts...)
	}
	return all, true
}

// getIdentity serves GET /identities/{id}.
func (s *Server) getIdentity(c *call) (*reply, *problem) {
	if person := s.store.person(c.route.id); person != nil {
		return jsonReply(http.StatusOK, person.appendJSON(nil)), nil
	}
	return nil, notFound("There is no identity %s.", c.route.id)
}
