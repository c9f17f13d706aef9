package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// BodyNone as a Fault.Body sends no body at all.
const BodyNone = "none"

// Fault is what goes wrong.
type Fault struct {
	Kind   FaultKind `json:"kind"`
	Status int       `json:"status,omitzero"`
	// RetryAfter is the header's value as it stands ("3", "0", "soon", "99999999999"); "date:5" becomes the
	// HTTP date 5 s from now, "" sends no header.
	RetryAfter string   `json:"retryAfter,omitzero"`
	Body       string   `json:"body,omitzero"`
	Rows       int      `json:"rows,omitzero"`
	Delay      Duration `json:"delay,omitzero"`
	// Total is an X-Total-Count as it stands ("1000000000000000000", "-5", "many"); "none" leaves the header out.
	Total string `json:"total,omitzero"`
	// Encoding is a Content-Encoding that is not true.
	Encoding string `json:"encoding,omitzero"`
	// Attributes are those that a PUT loses.
	Attributes       []string `json:"attributes,omitempty"`
	CompletionStatus string   `json:"completionStatus,omitzero"`
	Messages         []string `json:"messages,omitempty"`
}

// Rule says when a fault happens. Rules count the requests they match one by one; of all rules that are due
// for a request the first one's fault happens, and only it counts as fired. Requests refused for their token,
// or by the rate limit, are not counted.
type Rule struct {
	// Method such as POST; any when empty.
	Method string `json:"method,omitzero"`
	// Path is a path without version, * for any id: /accounts, /accounts/*, /accounts/*/enable, /task-status/*,
	// /oauth/token. It holds for every form of the path; any when empty.
	Path string `json:"path,omitzero"`
	// Match is part of the request's query or body, or of the native identity or attributes of its account.
	Match string `json:"match,omitzero"`
	// NotMatch is what none of that may contain: with "nativeIdentity" a rule for GET /accounts holds for whole
	// listings and leaves looks by name alone.
	NotMatch string `json:"notMatch,omitzero"`
	// AfterWrites lets the rule begin once so many writes have been answered 202, by all clients together.
	AfterWrites int `json:"afterWrites,omitzero"`
	// Nth is the one request that fails, 1 the first; 0 for all.
	Nth int `json:"nth,omitzero"`
	// Every lets each Every-th request fail; 0 for all.
	Every int `json:"every,omitzero"`
	// Count ends the rule after so many faults; 0 for never.
	Count int   `json:"count,omitzero"`
	Fault Fault `json:"fault"`
}

func (r *Rule) validate() error {
	switch {
	case !slices.Contains(faultKinds, r.Fault.Kind):
		var kinds []string
		for _, kind := range faultKinds {
			kinds = append(kinds, string(kind))
		}
		return fmt.Errorf("unknown kind %q: write one of %s", r.Fault.Kind, strings.Join(kinds, ", "))
	case r.Nth < 0 || r.Every < 0 || r.Count < 0 || r.AfterWrites < 0:
		return errors.New("nth, every, count and afterWrites cannot be negative")
	case r.Path != "" && r.Path[0] != '/':
		return fmt.Errorf("path %q does not start with /", r.Path)
	case r.Fault.Status != 0 && (r.Fault.Status < 200 || r.Fault.Status > 599):
		return fmt.Errorf("status %d is not within 200..599", r.Fault.Status)
	}
	return nil
}

// armedRule is a rule with its counts.
type armedRule struct {
	Rule
	seen, fired int
}

// due counts a matching request and tells whether the rule's turn has come.
func (r *armedRule) due() bool {
	r.seen++
	switch {
	case r.Count > 0 && r.fired >= r.Count:
		return false
	case r.Nth > 0 && r.seen != r.Nth:
		return false
	case r.Every > 0 && r.seen%r.Every != 0:
		return false
	}
	return true
}

func (r *armedRule) matches(method, path string, subject func() string) bool {
	return (r.Method == "" || r.Method == method) && (r.Path == "" || pathMatches(r.Path, path)) &&
		(r.Match == "" || strings.Contains(subject(), r.Match)) &&
		(r.NotMatch == "" || !strings.Contains(subject(), r.NotMatch))
}

// pickFault counts a request against all rules and gives the fault it meets, or none.
func (s *Server) pickFault(c *call) *Fault {
	var picked *armedRule
	for _, rule := range s.rules {
		if s.accepted >= rule.AfterWrites && rule.matches(c.request.Method, c.route.canonical, func() string { return s.subject(c) }) &&
			rule.due() && picked == nil {
			picked = rule
		}
	}
	if picked == nil {
		return none
	}
	picked.fired++
	return &picked.Fault
}

// none is the fault of a good day.
var none = new(Fault)

// subject is the text that Rule.Match is looked for in.
func (s *Server) subject(c *call) string {
	query, err := url.QueryUnescape(c.request.URL.RawQuery)
	if err != nil {
		query = c.request.URL.RawQuery
	}
	text := query + "\n" + string(c.body)
	if a := s.store.account(c.route.id); a != nil {
		text += "\n" + a.native + "\n" + a.attributes
	}
	if t := s.tasks.byID[c.route.id]; t != nil {
		text += "\n" + t.native
	}
	return text
}

func (f *Fault) retryAfter(now time.Time) string {
	after, isDate := strings.CutPrefix(f.RetryAfter, "date:")
	if !isDate {
		return f.RetryAfter
	}
	wait, err := strconv.Atoi(after)
	if err != nil {
		return f.RetryAfter
	}
	return now.Add(time.Duration(wait) * time.Second).UTC().Format(http.TimeFormat)
}

// rowsOr is Rows with its default.
func (f *Fault) rowsOr(instead int) int {
	if f.Rows == 0 {
		return instead
	}
	return f.Rows
}
