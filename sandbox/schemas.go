package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// listSchemas serves GET /sources/{id}/schemas. The sandbox's sources have an account schema and no other.
func (s *Server) listSchemas(c *call) (*reply, *problem) {
	src, p := s.sourceOf(c)
	if p != nil {
		return nil, p
	}
	values := c.request.URL.Query()
	if types := values.Get("include-types"); values.Has("include-types") && types != "group" && types != "user" {
		return nil, badRequest("include-types is %q; it must be group or user.", types)
	}
	names := values.Get("include-names")
	if values.Get("include-types") == "group" || values.Has("include-names") && !slices.Contains(strings.Split(names, ","), "account") {
		return jsonReply(http.StatusOK, []byte("[]")), nil
	}
	return jsonReply(http.StatusOK, append(src.appendSchema([]byte{'['}), ']')), nil
}
