package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Request is one line of the request log.
type Request struct {
	Time           time.Time // when it arrived
	Method         string
	Path           string
	Query          string // as sent, escaped
	Operation      string // method and path without version, such as "PUT /accounts/*"; empty when there is none
	Version        string // v3, v2024, v2025, v2026, beta, v1 or oauth
	Client         string // the client id, empty without a valid token
	NativeIdentity string // of the account that is written
	Status         int    // 0 while the request is under way, and for a connection cut before any work
	Refused        bool   // by the rate limit; a 429 by fault is no refusal
	Fault          FaultKind
	Duration       time.Duration // from arrival to answer
	BytesOut       int           // of the body, uncompressed
}

// Stats are counts over the whole log.
type Stats struct {
	Requests int
	Refused  int            // by the rate limit
	ByStatus map[int]int    // answers by status
	ByKind   map[string]int // requests by Operation
	// Creates counts POST /accounts by native identity, whatever became of them.
	Creates map[string]int
	// MaxInWindow is the largest number of requests that one client and version sent within any span as long
	// as the quota's window, refused ones left out.
	MaxInWindow int
}

// record opens the log line of a request.
func (s *Server) record(c *call) {
	c.entry = &Request{Time: c.now, Method: c.request.Method, Path: c.request.URL.Path, Query: c.request.URL.RawQuery}
	s.log = append(s.log, c.entry)
}

// finish closes it.
func (s *Server) finish(c *call, answer *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.entry.Status = answer.status
	c.entry.BytesOut = len(answer.body)
	c.entry.Duration = time.Since(c.entry.Time)
}

// Requests is a copy of the request log, in the order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := make([]Request, len(s.log))
	for i, entry := range s.log {
		log[i] = *entry
	}
	return log
}

// ResetLog empties the request log, and with it the counts of [Server.Stats], and the log of writes: a stale look sees nothing older.
func (s *Server) ResetLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.history = nil, nil
}

// Stats counts over the request log.
func (s *Server) Stats() Stats {
	log := s.Requests()
	stats := Stats{Requests: len(log), ByStatus: map[int]int{}, ByKind: map[string]int{}, Creates: map[string]int{}}
	times := map[quota][]time.Time{}
	for _, entry := range log {
		stats.ByStatus[entry.Status]++
		stats.ByKind[entry.Operation]++
		if entry.Operation == "POST /accounts" && entry.NativeIdentity != "" {
			stats.Creates[entry.NativeIdentity]++
		}
		if entry.Refused {
			stats.Refused++
		} else if entry.Client != "" {
			key := quota{entry.Client, entry.Version}
			times[key] = append(times[key], entry.Time)
		}
	}
	window := time.Duration(s.config.rate.withDefaults().Window)
	for _, arrivals := range times {
		stats.MaxInWindow = max(stats.MaxInWindow, most(arrivals, window))
	}
	return stats
}

// most is the largest number of arrivals in any span shorter than the window.
func most(arrivals []time.Time, window time.Duration) int {
	slices.SortFunc(arrivals, time.Time.Compare)
	first, best := 0, 0
	for i, at := range arrivals {
		for at.Sub(arrivals[first]) >= window {
			first++
		}
		best = max(best, i-first+1)
	}
	return best
}

// Account is a snapshot of an account.
type Account struct {
	ID, Name, NativeIdentity, SourceID string
	IdentityID                         string // empty when uncorrelated
	Disabled, Locked                   bool
	ManuallyCorrelated                 bool
	Machine                            bool
	Origin                             string // AGGREGATED or PROVISIONED
	Created, Modified                  time.Time
	Attributes                         map[string]jsontext.Value // empty when null
}

// Value is an attribute as text: strings unquoted, numbers and booleans as written, null and lists "".
func (a Account) Value(attribute string) string { return rawValues(a.Attributes).text(attribute) }

// Values are the elements of a multi-valued attribute, or the one value it has.
func (a Account) Values(attribute string) []string { return rawValues(a.Attributes).list(attribute) }

// Accounts are the accounts of a source as they are now, in the order of their native identities.
func (s *Server) Accounts(sourceID string) []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(time.Now())
	src := s.store.source(sourceID)
	if src == nil {
		return nil
	}
	snapshot := make([]Account, 0, len(src.accounts))
	for _, a := range src.accounts {
		snapshot = append(snapshot, a.snapshot())
	}
	slices.SortFunc(snapshot, func(a, b Account) int { return cmp.Compare(a.NativeIdentity, b.NativeIdentity) })
	return snapshot
}

func (a *account) snapshot() Account {
	copied := Account{ID: a.id, Name: a.name, NativeIdentity: a.native, SourceID: a.source.id, Disabled: a.disabled,
		Locked: a.locked, ManuallyCorrelated: a.manual, Machine: a.more().machine, Origin: a.origin(), Created: time.UnixMilli(a.created), Modified: time.UnixMilli(a.modified),
		Attributes: maps.Clone(parseValues(a.attributes))}
	if a.identity != nil {
		copied.IdentityID = a.identity.id
	}
	return copied
}

// SourceID finds a source by its name; "" when there is none.
func (s *Server) SourceID(name string) string {
	for _, src := range s.store.sources {
		if src.Name == name {
			return src.id
		}
	}
	return ""
}

func (s *Server) mustSource(id string) *source {
	if src := s.store.source(id); src != nil {
		return src
	}
	panic("sandbox: there is no source " + id)
}

// ExpireTokens ends the life of every token handed out so far.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, held := range s.tokens {
		held.expires = time.Time{}
	}
}

// RunningTasks is the number of tasks of writes that are not done; those that never end included.
func (s *Server) RunningTasks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(time.Now())
	running := 0
	for _, t := range s.tasks.all {
		if !t.done && !t.silent && t.kind != kindAggregation {
			running++
		}
	}
	return running
}

var _ http.Handler = (*Server)(nil)
