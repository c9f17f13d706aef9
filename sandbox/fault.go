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

// FaultKind names a bad day.
type FaultKind string

// The faults. Those of pages work on GET /accounts, those of tasks on every operation that answers with a task id.
const (
	// FaultStatus answers Fault.Status (500 when 0) instead of working, with Fault.RetryAfter if given.
	// 429 has its documented body; Fault.Body replaces any body, BodyNone leaves it out.
	FaultStatus FaultKind = "status"
	// FaultLostBefore cuts the connection before any work is done.
	FaultLostBefore FaultKind = "lost-before"
	// FaultLostAfter does the work and cuts the connection instead of answering.
	FaultLostAfter FaultKind = "lost-after"
	// FaultCutBody announces the whole answer in Content-Length and sends half of it.
	FaultCutBody FaultKind = "cut-body"
	// FaultSlow works and answers Fault.Delay later.
	FaultSlow FaultKind = "slow"
	// FaultExpireToken ends the life of the token that the request carries, and answers 401.
	FaultExpireToken FaultKind = "expire-token"
	// FaultShortPage leaves Fault.Rows rows (4 when 0) off the end of a page; the total stays right.
	FaultShortPage FaultKind = "short-page"
	// FaultRepeatRow gives the page's first row again in place of its last.
	FaultRepeatRow FaultKind = "repeat-row"
	// FaultWrongTotal adds Fault.Rows (1 when 0) to X-Total-Count.
	FaultWrongTotal FaultKind = "wrong-total"
	// FaultShiftRemove removes the first Fault.Rows accounts (1 when 0) of the source before the page is
	// taken, so that rows move towards the start between two pages.
	FaultShiftRemove FaultKind = "shift-remove"
	// FaultShiftAdd adds Fault.Rows accounts (1 when 0) that sort first, so that rows move towards the end.
	FaultShiftAdd FaultKind = "shift-add"
	// FaultTaskFails ends the task with Fault.CompletionStatus (ERROR when empty) and Fault.Messages; nothing changes.
	FaultTaskFails FaultKind = "task-fails"
	// FaultTaskNeverEnds leaves completionStatus null for ever; nothing changes.
	FaultTaskNeverEnds FaultKind = "task-never-ends"
	// FaultTaskSlow lets the task take Fault.Delay longer.
	FaultTaskSlow FaultKind = "task-slow"
	// FaultTaskUnknown lets the task's id answer 404 for Fault.Delay (for ever when 0); the work is done in time.
	FaultTaskUnknown FaultKind = "task-unknown"
	// FaultVanish answers 202, ends the task with SUCCESS and changes nothing.
	FaultVanish FaultKind = "vanish"
)

var faultKinds = []FaultKind{FaultStatus, FaultLostBefore, FaultLostAfter, FaultCutBody, FaultSlow, FaultExpireToken,
	FaultShortPage, FaultRepeatRow, FaultWrongTotal, FaultShiftRemove, FaultShiftAdd, FaultTaskFails,
	FaultTaskNeverEnds, FaultTaskSlow, FaultTaskUnknown, FaultVanish}

// BodyNone as a Fault.Body sends no body at all.
const BodyNone = "none"

// Fault is what goes wrong.
type Fault struct {
	Kind   FaultKind `json:"kind"`
	Status int       `json:"status,omitzero"`
	// RetryAfter is the header's value as it stands ("3", "0", "soon", "99999999999"); "date:5" becomes the
	// HTTP date 5 s from now, "" sends no header.
	RetryAfter       string   `json:"retryAfter,omitzero"`
	Body             string   `json:"body,omitzero"`
	Rows             int      `json:"rows,omitzero"`
	Delay            Duration `json:"delay,omitzero"`
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
		return fmt.Errorf("unknown kind %q (the kinds are %v)", r.Fault.Kind, faultKinds)
	case r.Nth < 0 || r.Every < 0 || r.Count < 0:
		return errors.New("nth, every and count cannot be negative")
	case r.Path != "" && r.Path[0] != '/':
		return fmt.Errorf("path %q does not start with /", r.Path)
	case r.Fault.Status != 0 && (r.Fault.Status < 400 || r.Fault.Status > 599):
		return fmt.Errorf("status %d is not within 400..599", r.Fault.Status)
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
		(r.Match == "" || strings.Contains(subject(), r.Match))
}

// pickFault counts a request against all rules and gives the fault it meets, or none.
func (s *Server) pickFault(c *call) *Fault {
	var picked *armedRule
	for _, rule := range s.rules {
		if rule.matches(c.request.Method, c.route.canonical, func() string { return s.subject(c) }) && rule.due() && picked == nil {
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

// instead is the answer that a fault gives in place of any work, or nil.
func (s *Server) instead(c *call) *reply {
	switch c.fault.Kind {
	case FaultLostBefore:
		return &reply{}
	case FaultExpireToken:
		if c.token != nil {
			c.token.expires = c.now
		}
		return unauthorized("JWT validation failed: JWT is expired")
	case FaultStatus:
		return s.statusFault(c)
	}
	return nil
}

func (s *Server) statusFault(c *call) *reply {
	f := c.fault
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	r := &reply{status: status, header: http.Header{}, body: errorBody(wording(status), s.trackingID(), "")}
	if status == http.StatusTooManyRequests {
		r = tooMany("")
	}
	if after := f.retryAfter(c.now); after != "" {
		r.header.Set("Retry-After", after)
	}
	if f.Body != "" {
		r.body = []byte(f.Body)
		if !strings.HasPrefix(f.Body, "{") {
			r.header.Set("Content-Type", "text/html")
		}
	}
	if f.Body == BodyNone {
		r.header.Del("Content-Type")
		r.body = nil
	}
	return r
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

// page is what a fault makes of the rows of a page.
func (f *Fault) page(rows []*account) []*account {
	switch f.Kind {
	case FaultShortPage:
		return rows[:max(0, len(rows)-f.rowsOr(4))]
	case FaultRepeatRow:
		if len(rows) > 1 {
			rows = slices.Clone(rows)
			rows[len(rows)-1] = rows[0]
		}
	}
	return rows
}

// total is what a fault makes of X-Total-Count.
func (f *Fault) total(total int) int {
	if f.Kind == FaultWrongTotal {
		return max(0, total+f.rowsOr(1))
	}
	return total
}

// cuts tells whether the answer, or half of it, is lost.
func (f *Fault) cuts() bool { return f.Kind == FaultLostBefore || f.Kind == FaultLostAfter }
