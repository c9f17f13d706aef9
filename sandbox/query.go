package sandbox

import (
	"net/http"
	"strconv"
)

// maxLimit is the largest page.
const maxLimit = 250

// query holds the standard collection parameters.
type query struct {
	limit, offset    int
	count            bool
	filters, sorters string
	version          string // of the API
}

// listQuery reads the standard collection parameters of a request.
func (c *call) listQuery() (query, *problem) {
	values := c.request.URL.Query()
	q := query{limit: maxLimit, version: c.route.version, filters: values.Get("filters"), sorters: values.Get("sorters")}
	if values.Has("limit") {
		limit, err := strconv.Atoi(values.Get("limit"))
		if err != nil || limit < 0 || limit > maxLimit {
			return q, badRequest("limit is %q; it must be a number from 0 to %d.", values.Get("limit"), maxLimit)
		}
		q.limit = limit
	}
	if values.Has("offset") {
		offset, err := strconv.Atoi(values.Get("offset"))
		if err != nil || offset < 0 {
			return q, badRequest("offset is %q; it must be a number from 0 on.", values.Get("offset"))
		}
		q.offset = offset
	}
	if values.Has("count") {
		count := values.Get("count")
		if count != "true" && count != "false" {
			return q, badRequest("count is %q; it must be true or false.", count)
		}
		q.count = count == "true"
	}
	if values.Has("filters") && q.filters == "" || values.Has("sorters") && q.sorters == "" {
		return q, badRequest("filters and sorters cannot be empty.")
	}
	switch c.fault.Kind {
	case FaultFiltersDropped:
		q.filters = ""
	case FaultSamePage:
		q.offset = 0
	}
	return q, nil
}

// pageOf cuts a page out of all rows.
func pageOf[T any](q query, rows []T) []T {
	from := min(q.offset, len(rows))
	return rows[from:min(from+q.limit, len(rows))]
}

// listReply answers with one page of rows as a JSON array.
func listReply[T any](q query, rows []T, appendRow func([]byte, T) []byte) *reply {
	answer := arrayReply(pageOf(q, rows), appendRow)
	if q.count {
		answer.setTotal(len(rows))
	}
	return answer
}

func arrayReply[T any](rows []T, appendRow func([]byte, T) []byte) *reply {
	body := append(make([]byte, 0, 1024+1500*len(rows)), '[')
	for i, row := range rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendRow(body, row)
	}
	return &reply{status: http.StatusOK, header: http.Header{}, body: append(body, ']')}
}

func (r *reply) setTotal(total int) { r.header.Set("X-Total-Count", strconv.Itoa(total)) }
