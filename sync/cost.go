package sync

// Cost estimates the requests it takes to apply what is planned: a call for
// each operation, a put for each create with several values of one attribute,
// and the looks at tasks and accounts afterwards.
func (s *Source) Cost() int {
	if len(s.Operations) == 0 {
		return 0
	}
	const perLook = 50 // what fits into one query, or less
	calls := len(s.Operations)
	for _, op := range s.Operations {
		if _, deferred := createBody(op); deferred != nil && op.Account == "" {
			calls++
		}
	}
	return calls + 2*(1+len(s.Operations)/perLook)
}
