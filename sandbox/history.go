package sandbox

import (
	"slices"
	"time"
)

// Write is one change that the API was asked for and made: what the sandbox's own books say of it. What was
// answered 202 and never done is not among them.
type Write struct {
	Time           time.Time // when it was done, not when it was asked for
	Operation      string    // such as "PUT /accounts/*"
	Client         string    // the client id
	SourceID       string
	AccountID      string
	NativeIdentity string
	// Before is the account as it was, nil when it was not there; After as it is then, nil when it is gone.
	// A POST with both was an upsert: it created over an account that existed.
	Before, After *Account
}

// historyEntry is one change of an account; by the API, or, without an operation, behind its back.
type historyEntry struct {
	at            time.Time
	operation     string
	client        string
	before, after *account // copies that do not change any more
}

// Writes are the changes the API made since the server started or [Server.ResetLog], in the order they were made. What was
// changed behind its back ([Server.SetAccount], [Server.RemoveAccount], faults that shift a list) is left out.
func (s *Server) Writes() []Write {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(time.Now())
	var writes []Write
	for _, w := range s.history {
		if w.operation != "" {
			writes = append(writes, w.exported())
		}
	}
	return writes
}

func (w *historyEntry) exported() Write {
	some := w.some()
	made := Write{Time: w.at, Operation: w.operation, Client: w.client, SourceID: some.source.id, AccountID: some.id, NativeIdentity: some.native}
	if w.before != nil {
		made.Before = new(w.before.snapshot())
	}
	if w.after != nil {
		made.After = new(w.after.snapshot())
	}
	return made
}

// some is the account as it is, or as it was.
func (w *historyEntry) some() *account {
	if w.after != nil {
		return w.after
	}
	return w.before
}

// frozen is a copy of an account that later changes leave alone.
func (a *account) frozen() *account {
	if a == nil {
		return nil
	}
	copied := *a
	copied.twin = nil
	return &copied
}

// remember enters a change that a call made.
func (s *Server) remember(c *call, at time.Time, before, after *account) {
	s.history = append(s.history, &historyEntry{at: at, operation: c.entry.Operation, client: c.entry.Client, before: before, after: after.frozen()})
}

// behind enters a change that nobody asked the API for.
func (s *Server) behind(before, after *account) {
	s.history = append(s.history, &historyEntry{at: time.Now(), before: before.frozen(), after: after.frozen()})
	s.store.version++
}

// shownTo is the store as a request sees it: as it is, or as it was under FaultStaleLook.
func (s *Server) shownTo(c *call) *store {
	if c.fault.Kind != FaultStaleLook {
		return s.store
	}
	keep := max(0, len(s.history)-c.fault.rowsOr(1))
	if c.fault.Delay > 0 {
		cutoff := c.now.Add(-time.Duration(c.fault.Delay))
		keep, _ = slices.BinarySearchFunc(s.history, cutoff, func(w *historyEntry, at time.Time) int {
			if w.at.After(at) {
				return 1
			}
			return -1
		})
	}
	return s.store.before(s.history[keep:])
}

// before is a copy of the store as it was before some changes, which are its last.
func (st *store) before(changes []*historyEntry) *store {
	former := map[string]*account{}
	for _, w := range slices.Backward(changes) {
		former[w.some().id] = w.before
	}
	past := &store{seed: st.seed, identities: st.identities, people: st.people}
	for _, src := range st.sources {
		past.sources = append(past.sources, src.with(former))
	}
	return past
}

// with is a copy of the source in which some accounts are others, or not there (nil).
func (s *source) with(former map[string]*account) *source {
	past := *s
	past.accounts, past.natives = nil, map[string]*account{}
	for _, a := range s.accounts {
		if _, changed := former[a.id]; !changed {
			past.load(a.frozen())
		}
	}
	for _, a := range former {
		if a != nil && a.source == s {
			past.load(a.frozen())
		}
	}
	return &past
}
