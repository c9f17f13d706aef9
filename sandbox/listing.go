package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// listAccounts serves GET /accounts.
func (s *Server) listAccounts(c *call) (*reply, *problem) {
	q, p := c.listQuery()
	if p != nil {
		return nil, p
	}
	appendRow := (*account).appendFull
	switch level := c.request.URL.Query().Get("detailLevel"); level {
	case "", "FULL":
	case "SLIM":
		appendRow = (*account).appendSlim
	default:
		return nil, badRequest("detailLevel is %q; it must be SLIM or FULL.", level)
	}
	s.shift(c)
	rows, p := s.shownTo(c).find(q)
	if p != nil {
		return nil, p
	}
	rows = c.fault.listed(rows)
	answer := arrayReply(c.fault.page(s.accountPage(q, rows)), func(dst []byte, a *account) []byte { return appendRow(a, dst) })
	if q.count {
		c.fault.setTotal(answer, len(rows))
	}
	return answer, nil
}

// accountPage cuts a page. Without sorters the order turns with every request, so that pages repeat and miss
// rows, as users report; a list that fits into one page is whole all the same.
func (s *Server) accountPage(q query, rows []*account) []*account {
	if q.sorters != "" || s.config.settings.StableUnsorted || len(rows) == 0 {
		return pageOf(q, rows)
	}
	s.unsorted++
	turn := (s.unsorted - 1) * 7 % len(rows)
	from := min(q.offset, len(rows))
	var page []*account
	for i := from; i < min(from+q.limit, len(rows)); i++ {
		page = append(page, rows[(i+turn)%len(rows)])
	}
	return page
}

// find gives all accounts that a query asks for, in its order. One source ordered by id costs nothing.
func (st *store) find(q query) ([]*account, *problem) {
	match, filter, p := bindFilter(q.filters, accountFieldsOf(q.version))
	if p != nil {
		return nil, p
	}
	order, p := bindSorters(q.sorters, accountSortersOf(q.version))
	if p != nil {
		return nil, p
	}
	if only, ok := filter.(comparison); ok && only.field == "sourceId" && only.op == "eq" && (q.sorters == "" || q.sorters == "id") {
		if src := st.foldedSource(only.values[0].text); src != nil {
			return src.ordered(), nil
		}
		return nil, nil
	}
	if rows, ok := st.results.get(q, st.version); ok {
		return rows, nil
	}
	rows := st.selected(filter, match)
	if order == nil {
		order = byID
	}
	slices.SortFunc(rows, func(a, b *account) int {
		if outcome := order(a, b); outcome != 0 {
			return outcome
		}
		return byID(a, b)
	})
	st.results.put(q, st.version, rows)
	return rows, nil
}

func (st *store) foldedSource(id string) *source {
	for _, src := range st.sources {
		if fold(src.id) == fold(id) {
			return src
		}
	}
	return nil
}

// selected goes through no more accounts than the filter needs.
func (st *store) selected(filter node, match func(*account) bool) []*account {
	var rows []*account
	sourceIDs, bySources := required(filter, "sourceId")
	for _, src := range st.sources {
		if bySources && !slices.Contains(distinct(sourceIDs), fold(src.id)) {
			continue
		}
		for _, a := range src.candidates(filter) {
			if match(a) {
				rows = append(rows, a)
			}
		}
	}
	return rows
}

// candidates are the accounts that a filter can hold for: those of its ids or native identities, or all.
func (s *source) candidates(filter node) []*account {
	var some []*account
	if ids, ok := required(filter, "id"); ok {
		for _, id := range distinct(ids) {
			if a := s.byID(id); a != nil {
				some = append(some, a)
			}
		}
		return some
	}
	if natives, ok := required(filter, "nativeIdentity"); ok {
		for _, native := range distinct(natives) {
			for a := s.natives[native]; a != nil; a = a.twin {
				some = append(some, a)
			}
		}
		return some
	}
	return s.accounts
}

// distinct folds texts and drops repetitions.
func distinct(texts []string) []string {
	folded := make([]string, len(texts))
	for i, text := range texts {
		folded[i] = fold(text)
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}

// resultCache keeps the last few results, so that paging through one sorts once.
type resultCache struct {
	version uint64
	rows    map[string][]*account
}

func cacheKey(q query) string { return strconv.Quote(q.filters) + strconv.Quote(q.sorters) + q.version }

func (r *resultCache) get(q query, version uint64) ([]*account, bool) {
	if r.version != version {
		return nil, false
	}
	rows, ok := r.rows[cacheKey(q)]
	return rows, ok
}

// maxResults bounds the cache; a full one starts over.
const maxResults = 8

func (r *resultCache) put(q query, version uint64, rows []*account) {
	if r.version != version || len(r.rows) >= maxResults || r.rows == nil {
		r.version, r.rows = version, map[string][]*account{}
	}
	r.rows[cacheKey(q)] = rows
}

// shift lets a fault add or remove accounts while they are listed.
func (s *Server) shift(c *call) {
	if c.fault.Kind != FaultShiftAdd && c.fault.Kind != FaultShiftRemove {
		return
	}
	src := s.listedSource(c)
	if src == nil {
		return
	}
	for range c.fault.rowsOr(1) {
		if c.fault.Kind == FaultShiftAdd {
			s.shifted++
			added := s.shiftedAccount(src)
			src.add(added)
			s.behind(nil, added)
		} else if all := src.ordered(); len(all) > 0 {
			first := all[0]
			src.remove(first)
			s.behind(first, nil)
		}
	}
}

// listedSource is the source that a list is about, the first one without a filter for it.
func (s *Server) listedSource(c *call) *source {
	if filter, err := parseFilter(c.request.URL.Query().Get("filters")); err == nil {
		if ids, ok := required(filter, "sourceId"); ok {
			return s.store.foldedSource(ids[0])
		}
	}
	if len(s.store.sources) == 0 {
		return nil
	}
	return s.store.sources[0]
}

// shiftedAccount is an account whose id sorts before all others.
func (s *Server) shiftedAccount(src *source) *account {
	native := fmt.Sprintf("shifted-%d", s.shifted)
	seed := AccountSeed{NativeIdentity: native, Attributes: Attributes{src.Schema.IdentityAttribute: native},
		ID: fmt.Sprintf("%0*d", idLength, 100000-s.shifted)}
	return s.store.seeded(src, &seed)
}

// listSources serves GET /sources.
func (s *Server) listSources(c *call) (*reply, *problem) {
	q, p := c.listQuery()
	if p != nil {
		return nil, p
	}
	match, _, p := bindFilter(q.filters, sourceFields)
	if p != nil {
		return nil, p
	}
	order, p := bindSorters(q.sorters, sourceSorters)
	if p != nil {
		return nil, p
	}
	var rows []*source
	for _, src := range s.store.sources {
		if match(src) {
			rows = append(rows, src)
		}
	}
	if order != nil {
		slices.SortStableFunc(rows, order)
	}
	return listReply(q, rows, func(dst []byte, src *source) []byte { return src.appendJSON(dst) }), nil
}

// sourceOf finds the source of a request.
func (s *Server) sourceOf(c *call) (*source, *problem) {
	if src := s.store.source(c.route.id); src != nil {
		return src, nil
	}
	return nil, notFound("There is no source %s.", c.route.id)
}

// getSource serves GET /sources/{id}.
func (s *Server) getSource(c *call) (*reply, *problem) {
	src, p := s.sourceOf(c)
	if p != nil {
		return nil, p
	}
	return jsonReply(http.StatusOK, src.appendJSON(nil)), nil
}
