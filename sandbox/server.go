// Package sandbox is a stand-in for the accounts, sources, schemas, task status and sign-in parts of the
// SailPoint ISC API, with bad days: an http.Handler that answers as the documentation says, refuses what
// the documentation does not allow, and breaks in chosen, counted ways.
//
// Nothing in it is random and nothing runs in the background: ids are derived from the seed, faults fire by
// count, and a task is done when a request comes after its time. So it works alike over a socket
// ([Server.Start], httptest.NewServer) and in memory ([Server.Transport]), also inside a testing/synctest bubble.
package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is one tenant of the stand-in. It is an http.Handler and safe for concurrent use.
type Server struct {
	config  config
	started time.Time

	mu       sync.Mutex // guards all below
	store    *store
	tasks    taskBook
	clients  map[string]*Client
	tokens   map[string]*token
	granted  int
	limiters map[quota]*limiter
	rules    []*armedRule
	log      []*Request
	unsorted int
	shifted  int
	tracked  int
	accepted int             // writes answered 202
	history  []*historyEntry // every change of an account, in the order they were made
}

// quota is what a rate limit is kept for.
type quota struct{ client, version string }

// New makes a server out of a seed; nil stands for [DefaultSeed]. A seed that does not pass [Seed.Validate]
// is a mistake of the program and panics; seeds from [LoadSeed] and [ReadSeed] have passed it.
func New(seed *Seed, options ...Option) *Server {
	if seed == nil {
		seed = DefaultSeed()
	}
	if err := seed.Validate(); err != nil {
		panic("sandbox: " + err.Error())
	}
	s := &Server{config: newConfig(seed, options), started: time.Now(), store: newStore(seed), tasks: newTaskBook(),
		clients: map[string]*Client{}, tokens: map[string]*token{}, limiters: map[quota]*limiter{}}
	for i := range seed.Clients {
		s.clients[seed.Clients[i].ID] = &seed.Clients[i]
	}
	for _, rule := range s.config.rules {
		s.AddFault(rule)
	}
	for _, src := range s.store.sources {
		for _, a := range src.Aggregations {
			s.aggregate(src, s.started.Add(time.Duration(a.Start)), time.Duration(a.Length))
		}
	}
	return s
}

// AddFault adds a rule that counts from now on. An invalid rule panics.
func (s *Server) AddFault(rule Rule) {
	if err := rule.validate(); err != nil {
		panic("sandbox: fault: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &armedRule{Rule: rule})
}

// ClearFaults drops every rule, those of the seed too.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// maxBody and maxURI are the largest request taken, in bytes.
const (
	maxBody = 10 << 20
	maxURI  = 8 << 10
)

// call is one request on its way through the server.
type call struct {
	request *http.Request
	now     time.Time
	body    []byte
	route   route
	op      *operation
	token   *token
	fault   *Fault
	entry   *Request
}

func (c *call) rewound() io.ReadCloser { return io.NopCloser(bytes.NewReader(c.body)) }

// ServeHTTP answers one request: admit it, wait as long as it takes, work, answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, fault: none}
	refusal := s.admit(c)
	answer := refusal
	if refusal == nil {
		s.wait(c)
		answer = s.reshape(c, s.work(c))
	}
	s.finish(c, answer)
	s.deliver(w, c, answer)
}

// admit does what comes before the work: log, route, token, quota, faults. It gives the refusal, if any.
func (s *Server) admit(c *call) *reply {
	problem := c.read()
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = time.Now() // read under the lock, so that the log and the quotas see time go forward
	s.record(c)
	if c.request.URL.Path == loginPath {
		return signInPage(http.StatusOK)
	}
	if problem == nil {
		problem = c.findOperation()
	}
	if problem != nil {
		return problem.reply(s.trackingID())
	}
	if c.op != tokenOperation {
		found, refusal := s.bearer(c.request, c.now)
		if refusal != nil {
			return refusal
		}
		c.token = found
		c.entry.Client = found.client.ID
	}
	if wait, ok := s.limiter(c).take(c.now); !ok {
		c.entry.Refused = true
		return tooMany(seconds(wait))
	}
	c.fault = s.pickFault(c)
	c.entry.Fault = c.fault.Kind
	return s.faultReply(c)
}

// read takes in the body whole.
func (c *call) read() *problem {
	if len(c.request.RequestURI) > maxURI || len(c.request.URL.RawQuery) > maxURI {
		return &problem{status: http.StatusRequestURITooLong, cause: "The URI has more than " + strconv.Itoa(maxURI) + " bytes."}
	}
	if c.request.Body == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(c.request.Body, maxBody+1))
	c.body = body
	switch {
	case err != nil:
		return badRequest("The request body could not be read.")
	case len(body) > maxBody:
		return &problem{status: http.StatusRequestEntityTooLarge, cause: "The body has more than " + strconv.Itoa(maxBody) + " bytes."}
	}
	return nil
}

// tokenOperation is the one operation that needs no token.
var tokenOperation = &operation{method: http.MethodPost, path: "/oauth/token", delay: func(l Latency) Duration { return l.Token },
	serve: func(s *Server, c *call) (*reply, *problem) { return s.signIn(c), nil }}

func (c *call) findOperation() *problem {
	allow := http.MethodPost
	if c.request.URL.Path == tokenOperation.path {
		c.route = route{version: "oauth", canonical: tokenOperation.path}
		if c.request.Method == http.MethodPost {
			c.op = tokenOperation
		}
	} else {
		var known bool
		if c.route, known = parseRoute(c.request.URL.EscapedPath()); !known {
			return notFound("There is no %s.", c.request.URL.Path)
		}
		c.op, allow = c.route.find(c.request.Method)
	}
	c.entry.Version = c.route.version
	switch {
	case c.op != nil:
		c.entry.Operation = c.op.method + " " + c.op.path
		return nil
	case allow == "":
		return notFound("There is no %s.", c.request.URL.Path)
	}
	return &problem{status: http.StatusMethodNotAllowed, allow: allow, cause: "Allowed here: " + allow + "."}
}

// limiter finds the quota of the request's client and version.
func (s *Server) limiter(c *call) *limiter {
	key, rate := quota{version: c.route.version}, s.config.rate
	if c.token != nil {
		key.client = c.token.client.ID
		if own := c.token.client.Rate; own != nil {
			rate = *own
		}
	}
	if s.limiters[key] == nil {
		s.limiters[key] = newLimiter(rate, s.started)
	}
	return s.limiters[key]
}

// wait takes the time the request takes. A client that hangs up ends the wait, not the work.
func (s *Server) wait(c *call) {
	pause := time.Duration(c.op.delay(s.config.latency))
	if c.fault.Kind == FaultSlow {
		pause += time.Duration(c.fault.Delay)
	}
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.request.Context().Done():
	}
}

// work checks what the operation needs and does it.
func (s *Server) work(c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = time.Now()
	s.settle(c.now)
	if problem := c.check(s.config.settings); problem != nil {
		return problem.reply(s.trackingID())
	}
	answer, problem := c.op.serve(s, c)
	if problem != nil {
		answer = problem.reply(s.trackingID())
	}
	if c.deprecated() {
		answer = answer.with("X-Deprecated", "true")
	}
	return answer
}

// deprecated tells whether the documentation marks the operation so: all of accounts under beta.
func (c *call) deprecated() bool {
	return c.route.version == "beta" && strings.HasPrefix(c.op.path, "/accounts")
}

// trackingID is the id support asks for; every error has its own.
func (s *Server) trackingID() string {
	s.tracked++
	return deriveID(s.store.seed, "tracking", strconv.Itoa(s.tracked))
}
