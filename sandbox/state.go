package sandbox

import "time"

// toggleBody is the body of enable and disable.
type toggleBody struct {
	ExternalVerificationID *string `json:"externalVerificationId"`
	ForceProvisioning      *bool   `json:"forceProvisioning"`
}

// unlockBody is the body of unlock.
type unlockBody struct {
	toggleBody
	UnlockIDNAccount *bool `json:"unlockIDNAccount"`
}

// stateBody is one of them. It tells which scope it needs beside that of its operation, or "".
type stateBody interface{ scope() string }

func (b *toggleBody) scope() string { return "" }

func (b *unlockBody) scope() string {
	if b.ForceProvisioning != nil && *b.ForceProvisioning {
		return scopeProvisioning
	}
	return ""
}

func (s *Server) enableAccount(c *call) (*reply, *problem) {
	return s.setState(c, new(toggleBody), kindEnable, "ENABLE", func(a *account) { a.disabled = false })
}

func (s *Server) disableAccount(c *call) (*reply, *problem) {
	return s.setState(c, new(toggleBody), kindDisable, "ENABLE", func(a *account) { a.disabled = true })
}

func (s *Server) unlockAccount(c *call) (*reply, *problem) {
	return s.setState(c, new(unlockBody), kindUnlock, "UNLOCK", func(a *account) { a.locked = false })
}

// setState serves the operations on an account's state. A direct source must have the feature; a source with
// manual tasks accepts and changes nothing.
func (s *Server) setState(c *call, body stateBody, kind, feature string, set func(*account)) (*reply, *problem) {
	a, p := s.target(c)
	if p != nil {
		return nil, p
	}
	if p := c.decode(body); p != nil {
		return nil, p
	}
	if scope := body.scope(); scope != "" && !c.token.client.permits(scope) {
		return nil, c.lacks(scope)
	}
	src := a.source
	if !src.file() && !src.has(feature) {
		return nil, badRequest("The source %s lacks the feature %s.", src.Name, feature)
	}
	t := s.schedule(c, kind, src, a.native, nil)
	switch {
	case src.ManualTasks:
		t.note = "A manual task was opened for " + src.owner.name + "."
	case !c.fault.undone():
		t.effect = s.onAccount(c, a, func(a *account, now time.Time) error {
			set(a)
			a.touch([]byte(a.attributes), now)
			s.store.version++
			return nil
		})
	}
	return s.accept(t)
}

// reloadAccount serves POST /accounts/{id}/reload, which reads the account again from its source: here it is as it was.
func (s *Server) reloadAccount(c *call) (*reply, *problem) {
	a, p := s.target(c)
	if p != nil {
		return nil, p
	}
	return s.accept(s.schedule(c, kindReload, a.source, a.native, nil))
}
