package sandbox

import "time"

// What others do behind the API's back: aggregations, other administrators. Every change is seen by the next
// request, without a task, and none of them is among [Server.Writes].

// SetAccount writes an account: it replaces the one with the seed's id, or, without an id, the one with its
// native identity, or adds one. So two accounts can have one native identity. It panics when there is no such source.
func (s *Server) SetAccount(sourceID string, seed AccountSeed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.settle(now)
	src := s.mustSource(sourceID)
	a := s.store.seeded(src, &seed)
	old := src.byNative(a.native)
	if seed.ID != "" {
		old = src.byID(seed.ID)
	}
	if old != nil {
		src.remove(old)
		a.id, a.created = old.id, old.created
	}
	a.touch([]byte(a.attributes), now)
	src.add(a)
	s.behind(old, a)
}

// RemoveAccount removes an account and tells whether it was there.
func (s *Server) RemoveAccount(sourceID, nativeIdentity string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(time.Now())
	src := s.mustSource(sourceID)
	a := src.byNative(nativeIdentity)
	if a != nil {
		src.remove(a)
		s.behind(a, nil)
	}
	return a != nil
}

// EditAccount changes an account where it stands, all else left as it is, and tells whether it was there: its
// attributes by name (nil for null), and its states.
func (s *Server) EditAccount(id string, edit AccountEdit) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.settle(now)
	a := s.store.account(id)
	if a == nil {
		return false
	}
	before := a.frozen()
	if edit.Disabled != nil {
		a.disabled = *edit.Disabled
	}
	if edit.Locked != nil {
		a.locked = *edit.Locked
	}
	if edit.Identity != nil {
		a.identity = nil
		if *edit.Identity != "" {
			a.identity = s.store.identityNamed(*edit.Identity)
		}
	}
	values := parseValues(a.attributes)
	for name, value := range edit.Attributes.raw() {
		values[name] = value
	}
	s.store.change(a, values, now)
	s.behind(before, a)
	return true
}

// AccountEdit is what [Server.EditAccount] changes; what is nil stays.
type AccountEdit struct {
	Attributes       Attributes
	Disabled, Locked *bool
	Identity         *string // an identity's name; "" for none
}
